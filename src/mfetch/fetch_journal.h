/* SPDX-License-Identifier: ISC */
/*
 * fetch_journal - the journal of a turn: which one it is, its lock, and what is read from it.
 */
#ifndef MAILVERBS_MFETCH_FETCH_JOURNAL_H
#define MAILVERBS_MFETCH_FETCH_JOURNAL_H

#include <stdbool.h>

struct err;
struct fetch;

/* Does this turn record what it delivers? For standard output only runs with --keep are recorded:
 * --delete writes everything, and deletes what was taken. */
bool fetch_records(const struct fetch *f);

/*
 * Locks the journal of the mailbox and the destination; --dry-run only reads it. --wait waits for
 * another run to end. With --quiet, a journal that another run has locked is not an error: then
 * true, and no journal is open. False: *e.
 */
bool fetch_lock_journal(struct fetch *f, struct err *e);

/* Loads the earlier deliveries as far as this turn needs them. False: *e. */
bool fetch_load_journal(struct fetch *f, struct err *e);

#endif
