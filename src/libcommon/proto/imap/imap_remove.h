/* SPDX-License-Identifier: ISC */
/*
 * imap_remove - the changes to messages: deleting exactly the named ones, in the flight that ends
 * the session, or moving them to the Trash; marking as read in the same flight; and the changes of
 * mmark. The functions are those of proto/mailbox.h for an IMAP conversation.
 *
 * Messages are marked \Deleted and expunged by UID (RFC 4315 section 2.1), so that messages that
 * another client marked stay. A server without UIDPLUS can only expunge all that is marked, so
 * mailverbs checks first whether anything else is marked.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_REMOVE_H
#define MAILVERBS_PROTO_IMAP_IMAP_REMOVE_H

#include <stdbool.h>

#include "proto/mailbox.h"

struct err;

void imap_remove(void *conversation, const struct message_list *l, const struct message_set *set);
void imap_mark_read(void *conversation, const struct message_list *l,
		    const struct message_set *set);
bool imap_change(void *conversation, const struct message_list *l, const struct message_set *set,
		 const struct mailbox_change *change, struct err *e);
bool imap_settle(void *conversation, struct err *e);
bool imap_commit(void *conversation, struct err *e);

#endif
