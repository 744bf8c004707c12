/* SPDX-License-Identifier: ISC */
/*
 * queue_add - letters that could not be handed over wait in the queue (msend/queue.h), and go out
 * from there.
 */
#ifndef MAILVERBS_MSEND_QUEUE_ADD_H
#define MAILVERBS_MSEND_QUEUE_ADD_H

#include <stdbool.h>

struct send_account;
struct err;
struct letter;
struct outcome;
struct queue;
struct run;

/* The user's queue. NULL: *e is ERR_CONFIG, no directory for it. */
struct queue *queue_add_open(struct err *e);

/*
 * Keeps the letter for the recipients who may get it later, after an attempt that ended with OK, or
 * with *E. Permanently refused recipients are reported (which a submission must not do itself); a
 * remark says that the letter is kept. True: there is nothing more to report. False: *e, also if
 * the letter had to be kept and was not.
 */
bool queue_add_message(struct run *run, const struct send_account *a, const struct letter *l,
		       struct outcome *o, bool ok, struct err *e);

#endif
