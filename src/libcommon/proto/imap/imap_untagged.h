/* SPDX-License-Identifier: ISC */
/*
 * imap_untagged - untagged responses (RFC 9051 section 7). Those that concern the whole session
 * change its state, whichever command waits: status responses with their codes, CAPABILITY, EXISTS,
 * EXPUNGE, BYE. The others go to the command that waits (c->take).
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_UNTAGGED_H
#define MAILVERBS_PROTO_IMAP_IMAP_UNTAGGED_H

#include <stdbool.h>

#include "proto/imap/imap_session.h"

/* Reads a response whose "*" has been read. False: the stream failed. */
bool imap_take_untagged(struct imap *c);

/* Takes the response code of WORDS, "NO [CODE] text", into the session's state. */
void imap_take_code(struct imap *c, const char *words);

#endif
