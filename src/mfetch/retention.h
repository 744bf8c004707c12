/* SPDX-License-Identifier: ISC */
/*
 * retention - what is left on the server after delivery, and how long.
 */
#ifndef MAILVERBS_MFETCH_RETENTION_H
#define MAILVERBS_MFETCH_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

struct retention {
	bool keep;
	bool has_age; /* what was delivered so long ago goes all the same */
	uint64_t age; /* in seconds */
	int64_t now;  /* 0: the clock is not to be believed, and nothing is old enough */
};

/*
 * Looks at the clock. It is not to be believed where it says a time before this version was
 * written, or before NEWEST, the newest time that is on record (0: none). False: it is not.
 */
bool retention_set_time(struct retention *k, int64_t newest);

/* May a message that was delivered at WHEN be deleted now? One that never was, 0, may not. */
bool retention_is_due(const struct retention *k, int64_t when);

#endif
