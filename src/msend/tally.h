/* SPDX-License-Identifier: ISC */
/*
 * tally - how far a run of many letters is, over all its connections.
 *
 * It is in memory that the processes of --connections share. On a terminal, after a second, it is
 * shown in one line, which is gone at the end and makes way for other lines:
 *
 *	120/1000 sent, 2 refused, 85/s, 0:10 left
 */
#ifndef MAILVERBS_MSEND_TALLY_H
#define MAILVERBS_MSEND_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct run;
struct tally;

/* The result for a letter. */
enum tally_kind {
	TALLY_SENT,
	TALLY_REFUSED,  /* or not sent for another reason that lasts */
	TALLY_DEFERRED, /* it may be sent later, or is in the queue */
	TALLY_SKIPPED,  /* sent by an earlier run */
	TALLY_KINDS
};

/* Shared with processes that are forked from then on. TOTAL letters are to be sent; 0: not known.
 * NULL: *e (ERR_TEMPORARY, no memory). */
struct tally *tally_open(struct run *run, size_t total, struct err *e);

/* Takes the line away, and says the sums with -v. Accepts NULL, as the others do. */
void tally_close(struct tally *t, struct run *run);

void tally_count(struct tally *t, enum tally_kind kind);

/* The kind of a letter that was not sent. */
enum tally_kind tally_kind_of(const struct err *why);

/* The place where the processes note that a server has answered (struct shared); borrowed. */
_Atomic int64_t *tally_answered_at(struct tally *t);

#endif
