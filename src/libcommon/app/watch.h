/* SPDX-License-Identifier: ISC */
/*
 * watch - the same job again and again, until a signal.
 *
 * What a later attempt may cure is complained of, once, and tried again after a pause that doubles
 * with each failure in a row; everything else ends the watch. SIGTERM is how a service manager
 * ends it, so that is success; SIGINT and SIGHUP are the user's, and end it like any other run.
 */
#ifndef MAILVERBS_APP_WATCH_H
#define MAILVERBS_APP_WATCH_H

#include <stdbool.h>

struct err;
struct run;

/* Calls POLL at once, then *INTERVAL_S seconds after the end of each call, which may have changed
 * that. False: *e. */
bool watch_run(struct run *run, const unsigned *interval_s, bool (*poll)(void *ctx, struct err *e),
	       void *ctx, struct err *e);

#endif
