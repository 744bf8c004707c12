/* SPDX-License-Identifier: ISC */
/*
 * fetch_finish - the end of a turn: the messages that have been stored are deleted or marked on the
 * server, and forgotten in the journal.
 */
#ifndef MAILVERBS_MFETCH_FETCH_FINISH_H
#define MAILVERBS_MFETCH_FETCH_FINISH_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/mailbox.h"

struct err;
struct fetch;

/* The end of a turn that delivered: deletes there, or marks as read, what may be, and remembers
 * what is to be known of that the next time. False: *e. */
bool fetch_finish(struct fetch *f, struct err *e);

/* The end of one that showed PART of each message and changes nothing. False: *e. */
bool fetch_leave(struct fetch *f, enum part part, struct err *e);

/* The end of any other. False: *e. */
bool fetch_commit(struct fetch *f, struct err *e);

/* How many messages this turn delivered: none if it only showed or recorded them. */
size_t fetch_count_delivered(const struct fetch *f);

/* How many would go from the server if all that is wanted were delivered. */
size_t fetch_count_to_delete(const struct fetch *f);

#endif
