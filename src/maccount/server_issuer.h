/* SPDX-License-Identifier: ISC */
/*
 * server_issuer - the authorization server that a mail server names (RFC 7628 section 3.2.2).
 */
#ifndef MAILVERBS_MACCOUNT_SERVER_ISSUER_H
#define MAILVERBS_MACCOUNT_SERVER_ISSUER_H

#include <stdbool.h>

struct account;
struct err;

/* Strings are the owner's to free. */
struct server_issuer {
	char *server; /* that names it, "HOST:PORT" */
	char *issuer; /* an https:// URL */
	char *scope;  /* NULL: not told */
};

/*
 * Asks A's server by a login with OAUTHBEARER and a word that is not a token, which it refuses.
 * False: *e; ERR_CONFIG: it names none. Freed by server_issuer_free() in any case.
 */
bool server_issuer_ask(struct server_issuer *i, const struct account *a, struct err *e);
void server_issuer_free(struct server_issuer *i);

#endif
