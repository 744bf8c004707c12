/* SPDX-License-Identifier: ISC */
#include "journal/journal_listing.h"

#include "journal/journal_index.h"
#include "journal/journal_line.h"
#include "journal/journal_rewrite.h"
#include "journal/journal_state.h"

/* An id that is not listed for so long is forgotten. A server that shows an empty mailbox for a
 * while, because its storage is away, must not bring everything once more. */
enum { MISSING_MAX_S = 7 * 24 * 60 * 60 };

void
journal_begin_listing(struct journal *s)
{
	for (size_t i = 0; i < s->known.count; i++)
		s->known.entries[i].is_listed = false;
}

void
journal_note_listed(struct journal *s, const char *uid, uint64_t octets)
{
	char room[JOURNAL_KEY_MAX];
	struct journal_index_entry *entry =
	    journal_index_find(&s->known, journal_index_key(&s->known, uid, room));

	if (!journal_index_is_seen(entry))
		return;
	entry->is_listed = true;
	if (s->path && entry->missing != 0)
		journal_line_missing(&s->lines, entry->missing = 0,
				     journal_index_key_of(&s->known, entry));
	if (s->path && s->known.validity == 0 && entry->octets == 0 && octets != 0) {
		entry->octets = octets;
		journal_line_entry(&s->lines, &s->known, entry);
	}
}

/* An entry that the whole listing has not. */
static void
note_missing(struct journal *s, struct journal_index_entry *entry, int64_t now)
{
	const char *key = journal_index_key_of(&s->known, entry);

	if (entry->missing == 0) {
		entry->missing = now;
		journal_line_missing(&s->lines, now, key);
	} else if (now - entry->missing >= MISSING_MAX_S) {
		journal_line_signed(&s->lines, '/', key);
		journal_index_forget(entry);
	}
}

/* How many are known and listed. */
static size_t
count_listed(const struct journal *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->known.count; i++)
		count +=
		    journal_is_current(s, &s->known.entries[i]) && s->known.entries[i].is_listed;
	return count;
}

/* Ids under a UIDVALIDITY are never given again: to forget one only saves room. */
void
journal_end_listing(struct journal *s, int64_t now)
{
	if (!s->path || now == 0 ||
	    (s->known.validity != 0 && !journal_rewrite_pays(s->known.count, count_listed(s))))
		return;
	for (size_t i = 0; i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];

		if (journal_is_current(s, entry) && !entry->is_listed && !entry->is_deleted)
			note_missing(s, entry, now);
	}
}

void
journal_deleted(struct journal *s, const char *uid, uint64_t octets)
{
	struct journal_index_entry *entry =
	    s->path && s->known.prefix_len == 0 ? journal_index_find(&s->known, uid) : NULL;

	if (!journal_index_is_seen(entry) || (entry->is_deleted && entry->deleted_octets == octets))
		return;
	journal_line_deleted(&s->lines, octets, uid);
	entry->deleted_octets = octets;
	entry->is_deleted = true;
}

bool
journal_has_deleted(const struct journal *s)
{
	for (size_t i = 0; i < s->known.count; i++)
		if (s->known.entries[i].is_deleted)
			return true;
	return false;
}

void
journal_forget_deleted(struct journal *s,
		       bool (*find_listed)(void *ctx, const char *uid, uint64_t *octets), void *ctx)
{
	for (size_t i = 0; i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];
		const char *uid = journal_index_key_of(&s->known, entry);
		uint64_t octets;

		if (!entry->is_deleted ||
		    (find_listed(ctx, uid, &octets) && octets == entry->deleted_octets))
			continue;
		journal_line_signed(&s->lines, '/', uid);
		journal_index_forget(entry);
	}
}
