/* SPDX-License-Identifier: ISC */
/*
 * repeats - a line that was said the time before is not said again.
 *
 * For repeated attempts: the same refusal, minute after minute, is reported once. Times are parted
 * by repeats_turn(); a line that is missed out once is news again.
 */
#ifndef MAILVERBS_MFETCH_REPEATS_H
#define MAILVERBS_MFETCH_REPEATS_H

#include <stdbool.h>

#include "base/buf.h"

/* `struct repeats r = {0};` has heard nothing. */
struct repeats {
	struct buf before, now; /* lines, each with its LF */
};

void repeats_turn(struct repeats *r);

/* Notes TEXT, one line or more; true: it was said the time before, or this time already. */
bool repeats_has(struct repeats *r, const char *text);

void repeats_free(struct repeats *r);

#endif
