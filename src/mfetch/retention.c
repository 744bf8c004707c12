/* SPDX-License-Identifier: ISC */
#include "mfetch/retention.h"

#include <stddef.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/account.h"
#include "config/setting.h"

struct retention
retention_choose(const struct account *a)
{
	const char *text = account_text(a, SET_KEEP);
	struct retention k = {0};

	k.has_age = text && text_age(text, &k.age);
	k.keep = k.has_age || account_flag(a, SET_KEEP);
	return k;
}

bool
retention_keeps(const struct account *a)
{
	return retention_choose(a).keep;
}

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
