/* SPDX-License-Identifier: ISC */
/*
 * journal_peek - what other journals know: reading without a lock, and the journals of the same
 * mailbox or destination.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_PEEK_H
#define MAILVERBS_JOURNAL_JOURNAL_PEEK_H

#include <stdbool.h>

struct err;
struct journal;
struct journal_index;

/* Reads a journal, to look only: nothing is locked or made, and nothing may be recorded. NULL: *e
 * is ERR_IO. */
struct journal *journal_peek(const char *dir, const char *mailbox, const char *destination,
			     struct err *e);

/* All that was delivered from MAILBOX anywhere, for reading: no lock, and no error where there is
 * nothing yet. */
struct journal *journal_open_all(const char *dir, const char *mailbox, struct err *e);

typedef bool journal_take_record(void *ctx, const char *path, struct err *e);

/* Calls TAKE with the path of each record in a mailbox's DIRECTORY, until it returns false. A
 * directory that does not exist has none. False: *e, from TAKE, or ERR_IO. */
bool journal_each_record(const char *directory, journal_take_record *take, void *ctx,
			 struct err *e);

/* Adds the messages that K knows as delivered to the known ones. */
void journal_add_known(struct journal *s, const struct journal_index *k);

/* The mailbox of the same protocol, user and folder on another server from which the destination
 * has got messages: the server may have been renamed. The caller's to free(); NULL: none. */
char *journal_find_renamed(const struct journal *s);

/*
 * The journals of other mailboxes to the same destination whose hidden file SUFFIX is not empty,
 * and that no run holds: runs that were killed. Each is locked, read, and closed after SETTLE. One
 * that cannot be read is passed over: the next run on its mailbox says why.
 */
void journal_each_abandoned(const struct journal *s, const char *suffix,
			    void (*settle)(void *ctx, struct journal *abandoned), void *ctx);

#endif
