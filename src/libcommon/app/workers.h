/* SPDX-License-Identifier: ISC */
/*
 * workers - the same job for many accounts (or connections), each in a process of its own.
 *
 * So one account can't hold up, confuse or bring down another; and what a process owns (locks,
 * sessions, secrets) is the same as in a run for one account.
 */
#ifndef MAILVERBS_APP_WORKERS_H
#define MAILVERBS_APP_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct run;

struct workers {
	struct run *run;
	char *const *names; /* of the accounts: lines begin with them; NULL: the jobs are alike */
	const char *kind;   /* names jobs that are alike, by a number after it: "connection" */
	size_t count;
	bool side_by_side; /* else one after the other */
	/* In a process of its own. NAME: the account's, or NULL. False: *e. */
	bool (*job)(struct run *run, const char *name, void *ctx, struct err *e);
	/* In this process, once all are started; or NULL. False: *e; the ends are waited for all
	 * the same. */
	bool (*meanwhile)(void *ctx, struct err *e);
	void *ctx;
};

/*
 * Does all jobs and waits for their ends; the worst outcome becomes the run's. A signal to stop is
 * handed on. False: *e, not all could be started.
 */
bool workers_run(const struct workers *w, struct err *e);

#endif
