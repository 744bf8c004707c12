/* SPDX-License-Identifier: ISC */
#include "msend/rate.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "net/wait.h"

enum {
	POLL_MS = 20,             /* how often it is looked whether another process has finished */
	LOST_MS = 30 * 60 * 1000, /* a process that had a place for so long is gone */
	SECOND_MS = 1000
};

struct place {
	_Atomic uint64_t ended; /* how often it was given back */
	_Atomic int64_t at;     /* when it was last taken, or given back */
};

struct rate {
	size_t bytes;
	uint64_t count;
	int64_t period_ms;
	_Atomic uint64_t next; /* turns that were given out: turn I is for place I modulo count */
	struct place places[];
};

struct rate *
rate_open(const char *text, struct err *e)
{
	const uint64_t count = strtoull(text, NULL, 10);
	const uint64_t seconds = strtoull(strchr(text, '/') + 1, NULL, 10);
	const size_t bytes = sizeof(struct rate) + count * sizeof(struct place);
	struct rate *r =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (r == MAP_FAILED) {
		err_set_errno(e, ERR_TEMPORARY, "no memory for --rate");
		return NULL;
	}
	r->bytes = bytes;
	r->count = count;
	r->period_ms = (int64_t)seconds * SECOND_MS;
	return r;
}

void
rate_close(struct rate *r)
{
	if (r)
		munmap(r, r->bytes);
}

/* When the place may be used for the ROUNDth time, from 0 on: a moment that is over, or until when
 * to wait before asking again. */
static int64_t
free_at(const struct rate *r, struct place *p, uint64_t round)
{
	if (round == 0)
		return 0;
	if (atomic_load(&p->ended) >= round)
		return atomic_load(&p->at) + r->period_ms + 1;
	if (atomic_load(&p->at) + LOST_MS < wait_clock())
		return 0;
	return wait_clock() + POLL_MS;
}

bool
rate_begin(struct rate *r, uint64_t *place, struct err *e)
{
	struct place *p;
	uint64_t turn;
	int64_t at;

	if (!r)
		return true;
	turn = atomic_fetch_add(&r->next, 1);
	*place = turn;
	p = &r->places[turn % r->count];
	while ((at = free_at(r, p, turn / r->count)) > wait_clock())
		if (wait_fds(NULL, 0, at) == WAIT_STOPPED)
			return err_set(e, ERR_TEMPORARY, "interrupted: it was not sent");
	atomic_store(&p->at, wait_clock());
	return true;
}

void
rate_end(struct rate *r, uint64_t place)
{
	struct place *p;

	if (!r)
		return;
	p = &r->places[place % r->count];
	atomic_store(&p->at, wait_clock());
	atomic_store(&p->ended, place / r->count + 1);
}
