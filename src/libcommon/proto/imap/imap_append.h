/* SPDX-License-Identifier: ISC */
/*
 * imap_append - puts a message into a folder by APPEND (RFC 9051 section 6.3.12).
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_APPEND_H
#define MAILVERBS_PROTO_IMAP_IMAP_APPEND_H

#include <stdbool.h>

#include "proto/mailbox.h"

struct buf;
struct err;

/* mailbox_append(). */
bool imap_append(void *conversation, const struct mailbox_append *a, struct buf *uid,
		 struct err *e);

#endif
