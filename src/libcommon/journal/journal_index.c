/* SPDX-License-Identifier: ISC */
#include "journal/journal_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text_set.h"

void
journal_index_init(struct journal_index *k)
{
	*k = (struct journal_index){0};
	buf_add(&k->text, "", 1);
}

void
journal_index_free(struct journal_index *k)
{
	buf_free(&k->text);
	free(k->entries);
	free(k->slots);
}

uint64_t
journal_index_hash(const char *s)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

static bool
is_entry_of(const struct journal_index *k, const struct journal_index_entry *entry, const char *key,
	    uint64_t h)
{
	return entry->hash == h && strcmp(journal_index_key_of(k, entry), key) == 0;
}

/* The slot of KEY, whose hash is H, or the slot that it would get. */
static size_t
slot_of(const struct journal_index *k, const char *key, uint64_t h)
{
	size_t slot = (size_t)h & (k->slot_count - 1);

	while (k->slots[slot] && !is_entry_of(k, &k->entries[k->slots[slot] - 1], key, h))
		slot = (slot + 1) & (k->slot_count - 1);
	return slot;
}

static void
grow_table(struct journal_index *k)
{
	free(k->slots);
	k->slot_count = k->slot_count ? k->slot_count * 2 : 64;
	k->slots = mem_alloc(k->slot_count * sizeof *k->slots);
	k->entries = mem_grow(k->entries, k->slot_count / 2, sizeof *k->entries);
	for (size_t i = 0; i < k->count; i++) {
		const struct journal_index_entry *entry = &k->entries[i];

		k->slots[slot_of(k, journal_index_key_of(k, entry), entry->hash)] = (uint32_t)i + 1;
	}
}

/* Lists come in the order of the previous ones: so the entry after the one found last is tried
 * before the table. */
struct journal_index_entry *
journal_index_find(struct journal_index *k, const char *key)
{
	uint32_t index;

	if (!key || k->count == 0)
		return NULL;
	if (k->next < k->count && strcmp(journal_index_key_of(k, &k->entries[k->next]), key) == 0)
		return &k->entries[k->next++];
	index = k->slots[slot_of(k, key, text_hash(key))];
	if (index)
		k->next = index;
	return index ? &k->entries[index - 1] : NULL;
}

size_t
journal_index_add_text(struct journal_index *k, const char *text)
{
	const size_t at = k->text.len;

	buf_add(&k->text, text, strlen(text) + 1);
	return at;
}

/* For a KEY that is not in the table. */
static struct journal_index_entry *
add(struct journal_index *k, const char *key, uint64_t h)
{
	struct journal_index_entry *entry;

	if (k->count + 1 > k->slot_count / 2)
		grow_table(k);
	entry = &k->entries[k->count];
	*entry = (struct journal_index_entry){.hash = h, .uid = journal_index_add_text(k, key)};
	k->slots[slot_of(k, key, h)] = (uint32_t)++k->count;
	return entry;
}

/* The table grows only when something is added, so callers may keep entries that they know over a
 * call for a known key. */
struct journal_index_entry *
journal_index_find_or_add(struct journal_index *k, const char *key)
{
	const uint64_t h = text_hash(key);
	const uint32_t index = k->slot_count > 0 ? k->slots[slot_of(k, key, h)] : 0;

	return index > 0 ? &k->entries[index - 1] : add(k, key, h);
}

void
journal_index_forget(struct journal_index_entry *entry)
{
	entry->when = entry->missing = 0;
	entry->octets = 0;
	entry->print = 0;
	entry->is_marked = entry->is_deleted = entry->has_print = entry->is_former = false;
}

void
journal_index_set_validity(struct journal_index *k, uint64_t validity)
{
	k->validity = validity;
	k->prefix_len =
	    validity == 0 ? 0
			  : (size_t)snprintf(k->prefix, sizeof k->prefix, "%" PRIu64 ":", validity);
}

const char *
journal_index_key(const struct journal_index *k, const char *uid, char room[static JOURNAL_KEY_MAX])
{
	size_t len;

	if (!uid || k->prefix_len == 0)
		return uid;
	len = strnlen(uid, JOURNAL_KEY_MAX - 1 - k->prefix_len);
	memcpy(room, k->prefix, k->prefix_len);
	memcpy(room + k->prefix_len, uid, len);
	room[k->prefix_len + len] = '\0';
	return room;
}

const char *
journal_index_uid(const struct journal_index *k, const char *key)
{
	return strncmp(key, k->prefix, k->prefix_len) == 0 ? key + k->prefix_len : NULL;
}
