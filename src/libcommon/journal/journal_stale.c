/* SPDX-License-Identifier: ISC */
#include "journal/journal_stale.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "journal/journal_index.h"

bool
journal_stale_is(const struct journal_index *k, const struct journal_index_entry *entry)
{
	return k->validity != 0 && journal_index_was_seen(entry) &&
	       (entry->is_former || !journal_index_uid(k, journal_index_key_of(k, entry)));
}

/* Is ENTRY an id of NEXT or more that is no longer listed? */
static bool
is_to_come(const struct journal_index *k, const struct journal_index_entry *entry, uint32_t next,
	   bool (*is_listed)(void *ctx, const char *uid), void *ctx)
{
	const char *uid = journal_index_uid(k, journal_index_key_of(k, entry));
	uint64_t n;

	return uid && journal_index_is_seen(entry) && text_number(uid, UINT32_MAX, &n) &&
	       n >= next && !is_listed(ctx, uid);
}

void
journal_stale_distrust_from(struct journal_index *k, uint32_t next,
			    bool (*is_listed)(void *ctx, const char *uid), void *ctx)
{
	bool counts_anew = false;

	for (size_t i = 0; i < k->count && !counts_anew && k->validity != 0; i++)
		counts_anew = is_to_come(k, &k->entries[i], next, is_listed, ctx);
	for (size_t i = 0; i < k->count && counts_anew; i++)
		k->entries[i].is_former = true;
}

/* A holder of a fingerprint: an entry of the journal, or a newcomer. */
struct holder {
	const char *print;
	const struct journal_index_entry *entry; /* delivered; NULL: a newcomer */
	const char *uid;                         /* the newcomer's */
};

static int
compare_holders(const void *a, const void *b)
{
	return strcmp(((const struct holder *)a)->print, ((const struct holder *)b)->print);
}

/* The holders of fingerprints, by these. */
static struct holder *
all_holders(const struct journal_index *k, const struct newcomer *newcomers, size_t count,
	    size_t *total)
{
	struct holder *h = mem_alloc((k->count + count) * sizeof *h);
	size_t n = 0;

	for (size_t i = 0; i < k->count; i++)
		if (k->entries[i].when != 0 && k->entries[i].print)
			h[n++] = (struct holder){.print = journal_index_print_of(k, &k->entries[i]),
						 .entry = &k->entries[i]};
	for (size_t i = 0; i < count; i++)
		h[n++] = (struct holder){.print = newcomers[i].print, .uid = newcomers[i].uid};
	if (n > 0)
		qsort(h, n, sizeof *h, compare_holders);
	*total = n;
	return h;
}

/* Among the N that hold one fingerprint: is it one that was delivered, and one that came in its
 * place? Then FOUND says so. */
static bool
is_pair(const struct journal_index *k, const struct holder *h, size_t n,
	struct journal_index_entry *found, const char **uid)
{
	const struct holder *old = n == 2 && h[0].entry ? &h[0] : &h[1];

	if (n != 2 || !h[0].entry == !h[1].entry || !journal_stale_is(k, old->entry))
		return false;
	*found = *old->entry;
	*uid = old == &h[0] ? h[1].uid : h[0].uid;
	return true;
}

struct recognised {
	struct journal_index_entry entry;
	const char *uid;
};

/* Each pair's newcomer gets what is known of the other: in RECOGNISED, to be added when no pointer
 * into the journal is needed any more. */
static size_t
pair_up(const struct journal_index *k, const struct newcomer *newcomers, size_t count,
	struct recognised *recognised)
{
	size_t total, n = 0;
	struct holder *h = all_holders(k, newcomers, count, &total);

	for (size_t i = 0, end; i < total; i = end) {
		for (end = i + 1; end < total && compare_holders(&h[i], &h[end]) == 0;)
			end++;
		n += is_pair(k, h + i, end - i, &recognised[n].entry, &recognised[n].uid);
	}
	free(h);
	return n;
}

size_t
journal_stale_recognise(struct journal_index *k, const struct newcomer *newcomers, size_t count)
{
	struct recognised *recognised = mem_alloc(count * sizeof *recognised);
	const size_t n = pair_up(k, newcomers, count, recognised);
	char room[JOURNAL_KEY_MAX];

	for (size_t i = 0; i < n; i++) {
		struct journal_index_entry *entry =
		    journal_index_find_or_add(k, journal_index_key(k, recognised[i].uid, room));

		entry->when = recognised[i].entry.when;
		entry->print = recognised[i].entry.print;
		entry->has_print = true;
		entry->is_former = entry->is_marked = false;
	}
	free(recognised);
	return n;
}
