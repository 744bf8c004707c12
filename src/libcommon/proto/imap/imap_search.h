/* SPDX-License-Identifier: ISC */
/*
 * imap_search - UID SEARCH and its answer: SEARCH with UIDs (RFC 3501 section 7.2.5), or ESEARCH
 * with a sequence set of them, which is IMAP4rev2's (RFC 9051 section 7.3.4).
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_SEARCH_H
#define MAILVERBS_PROTO_IMAP_IMAP_SEARCH_H

#include <stdbool.h>

#include "proto/mailbox.h"

struct err;

/* mailbox_find(). */
bool imap_find(void *conversation, const struct message_list *l, const char *query,
	       struct message_set *found, struct err *e);

/* mailbox_list_found(). */
bool imap_list_found(void *conversation, const char *query, struct message_list *l, bool *is_listed,
		     struct err *e);

#endif
