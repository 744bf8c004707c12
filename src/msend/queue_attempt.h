/* SPDX-License-Identifier: ISC */
/*
 * queue_attempt - one attempt to send a message of the queue: from its entry to the server's
 * answer. queue_settle decides about the entry then.
 */
#ifndef MAILVERBS_MSEND_QUEUE_ATTEMPT_H
#define MAILVERBS_MSEND_QUEUE_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/values.h"
#include "msend/letter.h"
#include "msend/outcome.h"
#include "msend/queue.h"

struct err;
struct queue_route;
struct run;

#define QUEUE_NO_MESSAGE SIZE_MAX

/* A message that waits. */
struct queue_waiting {
	struct queue_entry entry;
	struct queue_route *route;
	size_t following; /* the next message of the route, or QUEUE_NO_MESSAGE (queue_share.h) */
};

/* The caller sets the first three, `fd` to -1 and `maybe_sent_before`; freed by
 * queue_attempt_free(). */
struct queue_attempt {
	struct run *run;
	struct queue *queue;
	struct queue_waiting *waiting;
	struct values wishes; /* only these */
	struct letter letter;
	struct outcome outcome;
	int fd; /* of the message, or -1 */
	char deliver_by[32], hold_for[32];
	bool is_open; /* the message could be read, and its filter has run */
	bool maybe_sent_before;
	bool is_late;     /* for the time that it asked for */
	bool is_dated;    /* its entry has another time than before */
	bool is_old_news; /* the entry says already what came of it */
};

/* Gives ENTRY the time of now if it was queued while the clock was not set, or will be set: it
 * waits from now on. True: its time has changed. */
bool queue_attempt_date(struct queue_entry *entry);

/* Sends the message to the recipients that are due. The entry notes in time that it may have been
 * sent. False: *e; `outcome` has the server's answer, if there was one. */
bool queue_attempt_send(struct queue_attempt *a, struct err *e);

/* A line in the log of the route's account; FAILURE as in outcome_log(). */
void queue_attempt_log(const struct queue_attempt *a, const struct outcome *o,
		       const struct err *failure);

void queue_attempt_free(struct queue_attempt *a);

#endif
