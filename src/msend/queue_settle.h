/* SPDX-License-Identifier: ISC */
/*
 * queue_settle - what becomes of a message after an attempt to send it: it is removed, it waits, or
 * it has failed.
 */
#ifndef MAILVERBS_MSEND_QUEUE_SETTLE_H
#define MAILVERBS_MSEND_QUEUE_SETTLE_H

#include <stdbool.h>

struct err;
struct queue_attempt;

/* FAILURE: NULL if it was sent. If the sender is to have a copy, it is filed. Then the queue and the
 * user are told. */
void queue_settle(struct queue_attempt *a, const struct err *failure);

/* The process that was to file the copy was killed: nobody can tell whether it is there. */
void queue_settle_copy(struct queue_attempt *a);

/* Everybody has it: the entry is removed. */
void queue_settle_sent(struct queue_attempt *a);

/* Nobody is due: the process that found that out was killed before it moved the message to the
 * failed ones. Always false; *e says why it failed. */
bool queue_settle_failed(struct queue_attempt *a, struct err *e);

#endif
