/* SPDX-License-Identifier: ISC */
/*
 * journal_stale - messages that are known under another UIDVALIDITY than the one that was set
 * (journal_index_set_validity()), recognised by fingerprints. For journal_former, whose header says
 * what that is for. No I/O.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_STALE_H
#define MAILVERBS_JOURNAL_JOURNAL_STALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal_index;
struct journal_index_entry;

/* A message of which nothing is known under this UIDVALIDITY; both words borrowed. */
struct newcomer {
	const char *uid;
	const char *print;
};

/* Was it delivered, and is its UID no longer valid? */
bool journal_stale_is(const struct journal_index *k, const struct journal_index_entry *entry);

/* journal_distrust_from() */
void journal_stale_distrust_from(struct journal_index *k, uint32_t next,
				 bool (*is_listed)(void *ctx, const char *uid), void *ctx);

/* journal_recognise(), in memory. */
size_t journal_stale_recognise(struct journal_index *k, const struct newcomer *newcomers,
			       size_t count);

#endif
