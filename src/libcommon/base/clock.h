/* SPDX-License-Identifier: ISC */
/*
 * clock - whether the system's clock has been set.
 *
 * A computer whose battery is empty starts in 1970 or at its firmware's date. By such a time
 * nothing is old enough to be deleted or given up, and everything that was recorded by it is
 * decades old once the clock is right.
 */
#ifndef MAILVERBS_BASE_CLOCK_H
#define MAILVERBS_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CLOCK_FIRST_USE = 1767225600, /* 2026-01-01: mailverbs did not exist before */
	CLOCK_WRITTEN = 1793491200    /* 2026-11-01: nor did this version */
};

/* Can NOW, in seconds since 1970, be the present time? */
static inline bool
clock_is_set(int64_t now)
{
	return now >= CLOCK_WRITTEN;
}

/* Was the past time WHEN recorded by a clock that was set? */
static inline bool
clock_was_set(int64_t when)
{
	return when >= CLOCK_FIRST_USE;
}

#endif
