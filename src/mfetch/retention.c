/* SPDX-License-Identifier: ISC */
#include "mfetch/retention.h"

#include <time.h>

#include "base/clock.h"

bool
retention_set_time(struct retention *k, int64_t newest)
{
	const int64_t now = (int64_t)time(NULL);

	k->now = clock_is_set(now) && now >= newest ? now : 0;
	return k->now != 0;
}

/* A message of this run may be younger than the time at its beginning. */
static bool
is_old(const struct retention *k, int64_t when)
{
	return k->age == 0 || (uint64_t)when + k->age <= (uint64_t)k->now;
}

bool
retention_is_due(const struct retention *k, int64_t when)
{
	if (when == 0)
		return false;
	return !k->keep || (k->has_age && k->now != 0 && is_old(k, when));
}
