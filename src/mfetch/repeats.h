/* SPDX-License-Identifier: ISC */
/*
 * hush - a line that was said the time before is not said again.
 *
 * For what goes round and round: the same refusal, minute after minute, is one piece of news. Times
 * are parted by hush_turn(); a line that is missed out once is news again.
 */
#ifndef MAILVERBS_MFETCH_REPEATS_H
#define MAILVERBS_MFETCH_REPEATS_H

#include <stdbool.h>

#include "base/buf.h"

/* `struct hush h = {0};` has heard nothing. */
struct hush {
	struct buf before, now; /* lines, each with its LF */
};

void hush_turn(struct hush *h);

/* Notes TEXT, one line or more; true: it was said the time before, or this time already. */
bool hush_has_heard(struct hush *h, const char *text);

void hush_free(struct hush *h);

#endif
