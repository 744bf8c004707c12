/* SPDX-License-Identifier: ISC */
/*
 * handover - somebody who takes messages over one by one (by LMTP), as deliver/sink_lmtp sees him:
 * which protocol he speaks, and when to connect, is not known here.
 */
#ifndef MAILVERBS_DELIVER_HANDOVER_H
#define MAILVERBS_DELIVER_HANDOVER_H

#include <stdbool.h>

struct err;
struct source;

enum handover_answer {
	HANDOVER_TAKEN,   /* he answers for the message from now on */
	HANDOVER_REFUSED, /* not this one, or nobody knows: *e; the next may do better */
	HANDOVER_CLOSED   /* nor any other: *e */
};

struct handover {
	/* Hands in one message. SENDER is an address, or "" where none is known. */
	enum handover_answer (*give)(void *ctx, const char *sender, struct source *message,
				     struct err *e);
	void *ctx; /* borrowed, as all of it */
};

#endif
