/* SPDX-License-Identifier: ISC */
/*
 * backoff - the pauses between attempts to reach a server that was reached before: 1/4 s, 1/2 s, 1
 * s and so on up to 16 s, until too much time has passed since the last success.
 */
#ifndef MAILVERBS_MSEND_BACKOFF_H
#define MAILVERBS_MSEND_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* {0} is a new one, which has not paused yet. */
struct backoff {
	int64_t since;    /* the first failure, by wait_clock(); 0: none */
	int64_t pause_ms; /* the next one */
};

/*
 * Pauses. False, at once: another pause would end more than LIMIT_S seconds after the first failure
 * and after LAST_SUCCESS (by wait_clock(), of somebody else), or a signal came.
 */
bool backoff_wait(struct backoff *b, unsigned limit_s, int64_t last_success);

/* A success: the next failure is the first. */
void backoff_reset(struct backoff *b);

#endif
