/* SPDX-License-Identifier: ISC */
/*
 * imap_listing - makes the list of messages from FETCH responses, while messages come, change and
 * go. The commands that ask for them are in imap_messages.c.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_LISTING_H
#define MAILVERBS_PROTO_IMAP_IMAP_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/imap/imap_numbers.h"
#include "proto/imap/imap_session.h"

struct imap_flags_apart;
struct imap_spans;

/* The caller sets `list`, `want`, `only` or `from` and `to`, and `headed`; the rest is {0}. Freed
 * by imap_listing_free(). */
struct imap_listing {
	struct message_list *list; /* while it comes, an item's number is its slot */
	struct imap_numbers numbers;
	struct imap_flags_apart *apart;
	size_t apart_count;
	unsigned want;
	const struct imap_spans *only; /* the numbers that are asked for; NULL: by UID */
	uint32_t from;                 /* the first UID that is wanted, */
	uint32_t to;                   /* and the last; UINT32_MAX: whichever that is */
	uint32_t lowest, highest;      /* UIDs in this answer */
	uint32_t last_uid;
	bool is_unsorted;  /* by number */
	bool is_unordered; /* the UIDs don't ascend */
	struct buf flags;  /* of the message in hand */

	message_headed headed; /* NULL: without headers */
	void *headed_ctx;
	struct buf header; /* of the message in hand */
	bool has_header;
};

/* As c->take: takes the FETCH and EXPUNGE responses for the struct imap_listing CTX. */
bool imap_listing_take(void *ctx, struct imap *c, const struct imap_untagged *u);

/* Brings the complete list into the order of the messages, each once, with the numbers that they
 * have now; messages that went away are left out. False: *e, the list cannot be used. */
bool imap_listing_arrange(struct imap *c, struct imap_listing *x, struct err *e);

void imap_listing_free(struct imap_listing *x);

#endif
