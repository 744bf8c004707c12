/* SPDX-License-Identifier: ISC */
/*
 * session - from an account to a connected, encrypted stream and a login, for any protocol.
 *
 * mailbox_session builds the mailbox tools' conversations on it, msend/smtp_session msend's.
 */
#ifndef MAILVERBS_APP_SESSION_H
#define MAILVERBS_APP_SESSION_H

#include <stdbool.h>

#include "config/url.h"

struct account;
struct connect_params;
struct err;
struct login;
struct secret;
struct stream;
struct tls_params;

struct session {
	struct url url;
	struct stream *stream;
	struct secret *secret;
};

/* A protocol's part of the opening: greeting, STARTTLS and login on the connected stream S. L is
 * borrowed for the call. False: *e; nothing of the conversation is left open. */
typedef bool session_begin(void *conversation, struct stream *s, const struct login *l,
			   struct err *e);

/* Borrowed for the call. */
struct session_opening {
	const struct account *account;
	const struct url *url;
	bool without_login; /* whatever the account's `auth` says (--probe) */
	session_begin *begin;
	void *conversation; /* for BEGIN */
};

/*
 * Connects to the URL, gives up what the account's tool does not need from now on
 * (app/containment.h), starts TLS if the scheme wants it from the first byte, and begins the
 * conversation; S->url and S->stream are set then. False: *e; nothing is open.
 */
bool session_open(struct session *s, const struct session_opening *o, struct err *e);

/* For --dry-run: finds the mistakes in A's settings that session_open() finds before it connects.
 * Nothing is connected. False: *e. */
bool session_check(const struct account *a, const struct url *url, struct err *e);

/* How to connect to URL and to start TLS there, by A's settings; borrows from both. */
void session_parameters(const struct account *a, const struct url *url, struct connect_params *to,
			struct tls_params *tls);

/* Closes the stream and wipes the password. Accepts a closed session. */
void session_close(struct session *s);

/* Wipes the password, which an open session needs no more: for one that stays for hours. */
void session_forget_secret(struct session *s);

/* The server as errors name it, "HOST:PORT"; borrowed. */
const char *session_place(const struct session *s);

#endif
