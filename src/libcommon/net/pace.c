/* SPDX-License-Identifier: ISC */
#include "net/pace.h"

#include "net/wait.h"

void
pace_start(struct pace *p, unsigned seconds)
{
	p->whole_us = p->left_us = (int64_t)seconds * 1000 * 1000;
}

void
pace_wait(struct pace *p, int64_t ms)
{
	p->left_us = ms < p->left_us / 1000 ? p->left_us - ms * 1000 : 0;
}

void
pace_move(struct pace *p, size_t bytes)
{
	const int64_t worth =
	    bytes < PACE_BYTES ? p->whole_us * (int64_t)bytes / PACE_BYTES : p->whole_us;

	p->left_us = p->left_us + worth < p->whole_us ? p->left_us + worth : p->whole_us;
}

int64_t
pace_deadline(const struct pace *p, int64_t now)
{
	return p->whole_us == 0 ? WAIT_FOREVER : now + (p->left_us + 999) / 1000;
}
