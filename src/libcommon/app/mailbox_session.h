/* SPDX-License-Identifier: ISC */
/*
 * mailbox_session - from an account to an open mailbox, by POP3 or IMAP.
 */
#ifndef MAILVERBS_APP_MAILBOX_SESSION_H
#define MAILVERBS_APP_MAILBOX_SESSION_H

#include <stdbool.h>

#include "app/probe.h"
#include "app/session.h"
#include "proto/mailbox.h"

struct account;
struct err;
struct run;

struct mailbox_session {
	struct session base;
	struct mailbox mailbox;
};

/* Opens the mailbox. A must outlive the session. False: *e; nothing is open. */
bool mailbox_session_open(struct mailbox_session *s, const struct account *a, struct err *e);

/* The same for a run that deletes nothing, whatever the account says: the server is not asked for
 * the Trash folder. */
bool mailbox_session_open_to_look(struct mailbox_session *s, const struct account *a,
				  struct err *e);

/* For --dry-run: finds the mistakes that mailbox_session_open() finds before it connects, and a
 * login that comes too early for the server unless it would be waited for. False: *e. */
bool mailbox_session_check(const struct account *a, struct err *e);

/* Accepts a closed session. */
void mailbox_session_close(struct mailbox_session *s);

/* Prints the words that the server wants the user to see (ALERT, RFC 9051 section 7.1) and that
 * came since the last call. S may be closed. */
void mailbox_session_show_alert(struct mailbox_session *s, const struct run *run);

/* --probe: see app/probe.h. */
bool mailbox_session_probe(const struct account *a, probe_show *show, struct err *e);

#endif
