/* SPDX-License-Identifier: ISC */
/*
 * rate - at most N messages in any period of a length, over all connections of a run (--rate).
 *
 * There are N places, each to be used once a period. A place is taken before a message goes out,
 * and the period counts from its end: so no N + 1 messages reach the server within one, however
 * long each takes. The places are in memory that the processes of --connections share.
 */
#ifndef MAILVERBS_MSEND_RATE_H
#define MAILVERBS_MSEND_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct rate;

/* TEXT is a value of --rate in its normal form, "N/SECONDS". Shared with processes that are forked
 * from then on. NULL: *e (ERR_TEMPORARY, no memory). */
struct rate *rate_open(const char *text, struct err *e);
void rate_close(struct rate *r); /* accepts NULL */

/* Waits until a message may go out, and takes a place, which rate_end() gives back. False: *e, a
 * signal came (ERR_TEMPORARY). R may be NULL: no limit. */
bool rate_begin(struct rate *r, uint64_t *place, struct err *e);
void rate_end(struct rate *r, uint64_t place);

#endif
