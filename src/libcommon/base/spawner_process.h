/* SPDX-License-Identifier: ISC */
/*
 * spawner_process - the spawner's own process, and how base/spawner.c speaks to it; for that alone.
 *
 * Requests are packets on a socket pair, each with the descriptors for the command and one end of a
 * socket pair of its own, its control: on that come the start's result, then the exit status; to it
 * goes a signal's number. The process on the other side may be in a stranger's hand: so the command
 * line is compared, the names of the variables too, and only SIGTERM and SIGKILL are passed on.
 */
#ifndef MAILVERBS_BASE_SPAWNER_PROCESS_H
#define MAILVERBS_BASE_SPAWNER_PROCESS_H

#include <stddef.h>

#include "base/spawner_request.h"

/* Before the strings of a packet: the command line, then the variables, each ended by NUL. A byte
 * from a stranger may be neither true nor false, so these are no bool. */
struct spawner_head {
	int out_kind;
	unsigned char has_in; /* 0 or 1 */
	unsigned char has_out;
};

struct spawner_reply {
	int error;
	pid_t pid;
};

/* Serves CLIENT, which asks on the socket REQUESTS, until that is closed. */
_Noreturn void spawner_run(pid_t client, int requests, const char *const commands[], size_t count,
			   spawner_execute *execute);

#endif
