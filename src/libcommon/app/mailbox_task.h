/* SPDX-License-Identifier: ISC */
/*
 * mailbox_task - what mlist, mdel and mmark share: an account's mailbox, its list, and the messages
 * of it that the operands name.
 */
#ifndef MAILVERBS_APP_MAILBOX_TASK_H
#define MAILVERBS_APP_MAILBOX_TASK_H

#include <stdbool.h>
#include <stddef.h>

#include "app/mailbox_session.h"
#include "app/operands.h"
#include "config/account.h"
#include "proto/mailbox.h"

struct err;
struct journal;
struct run;

/* All zero but `run`: nothing is open. mailbox_task_close() frees what the members hold. */
struct mailbox_task {
	struct run *run;
	struct account account;
	struct operands operands;
	struct journal *journal; /* all messages delivered locally, for "new" */
	struct mailbox_session session;
	struct message_list list;
	struct message_set named; /* the messages of `list` to work on */
};

/* For tools that do not take all messages by default: false, *e is ERR_USAGE, if there are no
 * operands. */
bool mailbox_task_check_operands(const struct run *run, struct err *e);

/* Opens `journal`. The account must be resolved. False: *e. */
bool mailbox_task_open_journal(struct mailbox_task *t, struct err *e);

/* Puts the messages of `list` that the operands name into `named`. The session is open; so is the
 * journal. */
void mailbox_task_select(struct mailbox_task *t);

/* The same, for a command that names messages: in IMAP one to which the server gives no UID cannot
 * be named. It is complained of (66) and left out. */
void mailbox_task_select_to_change(struct mailbox_task *t);

/*
 * After a commit that should have removed the messages named: has the server confirmed that? If
 * not, a second look is worth a login, in a session that takes the place of the first. False: it
 * agreed to the DEED, a noun, and messages are still there: *e is ERR_UNAVAILABLE.
 */
bool mailbox_task_check_gone(struct mailbox_task *t, const char *deed, struct err *e);

/*
 * Fetches the headers of the messages named and calls SHOW with CTX for each, in the server's
 * order. Only the first 256 KiB of a longer header are shown. A message that is gone is reported,
 * and the others follow. False: *e, from the session.
 */
bool mailbox_task_fetch_headers(struct mailbox_task *t, message_headed show, void *ctx,
				struct err *e);

/* Shows the server's alerts and frees all; `run` stays the caller's. */
void mailbox_task_close(struct mailbox_task *t);

#endif
