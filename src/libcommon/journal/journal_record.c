/* SPDX-License-Identifier: ISC */
#include "journal/journal_record.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "journal/journal_index.h"
#include "journal/journal_line.h"
#include "journal/journal_state.h"

/* Under a key of its own, where journals differ in what message has the id. */
static const struct journal_index_entry *
find_other(struct journal *s, const char *key, uint64_t octets)
{
	char *other = mem_printf("%s %" PRIu64, key, octets);
	const struct journal_index_entry *entry = journal_index_find(&s->known, other);

	free(other);
	return entry;
}

static bool
is_same_message(const struct journal_index_entry *entry, uint64_t octets)
{
	return octets == 0 || entry->octets == 0 || entry->octets == octets;
}

bool
journal_has(struct journal *s, const char *uid, uint64_t octets, time_t *when)
{
	char room[JOURNAL_KEY_MAX];
	const char *key = journal_index_key(&s->known, uid, room);
	const struct journal_index_entry *entry = journal_index_find(&s->known, key);

	if (s->known.validity != 0)
		octets = 0; /* an id is one message's for ever */
	if (journal_index_is_seen(entry) && !is_same_message(entry, octets))
		entry = find_other(s, key, octets);
	if (!journal_index_is_seen(entry))
		return false;
	if (when)
		*when = (time_t)entry->when;
	return true;
}

void
journal_expect(struct journal *s, const char *uid, uint64_t octets)
{
	if (s->path && uid && s->known.validity == 0)
		journal_index_find_or_add(&s->known, uid)->coming = octets;
}

/* Its fingerprint, where the journal does not have it yet. */
static const char *
unwritten_print(const struct journal *s, struct journal_index_entry *entry)
{
	const char *print =
	    entry && !entry->has_print ? journal_index_print_of(&s->known, entry) : NULL;

	if (print)
		entry->has_print = true;
	return print;
}

static void
done(struct journal *s, const char *key)
{
	const time_t clock = time(NULL);
	const int64_t now = clock > 0 ? clock : 1; /* 0 is "never" */
	struct journal_index_entry *entry;

	if (!key || !s->path)
		return;
	entry = journal_index_find_or_add(&s->known, key);
	journal_line_done(&s->lines, now, entry->coming, key, unwritten_print(s, entry));
	entry->when = now;
	entry->missing = 0;
	entry->octets = entry->coming;
	entry->is_marked = entry->is_deleted = entry->is_former = false;
}

void
journal_each_intent(struct journal *s, bool (*was_done)(void *ctx, const char *place), void *ctx)
{
	for (size_t i = 0; i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];
		const size_t place = entry->place;
		const bool is_former = entry->is_former;

		if (!place)
			continue;
		entry->place = 0;
		if (was_done(ctx, s->known.text.data + place))
			done(s, journal_index_key_of(&s->known, entry));
		else
			journal_line_signed(&s->lines, '-', journal_index_key_of(&s->known, entry));
		entry->is_former = is_former;
	}
}

void
journal_intend(struct journal *s, const char *uid, const char *place)
{
	char room[JOURNAL_KEY_MAX];
	const char *key = journal_index_key(&s->known, uid, room), *print;
	struct journal_index_entry *entry = journal_index_find(&s->known, key);

	if (!s->path)
		return;
	print = unwritten_print(s, entry);
	journal_line_intent(&s->lines, key ? key : "", place, entry ? entry->coming : 0, print);
}

bool
journal_wants_fingerprints(const struct journal *s)
{
	return s->path && s->known.validity != 0;
}

void
journal_set_fingerprint(struct journal *s, const char *uid, const char *print)
{
	char room[JOURNAL_KEY_MAX];
	struct journal_index_entry *entry;

	if (!uid || !journal_wants_fingerprints(s))
		return;
	entry = journal_index_find_or_add(&s->known, journal_index_key(&s->known, uid, room));
	entry->print = journal_index_add_text(&s->known, print);
	entry->has_print = false;
}

void
journal_done(struct journal *s, const char *uid)
{
	char room[JOURNAL_KEY_MAX];

	done(s, journal_index_key(&s->known, uid, room));
}

void
journal_mark(struct journal *s, const char *uid, uint64_t octets)
{
	char room[JOURNAL_KEY_MAX];
	const char *key = journal_index_key(&s->known, uid, room);
	struct journal_index_entry *entry;

	if (!uid || !s->path || journal_has(s, uid, octets, NULL))
		return;
	entry = journal_index_find_or_add(&s->known, key);
	if (journal_index_was_seen(entry)) {
		journal_line_signed(&s->lines, '/', key);
		journal_index_forget(entry);
	}
	entry->octets = s->known.validity == 0 ? octets : 0;
	journal_line_marked(&s->lines, entry->octets, key);
	entry->is_marked = true;
}

int64_t
journal_newest(const struct journal *s)
{
	int64_t newest = 0;

	for (size_t i = 0; i < s->known.count; i++) {
		const struct journal_index_entry *entry = &s->known.entries[i];

		newest = entry->when > newest ? entry->when : newest;
		newest = entry->missing > newest ? entry->missing : newest;
	}
	return newest;
}

void
journal_date(struct journal *s, int64_t now)
{
	for (size_t i = 0; s->path && i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];

		if (entry->when == 0 || clock_was_set(entry->when))
			continue;
		entry->when = now;
		journal_line_entry(&s->lines, &s->known, entry);
	}
}
