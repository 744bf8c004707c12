/* SPDX-License-Identifier: ISC */
/*
 * retention - what is left on the server after delivery, and how long.
 */
#ifndef MAILVERBS_MFETCH_RETENTION_H
#define MAILVERBS_MFETCH_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

struct account;

struct retention {
	bool keep;
	bool has_age; /* what was delivered so long ago goes all the same */
	uint64_t age; /* in seconds */
};

/* What A says; ALWAYS keeps all the same, whatever it says. */
void retention_choose(struct retention *k, const struct account *a, bool always);

/* May a message that was delivered at WHEN be deleted now? One that never was, 0, may not. */
bool retention_is_due(const struct retention *k, int64_t when);

#endif
