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
struct sasl_params;

/* RFC 7628 section 3.1. */
void token_oauthbearer(struct buf *out, const struct sasl_params *p, const char *token);

/* Google's and Microsoft's, never standardised: user=USER ^A auth=Bearer TOKEN ^A ^A */
void token_xoauth2(struct buf *out, const struct sasl_params *p, const char *token);

/* Can this be a field? */
bool token_is_clean(const char *s);

#endif
