/* SPDX-License-Identifier: ISC */
/*
 * journal_record - what a journal knows and records of one message: intended, done, taken as
 * delivered. Lines are collected; journal_write() writes them.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_RECORD_H
#define MAILVERBS_JOURNAL_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct journal;

/*
 * Was it delivered, and when? UID may be NULL: then never. An id that is known with other OCTETS is
 * another message's; 0: they are not known, and the id alone decides. One that was only taken as
 * delivered has the time 0: it was not stored anywhere, so it must not be deleted on the server.
 */
bool journal_has(struct journal *s, const char *uid, uint64_t octets, time_t *when);

/* UID, which has so many OCTETS, is about to be delivered: for journal_intend() and journal_done().
 */
void journal_expect(struct journal *s, const char *uid, uint64_t octets);

/*
 * Settles the intents that a killed run left open: WAS_DONE looks at the place of each intent
 * without a "done" and returns its outcome. Delivered messages are collected as done, and the
 * others as void: a PLACE is meaningless once others have written to it. Messages without an id
 * have intents too.
 */
void journal_each_intent(struct journal *s, bool (*was_done)(void *ctx, const char *place),
			 void *ctx);

/* These collect lines. A NULL uid can be intended, never done. */
void journal_intend(struct journal *s, const char *uid, const char *place);
void journal_done(struct journal *s, const char *uid);

/* Collects that UID, which has not been delivered, is to be taken as if it had been. */
void journal_mark(struct journal *s, const char *uid, uint64_t octets);

/* Are fingerprints of any use? Then SET, before its first line, gives UID one. */
bool journal_wants_fingerprints(const struct journal *s);
void journal_set_fingerprint(struct journal *s, const char *uid, const char *print);

/* The newest time on record; 0: none. */
int64_t journal_newest(const struct journal *s);

/* Gives entries that were recorded while the clock was not set the time NOW. */
void journal_date(struct journal *s, int64_t now);

#endif
