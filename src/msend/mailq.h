/* SPDX-License-Identifier: ISC */
/*
 * mailq - shows what waits in the queue (msend/queue.h).
 */
#ifndef MAILVERBS_MSEND_MAILQ_H
#define MAILVERBS_MSEND_MAILQ_H

#include <stdbool.h>

struct err;
struct run;

/* A line for each message, oldest first; an entry that is damaged is complained of. False: *e. */
bool mailq_show(struct run *run, struct err *e);

#endif
