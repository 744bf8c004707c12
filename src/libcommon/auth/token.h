/* SPDX-License-Identifier: ISC */
/*
 * token - the messages that carry an OAuth 2 access token; inside auth/ only.
 *
 * Both add the message, not yet in base64, to OUT. User and token have no control characters: ^A
 * (0x01) separates the fields.
 */
#ifndef MAILVERBS_AUTH_TOKEN_H
#define MAILVERBS_AUTH_TOKEN_H

#include <stdbool.h>

struct buf;

/* The fields of a message; borrowed. */
struct token_fields {
	const char *user;
	const char *host; /* the server's name */
	unsigned port;
	const char *token;
};

/* RFC 7628 section 3.1. */
void token_oauthbearer(struct buf *out, const struct token_fields *f);

/* Google's and Microsoft's, never standardised: user=USER ^A auth=Bearer TOKEN ^A ^A */
void token_xoauth2(struct buf *out, const struct token_fields *f);

/* Can this be a field? */
bool token_is_clean(const char *s);

#endif
