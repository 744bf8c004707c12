/* SPDX-License-Identifier: ISC */
/*
 * imap_refusal - what a server's NO, BAD or BYE means for the user: a response code (RFC 5530), or
 * words by which the large providers' servers are known to say it without one.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_REFUSAL_H
#define MAILVERBS_PROTO_IMAP_IMAP_REFUSAL_H

#include <stdbool.h>

#include "base/err.h"

/* Do WORDS ("NO [CODE] text") say why, by a code or by words that are known? */
bool imap_refusal_is_explained(const char *words);

/*
 * Sets *e to "PLACE: WORDS", with a hint where there is something to do that they don't tell. WORDS
 * begin with the status word: "NO [CODE] text". OTHERWISE: what it is where nothing in them says
 * better. Always false.
 */
bool imap_refusal_set(struct err *e, enum err_code otherwise, const char *place, const char *words);

#endif
