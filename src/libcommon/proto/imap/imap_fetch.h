/* SPDX-License-Identifier: ISC */
/*
 * imap_fetch - fetches messages by UID FETCH of sets: many commands on the way, and each text
 * passed on to the receiver as it comes. BODY.PEEK leaves \Seen as it is (RFC 9051 section 6.4.5).
 *
 * The server answers in any order, and leaves out messages that no longer exist.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_FETCH_H
#define MAILVERBS_PROTO_IMAP_IMAP_FETCH_H

#include <stdbool.h>

#include "proto/mailbox.h"

struct err;
struct receiver;

/* mailbox_fetch(). */
bool imap_fetch(void *conversation, const struct message_list *l, const struct message_set *set,
		enum part part, const struct receiver *r, void *ctx, struct err *e);

#endif
