/* SPDX-License-Identifier: ISC */
/*
 * delivery - fetched messages into a sink, in groups, each recorded once it is safe.
 *
 * The order of effects (nothing lost, nothing twice) is kept by this module and the sinks: write →
 * flush → journal the intent → make visible → journal "done" → and only then does delivery_safe()
 * name the message, so that it may be deleted on the server.
 */
#ifndef MAILVERBS_DELIVER_DELIVERY_H
#define MAILVERBS_DELIVER_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "message/receiver.h"

struct delivery;
struct err;
struct journal;
struct sink_spec;

/* A message that could not be delivered, and why; the others go on. */
typedef void (*delivery_complain)(void *ctx, const struct err *why);

/* Opens the sink. JOURNAL is borrowed. NULL: *e. */
struct delivery *delivery_open(const struct sink_spec *spec, struct journal *journal,
			       delivery_complain complain, void *ctx, struct err *e);

/* Messages that have not been settled are withdrawn. Accepts NULL. */
void delivery_close(struct delivery *d);

/* Its ctx is the struct delivery. end() is not safe yet, delivery_settle() makes it so; full groups
 * are settled on the way. */
extern const struct receiver delivery_receiver;

/* Settles what is under way. False: *e, and those messages are not safe. */
bool delivery_settle(struct delivery *d, struct err *e);

/* The indexes (struct message_info) of the messages that are safely stored, ascending; borrowed. */
const size_t *delivery_safe(const struct delivery *d, size_t *count);

/* Did so many messages in a row fail for the same reason (sink_type.failures_max) that the fetch
 * was ended? Each of them has been complained of. */
bool delivery_gave_up(const struct delivery *d);

/* Did the reader of standard output go away? */
bool delivery_has_lost_reader(const struct delivery *d);

/* Was a message fetched that could not be delivered? */
bool delivery_has_failed(const struct delivery *d);

/* Did the session break at a message? *INDEX is which. */
bool delivery_broke_at(const struct delivery *d, size_t *index);

#endif
