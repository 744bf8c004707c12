/* SPDX-License-Identifier: ISC */
/*
 * former - what is known under another UIDVALIDITY than the one that was set
 * (known_set_validity()), recognised by fingerprints. For deliver/seen, whose header says what that
 * is for.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_STALE_H
#define MAILVERBS_JOURNAL_JOURNAL_STALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known;
struct known_entry;
struct newcomer;

/* Was it delivered, and is its UID one that is no longer good? */
bool former_is(const struct known *k, const struct known_entry *entry);

/* seen_distrust_from() */
void former_distrust_from(struct known *k, uint32_t next,
			  bool (*is_listed)(void *ctx, const char *uid), void *ctx);

/* seen_recognise(), in memory. */
size_t former_recognise(struct known *k, const struct newcomer *newcomers, size_t count);

#endif
