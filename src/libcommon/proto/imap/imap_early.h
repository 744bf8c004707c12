/* SPDX-License-Identifier: ISC */
/*
 * imap_early - answers that came before their turn: the server may answer some commands in any
 * order (RFC 3501 section 5.5), and each answer is kept until it is awaited.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_EARLY_H
#define MAILVERBS_PROTO_IMAP_IMAP_EARLY_H

#include <stdbool.h>

#include "proto/imap/imap_session.h"

/*
 * The commands asked from here on, until imap_end_unordered(), change or tell of different things,
 * so that the server may answer them in any order. An answer out of order to any other command
 * is a breach of the protocol.
 */
void imap_begin_unordered(struct imap *c);
void imap_end_unordered(struct imap *c);

/* May the command with this tag be answered before the awaited one? */
bool imap_early_allowed(const struct imap *c, unsigned tag);

/* Keeps the answer to the command TAG: STATUS, and its words in c->words. */
void imap_early_keep(struct imap *c, unsigned tag, enum imap_status status);

/* Takes out the answer to the command that is awaited now, into *STATUS and c->words. False: it has
 * not come yet. */
bool imap_early_take(struct imap *c, enum imap_status *status);

void imap_early_free(struct imap *c); /* for the close */

#endif
