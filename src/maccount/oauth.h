/* SPDX-License-Identifier: ISC */
/*
 * oauth - the authorization server of an account (OAuth 2, RFC 6749), and what it is asked.
 */
#ifndef MAILVERBS_MACCOUNT_OAUTH_H
#define MAILVERBS_MACCOUNT_OAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/held_token.h"
#include "base/buf.h"
#include "base/err.h"
#include "maccount/maccount_options.h"

struct account;
struct run;

/* Each string is the owner's to free, NULL where not known. */
struct oauth {
	char *authorize, *token, *device, *revoke, *issuer, *registration;
	char *scope;
	char *client, *secret;
	char *user;     /* who signs in, as a hint to the server */
	char *key_file; /* of a service account */
	char *ca_file;
	enum oauth_grant grant;
	unsigned timeout_s;
	bool has_iss; /* the server promises `iss` in its answers (RFC 9207) */
};

/*
 * From the account's keys and its preset; what is missing from the issuer's metadata (RFC 8414). If
 * the account names no authorization server, it is the one of HELD, a token to renew. Without one
 * (NULL) the mail server is asked, and the person at the terminal whether to sign in there.
 * False: *e is ERR_CONFIG or as of https_fetch(). Freed by oauth_free() in any case.
 */
bool oauth_open(struct oauth *o, const struct run *run, const struct account *a,
		const struct held_token *held, struct err *e);
void oauth_free(struct oauth *o); /* wipes */

/* A client id, by registration if none is configured and the server allows it (RFC 7591). False: *e
 * is ERR_CONFIG with a hint where to get one. */
bool oauth_need_client(struct oauth *o, struct err *e);

/* A form (application/x-www-form-urlencoded) in BODY: adds NAME=VALUE, escaped; not if it is
 * NULL. */
void oauth_add(struct buf *body, const char *name, const char *value);

/* The server's answer to a request at its token or device endpoint. */
enum oauth_outcome {
	OAUTH_DONE,
	OAUTH_REFUSED, /* an error of RFC 6749 section 5.2: its word is in `error` */
	OAUTH_FAILED   /* *e */
};

/*
 * POSTs BODY, which gets the client's id and secret, to the token endpoint. OAUTH_DONE: T has the
 * new tokens (a refresh token that the answer does not have stays as it was). 5xx and 429 are tried
 * three more times, with pauses. ERROR has the server's word, *e always its text (ERR_LOGIN).
 */
enum oauth_outcome oauth_ask_token(struct oauth *o, struct buf *body, struct held_token *t,
				   char error[64], struct err *e);

/* The service grants: client credentials and JWT bearer (RFC 7523). */
bool oauth_service_token(struct oauth *o, struct held_token *t, struct err *e);

/* Signs in: by a browser on this machine, by pasting, or by a code on another device (RFC 8628). */
bool oauth_login_browser(struct oauth *o, struct held_token *t, struct err *e);
bool oauth_login_paste(struct oauth *o, struct held_token *t, struct err *e);
bool oauth_login_device(struct oauth *o, struct held_token *t, struct err *e);

/* Takes the tokens back at the server (RFC 7009). False: *e. */
bool oauth_revoke(const struct held_token *t, const char *ca_file, unsigned timeout_s,
		  struct err *e);

/* N random bytes as base64url without padding (RFC 4648 section 5); the caller's to free(). */
char *oauth_random(size_t n);
/* The same of given bytes, added to OUT. */
void oauth_base64url(struct buf *out, const void *bytes, size_t n);

#endif
