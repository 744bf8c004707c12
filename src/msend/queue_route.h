/* SPDX-License-Identifier: ISC */
/*
 * queue_route - the ways that the queue's messages go: those of one connection have the same
 * account, and the same changes to it by the command line. For one run of the queue.
 */
#ifndef MAILVERBS_MSEND_QUEUE_ROUTE_H
#define MAILVERBS_MSEND_QUEUE_ROUTE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "msend/send_options.h"

struct queue_entry;
struct queue_lane;
struct shared;
struct submission;
struct values;

struct queue_route {
	char *key;
	struct send_account account;
	struct err problem; /* of the configuration; ERR_NONE: there is none */
	struct submission *submission;
	char *place;                /* the server and the login; NULL: there is a problem */
	struct queue_route *leader; /* the first that has the same place; NULL: it is the first */
	/* Once the messages are shared out (msend/queue_share.h); borrowed. */
	struct queue_lane *lane;
	atomic_bool *is_blocked; /* the server cannot be reached, and that has been reported */
};

/* {0} is an empty table, but for what the routes share (borrowed; or NULL); freed by
 * queue_routes_free(). */
struct queue_routes {
	struct queue_route **items;
	size_t count;
	const struct shared *shared;
};

/* The route of ENTRY, a new one if no message had it before; the table's. GIVEN is the command line
 * of now, which goes before the one of then. A route whose account cannot be resolved has a
 * `problem`. */
struct queue_route *queue_route_find(struct queue_routes *r, const struct values *given,
				     const struct queue_entry *entry);

void queue_routes_free(struct queue_routes *r); /* closes the connections */

#endif
