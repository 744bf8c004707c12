/* SPDX-License-Identifier: ISC */
/*
 * tally - how far a run of many letters is, over all its connections.
 *
 * It is in memory that the processes of --connections share.
 */
#ifndef MAILVERBS_MSEND_TALLY_H
#define MAILVERBS_MSEND_TALLY_H

#include <stdint.h>

struct err;
struct tally;

/* Shared with processes that are forked from then on. NULL: *e (ERR_TEMPORARY, no memory). */
struct tally *tally_open(struct err *e);
void tally_close(struct tally *t); /* accepts NULL, as the others do */

/* A server has answered to a letter, whatever it said. */
void tally_note_answer(struct tally *t);

/* When that was last, by wait_clock(); 0: not yet. */
int64_t tally_last_answer(const struct tally *t);

#endif
