/* SPDX-License-Identifier: ISC */
/*
 * queue_run - sends the messages that wait in the queue (msend -q).
 */
#ifndef MAILVERBS_MSEND_QUEUE_RUN_H
#define MAILVERBS_MSEND_QUEUE_RUN_H

#include <stdbool.h>

struct err;
struct run;
struct send_options;

/* False: *e; what was complained of is in run->worst. */
bool queue_run(struct run *run, const struct send_options *o, struct err *e);

#endif
