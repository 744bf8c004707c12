/* SPDX-License-Identifier: ISC */
/*
 * child - one process of a command that the user gave (password-command, tunnel, --pipe).
 *
 * The command is run by posix_spawn(3), through `sh -c` only where it has something that only a
 * shell understands (quotes, variables, pipes, builtins): plain words, with or without a ` >FILE`
 * or ` >>FILE` after them, are split at blanks and started directly. Signals are as at this
 * process's start: SIGPIPE at its default, nothing blocked. No descriptor of ours but 0, 1 and 2
 * reaches it.
 */
#ifndef MAILVERBS_BASE_CHILD_H
#define MAILVERBS_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

enum child_stdin {
	CHILD_STDIN_EMPTY,
	CHILD_STDIN_PIPE,
	CHILD_STDIN_FILE /* the descriptor in `to`, which stays the caller's: after the start it is -1 */
};
enum child_stdout {
	CHILD_STDOUT_OURS,
	CHILD_STDOUT_PIPE,
	CHILD_STDOUT_NONE,
	CHILD_STDOUT_STDERR, /* it goes to our standard error */
	CHILD_STDOUT_FILE /* the descriptor in `from`, which stays the caller's: after the start it is -1 */
};

struct child {
	pid_t pid;   /* of our child, or of the spawner's (base/spawner.h) if `control` is not 0 */
	int to;      /* its standard input, or -1; blocking, close-on-exec */
	int from;    /* its standard output, or -1 */
	int control; /* 0: it is our own child */
};

/*
 * ENVIRONMENT: NULL, or "NAME=value" strings ended by NULL that are added to ours or replace them.
 * False: *e (ERR_CONFIG: the command cannot be started; ERR_TEMPORARY: not now, for lack of
 * descriptors, processes or memory). With `sh -c` a missing program shows up as
 * exit status 127.
 */
bool child_start(struct child *c, const char *command, enum child_stdin in, enum child_stdout out,
		 const char *const environment[], struct err *e);

/* From now on a process that is forked here starts all commands: these COUNT lines and no others
 * (base/spawner.h, which says what they may contain). False: *e (ERR_TEMPORARY); nothing
 * changed. */
bool child_use_spawner(const char *const commands[], size_t count, struct err *e);

/*
 * The status of a child that cannot be had: it was waited for before, or something else reaped it.
 * It is never 0: a command whose status is unknown has failed.
 */
enum { CHILD_STATUS_UNKNOWN = 1 << 16 };

/*
 * Closes what is still open of `to` and `from`, waits for the end, and gives its exit status;
 * 128 + N if signal N ended it; CHILD_STATUS_UNKNOWN.
 */
int child_wait(struct child *c);

/* STATUS of child_wait() in words, such as "exit status 3": what a diagnostic says. */
const char *child_status_text(int status, char text[static 40]);

/* Did the command start at all? False: STATUS is the shell's for one that it could not find or run,
 * and *e (ERR_CONFIG) says so, without the command's name. */
bool child_check_run(int status, struct err *e);

/*
 * As child_wait(), but a signal that asks us to stop (base/stop.h) leaves it only GRACE_MS to end:
 * then it is ended as by child_end(), and this is false.
 */
bool child_wait_stoppable(struct child *c, unsigned grace_ms, int *status);

/* As child_wait(), but no longer than that: false when it still runs then. STATUS may be NULL, for
 * a child whose status decides nothing. */
bool child_wait_ms(struct child *c, unsigned ms, int *status);

/*
 * child_wait() after SIGTERM, and SIGKILL one second later. Its input is closed only after the
 * signal, so that it takes a message cut short for no whole one.
 */
void child_end(struct child *c);

/* The same with SIGKILL after MS milliseconds. */
void child_end_within(struct child *c, unsigned ms);

#endif
