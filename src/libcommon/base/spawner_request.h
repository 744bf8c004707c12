/* SPDX-License-Identifier: ISC */
/*
 * spawner_request - a command that the spawner (base/spawner.h) is asked to start.
 */
#ifndef MAILVERBS_BASE_SPAWNER_REQUEST_H
#define MAILVERBS_BASE_SPAWNER_REQUEST_H

#include <sys/types.h>

/* A command and its surroundings. */
struct spawner_request {
	const char *command;
	const char *const *environment; /* as in child_start() */
	int in;                         /* its standard input; -1: empty */
	int out;                        /* its standard output, for `out_kind` CHILD_STDOUT_FILE */
	int out_kind;                   /* an enum child_stdout */
};

/* Starts a command in the spawner's process. The result is 0, or errno. */
typedef int spawner_execute(const struct spawner_request *r, pid_t *pid);

#endif
