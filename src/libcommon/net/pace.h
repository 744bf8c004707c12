/* SPDX-License-Identifier: ISC */
/*
 * pace - how long a peer may still let us wait.
 *
 * Patience is the timeout at first. Waiting uses it up, and bytes that move restore it, at a rate
 * of PACE_BYTES in one timeout; there is never more of it than one timeout. So silence ends after
 * the timeout, and a peer that sends a little now and then, to hold us for ever, ends soon too.
 * Only waiting counts, not the time that we need for what came.
 *
 * Pure: the caller has the clock.
 */
#ifndef MAILVERBS_NET_PACE_H
#define MAILVERBS_NET_PACE_H

#include <stddef.h>
#include <stdint.h>

enum { PACE_BYTES = 16 * 1024 }; /* the least that must move within one timeout */

struct pace {
	int64_t whole_us; /* the timeout; 0: patience has no end */
	int64_t left_us;
};

/* Full patience, of SECONDS; 0: for ever. */
void pace_start(struct pace *p, unsigned seconds);

void pace_wait(struct pace *p, int64_t ms);
void pace_move(struct pace *p, size_t bytes);

/* The deadline (net/wait.h) of a wait that begins at NOW. */
int64_t pace_deadline(const struct pace *p, int64_t now);

#endif
