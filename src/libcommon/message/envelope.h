/* SPDX-License-Identifier: ISC */
/*
 * envelope - whom a message's header names: who sends it, and to whom.
 *
 * A message that was passed on carries Resent- blocks, the newest on top (RFC 5322 section 3.6.6).
 * Then that block alone speaks: the others, and From, To, Cc and Bcc, tell of journeys that are
 * over. A block ends at the first field of another kind, or where a field of it comes again.
 */
#ifndef MAILVERBS_MESSAGE_ENVELOPE_H
#define MAILVERBS_MESSAGE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "message/address_list.h"

struct err;

/*
 * *SENDER is the address in Sender, else the first in From (or in their Resent- forms), the
 * caller's to free(); NULL: these fields are missing or empty. *IS_ONE_OF_MANY: it is one of
 * several in From, and no Sender tells which of them sends (section 3.6.2). False: *e
 * (ERR_MALFORMED), the field that decides cannot be read.
 */
bool envelope_sender(const char *header, size_t n, char **sender, bool *is_one_of_many,
		     struct err *e);

/* Calls TAKE for each address in To, Cc and Bcc (or in their Resent- forms). False: as
 * address_list(), with the field's name in front. */
bool envelope_recipients(const char *header, size_t n, address_take take, void *ctx, struct err *e);

#endif
