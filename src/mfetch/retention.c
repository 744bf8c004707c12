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

bool
retention_is_due(const struct retention *k, int64_t when)
{
	if (when == 0)
		return false;
	return !k->keep ||
	       (k->has_age && k->now != 0 && (uint64_t)when + k->age <= (uint64_t)k->now);
}
