/* SPDX-License-Identifier: ISC */
/*
 * journal_rewrite - makes a journal smaller: the old file remains until the new one is complete and
 * in its place.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_REWRITE_H
#define MAILVERBS_JOURNAL_JOURNAL_REWRITE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct journal;
struct journal_index_entry;

/* Rewrites the journal without forgotten ids, if that pays. False: *e is ERR_IO. */
bool journal_compact(struct journal *s, struct err *e);

/* The same with the entries for which KEPT, an array as long as the index, is true. */
bool journal_rewrite(struct journal *s, const bool *kept, struct err *e);

/* Does a rewrite pay, of TOTAL ids of which KEPT are kept? */
bool journal_rewrite_pays(size_t total, size_t kept);

/* Is ENTRY of the mailbox as it is now, not of another UIDVALIDITY? */
bool journal_is_current(const struct journal *s, const struct journal_index_entry *entry);

#endif
