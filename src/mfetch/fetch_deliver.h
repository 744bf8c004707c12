/* SPDX-License-Identifier: ISC */
/*
 * fetch_deliver - pours the chosen messages of a turn into its destination.
 */
#ifndef MAILVERBS_MFETCH_FETCH_DELIVER_H
#define MAILVERBS_MFETCH_FETCH_DELIVER_H

#include <stdbool.h>

#include "proto/mailbox.h"

struct err;
struct fetch;

/* Opens the destination. To be called before anything is selected: it may find that a run which was
 * killed had delivered more than its journal says. False: *e. */
bool fetch_open_delivery(struct fetch *f, struct err *e);

/*
 * Fetches PART of the chosen messages and delivers it. If the session breaks, the whole messages of
 * the group under way are delivered all the same, unless the server broke the protocol. False: *e.
 */
bool fetch_deliver(struct fetch *f, enum part part, struct err *e);

#endif
