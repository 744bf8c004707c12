/* SPDX-License-Identifier: ISC */
/*
 * queue_access - what the process that sends the queue needs once it is contained
 * (app/containment.h): it sends for all accounts whose messages wait, and runs the commands that
 * the messages go through.
 */
#ifndef MAILVERBS_MSEND_QUEUE_ACCESS_H
#define MAILVERBS_MSEND_QUEUE_ACCESS_H

#include <stddef.h>

#include "config/account_settings.h"

struct queue_lane;
struct queue_routes;
struct queue_waiting;

/* Freed by queue_access_free(). {0} is empty. */
struct queue_access {
	struct access_group group;
	const struct account **accounts;
	const char **commands; /* of the entries */
};

/* Lets the accounts of all routes, or those of LANE, share what they need and what their messages
 * want, of the COUNT. Q, the routes and the entries outlive the sessions. */
void queue_access_share(struct queue_access *q, const struct queue_routes *routes,
			const struct queue_lane *lane, const struct queue_waiting *all,
			size_t count);
void queue_access_free(struct queue_access *q);

#endif
