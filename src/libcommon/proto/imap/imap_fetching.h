/* SPDX-License-Identifier: ISC */
/*
 * imap_fetching - the receiving side of a fetch: finds out which message a FETCH response is about,
 * and passes its text on to the receiver. The commands are in imap_fetch.c.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_FETCHING_H
#define MAILVERBS_PROTO_IMAP_IMAP_FETCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "message/receiver.h"
#include "proto/imap/imap_session.h"

/* A message that was asked for. */
struct imap_wanted {
	uint32_t uid;
	size_t index; /* in the list */
	bool is_done; /* given to the receiver, or given up */
};

/* The caller sets `c` to `ctx`, `wanted` and `count`, and keeps `next`, `why` and `is_over` in
 * mind. */
struct imap_fetching {
	struct imap *c;
	const struct message_list *list;
	enum part part;
	const struct receiver *receiver;
	void *ctx;

	struct imap_wanted *wanted; /* by UID, ascending */
	size_t count;
	size_t next; /* where the next one that comes is likely to be */

	/* The message in hand. */
	struct imap_wanted *current;
	struct message_info info;
	bool has_begun;
	bool is_whole;    /* its response is complete; the next one shows whether it ended there */
	bool is_refused;  /* the receiver takes no more of it: its rest is dropped */
	bool has_content; /* more than line ends came of it */
	uint64_t octets;
	struct err why;
	bool is_broken; /* the receiver knows at which message the session broke */
	bool is_over;   /* the receiver ended the fetch, by `why` */
};

/* For qsort() of the wanted messages. */
int imap_fetching_compare(const void *a, const void *b);

/* As c->take, for the struct imap_fetching CTX. */
bool imap_fetching_take(void *ctx, struct imap *c, const struct imap_untagged *u);

/* The message in hand becomes the one at INDEX in the list. */
void imap_fetching_note(struct imap_fetching *f, size_t index);

/* The receiver gives up the message in hand, because of `why`. */
void imap_fetching_give_up(struct imap_fetching *f);

/* After the answer to a set: the last message is complete, unless the server then broke the
 * protocol. Valid IMAP after its response shows that it ended where its literal says. */
void imap_fetching_finish(struct imap_fetching *f);

#endif
