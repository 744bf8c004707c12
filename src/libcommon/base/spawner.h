/* SPDX-License-Identifier: ISC */
/*
 * spawner - a process that starts the user's commands for one that may not start any.
 *
 * It is forked before this process gives up its rights (app/containment.h), keeps its own, and
 * executes only the command lines that it was given at the start. child.h uses it once it is on;
 * nobody else need know of it. It ends when this process does.
 */
#ifndef MAILVERBS_BASE_SPAWNER_H
#define MAILVERBS_BASE_SPAWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/spawner_request.h"

struct err;

/*
 * Forks it for the COUNT command lines. In each, %F and %T mean an address as --pipe puts it in
 * (characters that mean nothing to a shell, or two single quotes), and %% is a percent sign. The
 * strings are borrowed for the call. False: *e (ERR_TEMPORARY); nothing was started.
 */
bool spawner_start(const char *const commands[], size_t count, spawner_execute *execute,
		   struct err *e);

/* Has spawner_start() succeeded in this process? */
bool spawner_is_on(void);

/* Has the command started. *PID is of the spawner's child, *CONTROL the descriptor for the calls
 * below, which the caller closes. The result is 0, or errno. */
int spawner_ask(const struct spawner_request *r, pid_t *pid, int *control);

/* As waitpid(2), with the same options: the pid, 0, or -1 and errno (ECHILD: the status is
 * lost). */
pid_t spawner_wait(int control, pid_t pid, int *how, int options);

/* Sends the command SIGTERM or SIGKILL. */
void spawner_signal(int control, int number);

#endif
