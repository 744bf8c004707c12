/* SPDX-License-Identifier: ISC */
/*
 * session - from an account to a conversation that is connected, encrypted and logged in.
 */
#ifndef MAILVERBS_APP_SESSION_H
#define MAILVERBS_APP_SESSION_H

#include <stdbool.h>

#include "config/setting.h"
#include "config/url.h"
#include "proto/mailbox.h"
#include "proto/smtp/smtp.h"

struct account;
struct err;
struct run;
struct secret;
struct journal;
struct stream;

/* What an SMTP or LMTP conversation of the account with the server at URL keeps to; borrows from A.
 */
struct smtp_params session_smtp_params(const struct account *a, const struct url *url);

struct session {
	struct url url;
	struct stream *stream;
	struct secret *secret;
	struct smtp *smtp;      /* msend's */
	struct mailbox mailbox; /* the others' */
};

/* Opens it for TOOL. ACCOUNT must outlive it. False: *e; nothing is open. */
bool session_open(struct session *s, const struct account *a, enum tool_id tool, struct err *e);
void session_close(struct session *s);

/* Wipes the password, which an open session needs no more: for one that stays for hours. */
void session_forget_secret(struct session *s);

/* The server as errors name it, "HOST:PORT"; borrowed. */
const char *session_place(const struct session *s);

/* Shows words that the server wants the user to see (RFC 9051 section 7.1, ALERT), those that came
 * since the last time; S may be closed. */
void session_show_alert(struct session *s, const struct run *run);

/* --probe: shows on standard output what the server is, and whether the login works. False: *e. */
bool session_probe(const struct account *a, enum tool_id tool, struct err *e);

/* How journals call the account's mailbox: protocol, user, host, folder (NULL: the account's one).
 * The caller's to free(); NULL: *e. */
char *session_mailbox_name(const struct account *a, enum tool_id tool, const char *folder,
			   struct err *e);

/*
 * All that was delivered from the account's mailbox anywhere here, for "new" in mlist and mdel.
 * NULL: *e. The caller's to close.
 */
struct journal *session_seen_anywhere(const struct account *a, enum tool_id tool, struct err *e);

/* The login name: `user`, or the account's address, or NULL. */
const char *session_user(const struct account *a);

#endif
