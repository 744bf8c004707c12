/* SPDX-License-Identifier: ISC */
/*
 * held_token - the file in which maccount keeps an account's OAuth 2 tokens.
 *
 * Lines of a word, a blank and a value; the first one is `mailverbs-token 1`. The account that the
 * tokens are for is in the file, and is compared. maccount writes it, the mail tools read it. If a
 * command keeps the tokens, the file has the rest, and the line `kept`.
 */
#ifndef MAILVERBS_AUTH_HELD_TOKEN_H
#define MAILVERBS_AUTH_HELD_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { HELD_TOKEN_MARGIN_S = 120 }; /* a token that ends sooner is not used any more */

/* Each string is the owner's to free; NULL: not known. */
struct held_token {
	char *account;
	char *server;        /* the token endpoint */
	char *client;        /* the client id */
	char *client_secret; /* only if the server has given it at the registration */
	char *revoke;        /* the revocation endpoint */
	char *scope;
	char *access;
	char *refresh;
	char *kept; /* the tokens are not here, but with token-store-command: renewable, or not */
	int64_t issued, expires; /* seconds since 1970 */
	bool is_whole;           /* its last line is `end` */
};

/*
 * Reads PATH. False: *e is ERR_NO_INPUT (the file does not exist) or ERR_CONFIG (others may read
 * it; it is for another account, or malformed). Freed by held_token_free() in any case.
 */
bool held_token_read(const char *path, const char *account, struct held_token *t, struct err *e);
void held_token_free(struct held_token *t); /* wipes */

/* The same from TEXT, which is cut up, and came from PLACE. */
bool held_token_parse(struct held_token *t, char *text, const char *place, const char *account,
		      struct err *e);

/* Can the access token be used at this time of the clock? */
bool held_token_is_fresh(const struct held_token *t, int64_t now);

#endif
