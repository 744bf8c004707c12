/* SPDX-License-Identifier: ISC */
/*
 * listing - the messages in the mailbox, for a fetch: the whole list, or those since the last run.
 *
 *	listing_prepare → listing_make → deliver, delete, commit → listing_remember
 *
 * The list of new messages is sufficient if only new messages matter, all earlier ones have been
 * delivered, and none of them is due for deletion. A server can defeat this for a while: so once a
 * day, and after any contradiction, the whole list is read.
 */
#ifndef MAILVERBS_MFETCH_LISTING_H
#define MAILVERBS_MFETCH_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "journal/bookmark.h"
#include "proto/mailbox.h"

struct err;
struct retention;
struct journal;

struct listing {
	struct journal *journal;   /* borrowed */
	struct retention *keeping; /* borrowed */
	bool records;              /* the caller's: the time of this run may be noted */
	struct message_list list;
	bool is_whole; /* proto/mailbox.h says what a list that is not is good for */
	struct bookmark bookmark;
};

/*
 * JOURNAL, which is locked, is read here (journal_read()), or where that can wait, in
 * listing_make(), or nothing is new and it is not read at all. MAY_BE_SHORT: only what is new
 * matters. False: *e.
 */
bool listing_prepare(struct listing *l, struct journal *journal, struct retention *keeping,
		     bool may_be_short, struct err *e);

/* With sizes and ids. KEEPING has the time. False: *e. */
bool listing_make(struct listing *l, struct mailbox *m, struct err *e);

/* Was the message INDEX of the list delivered, and when (journal_has())? */
bool listing_has(const struct listing *l, size_t index, time_t *when);

/* After the commit, for the next run, where all that is in the mailbox has been delivered. */
void listing_remember(struct listing *l, const struct mailbox *m);

void listing_free(struct listing *l);

#endif
