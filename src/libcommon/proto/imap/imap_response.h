/* SPDX-License-Identifier: ISC */
/*
 * imap_response - the tokens of the response in hand, with limits on all that a server says, and
 * the protocol's trace. Nothing is read past the end of the response.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_RESPONSE_H
#define MAILVERBS_PROTO_IMAP_IMAP_RESPONSE_H

#include <stdbool.h>

#include "proto/imap/imap_session.h"

/* The first token of the next response. False: the stream failed. */
bool imap_next_response(struct imap *c, struct imap_token *t);

/* The next token of the response in hand. False: the stream failed, or the response has ended. */
bool imap_next(struct imap *c, struct imap_token *t);

/* Skips what is left of the response in hand. */
void imap_finish(struct imap *c);

/* Skips a value whose first token is T: a word, a string, a list. False: the stream failed. */
bool imap_skip_value(struct imap *c, const struct imap_token *t);

/* Reads the rest of the line after the status word WORD into INTO, as "WORD text". False: the
 * stream failed. */
bool imap_read_words(struct imap *c, const char *word, struct buf *into);

/* From here on it is counted anew how much a server says in one answer. */
void imap_start_answer(struct imap *c);

/* The stream fails because the server does not come to an end. Always false. */
bool imap_breach_endless(struct imap *c);

#endif
