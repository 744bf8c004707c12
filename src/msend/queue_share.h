/* SPDX-License-Identifier: ISC */
/*
 * queue_share - the messages of a run of the queue, shared out among processes.
 *
 * The routes that have one server and one login are a lane. Each lane has a process of its own, or
 * as many as --connections says, so that a server that is slow or away holds up no messages but its
 * own. The processes of a lane take its messages in turn, oldest first. There are at most 64
 * processes at a time; one that has finished takes the next turn.
 */
#ifndef MAILVERBS_MSEND_QUEUE_SHARE_H
#define MAILVERBS_MSEND_QUEUE_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct queue_routes;
struct queue_share;
struct queue_waiting;

/* The most processes, and the most --connections. */
enum { QUEUE_PROCESSES_MAX = 64 };

/* In memory that its processes share. */
struct queue_lane {
	_Atomic size_t next;         /* of its messages, to be taken */
	_Atomic int64_t answered_at; /* see struct shared */
	size_t count;                /* of its messages */
	bool is_shared;              /* by several processes */
};

/*
 * Deals out the COUNT messages of ALL (oldest first, each with its route) to CONNECTIONS processes
 * a lane; all arguments outlive it. Shared with processes that are forked from then on. NULL: *e
 * (ERR_TEMPORARY, no memory).
 */
struct queue_share *queue_share_open(const struct queue_routes *routes, struct queue_waiting *all,
				     size_t count, size_t connections, struct err *e);
void queue_share_close(struct queue_share *s); /* accepts NULL */

/* How many processes there are to be; 1: this one will do, 0: there are no messages. */
size_t queue_share_processes(const struct queue_share *s);

/* Does each process have one turn only? */
bool queue_share_is_even(const struct queue_share *s);

/* The lane to serve next, as a process of it; borrowed. NULL: there are no more turns. */
struct queue_lane *queue_share_take_turn(struct queue_share *s);

/* The next message of the lane, which no other process has; borrowed. NULL: there are no more. */
struct queue_waiting *queue_share_take(struct queue_share *s, struct queue_lane *l);

#endif
