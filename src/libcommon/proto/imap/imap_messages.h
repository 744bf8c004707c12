/* SPDX-License-Identifier: ISC */
/*
 * imap_messages - lists the messages in the folder by FETCH, which always gives the UIDs: only they
 * name a message permanently. Numbers are the sequence numbers at the time when the list is
 * complete. The functions are those of proto/mailbox.h for an IMAP conversation.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_MESSAGES_H
#define MAILVERBS_PROTO_IMAP_IMAP_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/mailbox.h"

struct err;

bool imap_list(void *conversation, unsigned want, struct message_list *l, struct err *e);
bool imap_list_since(void *conversation, unsigned want, const char *mark, struct message_list *l,
		     bool *is_whole, struct err *e);
char *imap_mark(const void *conversation, const struct message_list *l);
bool imap_list_headers(void *conversation, unsigned want, struct message_list *l,
		       message_headed headed, void *ctx, struct err *e);
bool imap_list_some(void *conversation, unsigned want, const struct mailbox_some *some,
		    struct message_list *l, enum mailbox_listed *listed, struct err *e);

#endif
