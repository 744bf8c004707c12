/* SPDX-License-Identifier: ISC */
/*
 * watch - the same job again and again, until a signal.
 *
 * Temporary failures are reported once, and retried after a pause that doubles with each failure in
 * a row; any other error ends the watch. SIGTERM is how a service manager ends it, so that is
 * success; SIGINT and SIGHUP are the user's, and end it like any other run.
 */
#ifndef MAILVERBS_MFETCH_WATCH_H
#define MAILVERBS_MFETCH_WATCH_H

#include <stdbool.h>

struct err;
struct run;

struct watch_job {
	const unsigned *interval_s; /* between a poll's end and the next; a poll may change it */
	bool (*poll)(void *ctx, struct err *e);

	/* Is a connection open to wait on, after the poll? */
	bool (*is_connected)(void *ctx);

	/* Waits on it for what the next poll is to find. False: it is gone, *e (or a signal came).
	 */
	bool (*wait)(void *ctx, struct err *e);
};

/*
 * Polls at once, then again and again. Between two polls it waits on the connection, where there is
 * one, else for the interval. A connection that is lost there is made anew, for ever: after a
 * second, and after twice as long each time it does not hold until the next poll. False: *e.
 */
bool watch_run(struct run *run, const struct watch_job *job, void *ctx, struct err *e);

#endif
