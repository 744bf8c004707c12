/* SPDX-License-Identifier: ISC */
/*
 * journal_migrate - records of version 0.1, which did not say which mailbox they are of, become
 * journals.
 *
 * They are in $XDG_STATE_HOME/mailverbs/seen/MAILBOX/DESTINATION. Their MAILBOX had neither port
 * nor tunnel, and a comma for each blank, so several mailboxes could share one. A record is moved
 * to the first mailbox that asks for it, once, and to nobody else:
 *
 *	rename the record to .DESTINATION.old beside the journal, and its spool with it
 *	→ write .DESTINATION.new, flush, rename to DESTINATION, flush
 *	→ unlink .DESTINATION.old
 *
 * A run that is killed in between is continued by the next one.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_MIGRATE_H
#define MAILVERBS_JOURNAL_JOURNAL_MIGRATE_H

#include <stdbool.h>

struct err;
struct journal;

/* The possible places of the record of a journal's mailbox and destination. */
struct journal_former {
	char *directory;         /* .../seen; NULL: none */
	char *mailboxes[2];      /* looked for in this order; NULL: none */
	const char *destination; /* as version 0.1 wrote it; NULL: of all destinations */
	/*
	 * Could the record be of another mailbox? Then of its ids only those are taken over that
	 * come with a fingerprint, and as if from under another UIDVALIDITY: the header of each
	 * message tells whether it was delivered. All others are fetched once more, for a message
	 * twice is better than one that is deleted unseen.
	 */
	bool is_doubtful;
};

/* Between journal_lock() and journal_read() of S. True also if there is nothing to migrate. False:
 * *e is ERR_TEMPORARY (version 0.1 is at work on it), ERR_OUTPUT or ERR_IO. */
bool journal_migrate(const struct journal *s, const struct journal_former *former, struct err *e);

/* For a journal that was only opened for reading: what a migration would bring is known. False: *e
 * is ERR_IO. */
bool journal_peek_former(struct journal *s, const struct journal_former *former, struct err *e);

#endif
