/* SPDX-License-Identifier: ISC */
/*
 * listing - lists an account's messages, or counts them, asking the server for no more than is
 * shown.
 */
#ifndef MAILVERBS_MLIST_LISTING_H
#define MAILVERBS_MLIST_LISTING_H

#include <stdbool.h>

#include "app/mailbox_task.h"
#include "mlist/mlist_options.h"
#include "mlist/rows.h"

struct err;

/* All zero but `task.run`: nothing is open. */
struct listing {
	struct mailbox_task task;
	struct mlist_options options;
	struct rows rows;
	bool is_empty; /* nothing was shown */
};

/* Reads columns and operands. The account is resolved, the options are read. False: *e. */
bool listing_prepare(struct listing *l, struct err *e);

/* Connects, and shows the messages or their count on standard output. Operands that name no message
 * are reported. False: *e. */
bool listing_carry_out(struct listing *l, struct err *e);

/* Shows the server's alerts and frees all. */
void listing_free(struct listing *l);

#endif
