/* SPDX-License-Identifier: ISC */
#include "msend/backoff.h"

#include <stddef.h>

#include "net/wait.h"

enum { SECOND_MS = 1000, PAUSE_FIRST_MS = 250, PAUSE_MAX_MS = 16 * SECOND_MS };

bool
backoff_wait(struct backoff *b, unsigned limit_s, int64_t last_success)
{
	const int64_t now = wait_clock();
	int64_t start;

	if (b->since == 0)
		*b = (struct backoff){.since = now, .pause_ms = PAUSE_FIRST_MS};
	start = b->since > last_success ? b->since : last_success;
	if (now + b->pause_ms > start + (int64_t)limit_s * SECOND_MS ||
	    wait_fds(NULL, 0, now + b->pause_ms) == WAIT_STOPPED)
		return false;
	if (b->pause_ms < PAUSE_MAX_MS)
		b->pause_ms *= 2;
	return true;
}

void
backoff_reset(struct backoff *b)
{
	*b = (struct backoff){0};
}
