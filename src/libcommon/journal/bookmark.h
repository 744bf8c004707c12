/* SPDX-License-Identifier: ISC */
/*
 * bookmark - how far a mailbox has been read: beside the journal, for a run that asks only for what
 * came since.
 *
 * It says that all the messages of a mailbox which stood so and so were delivered, or taken as
 * such, and holds for one state of the journal: its inode, length and time of change. One that is
 * missing, torn or of another state is none, and then the mailbox is listed whole. So it can be
 * lost at any moment, is never flushed, and has no errors.
 *
 *	mailverbs bookmark 2 MAILBOX DESTINATION INODE LENGTH SECONDS.NANOSECONDS LISTED OLDEST MARK
 *
 * It is trusted without the journal being read, so it says itself whose it is.
 */
#ifndef MAILVERBS_JOURNAL_BOOKMARK_H
#define MAILVERBS_JOURNAL_BOOKMARK_H

#include <stdbool.h>
#include <stdint.h>

struct journal;

struct bookmark {
	int64_t listed; /* when the mailbox was listed whole the last time */
	/* when the first of the messages that are there was delivered; 0: all were only taken as
	 * delivered */
	int64_t oldest;
	char *mark; /* the protocol's words (mailbox_mark(), proto/mailbox.h): one line */
};

/* The bookmark of S as its journal is now. False: there is none. Freed by bookmark_free() in any
 * case. */
bool bookmark_read(struct bookmark *b, const struct journal *s);

/* For the journal as it is now: all that belongs into it is written. */
void bookmark_write(const struct bookmark *b, const struct journal *s);

void bookmark_free(struct bookmark *b);

#endif
