/* SPDX-License-Identifier: ISC */
/*
 * next_hop - a server that takes messages over one by one (by LMTP), as deliver/sink_lmtp sees it:
 * which protocol it speaks, and when to connect, is not known here.
 */
#ifndef MAILVERBS_DELIVER_NEXT_HOP_H
#define MAILVERBS_DELIVER_NEXT_HOP_H

#include <stdbool.h>

struct err;
struct source;

enum next_hop_answer {
	NEXT_HOP_TAKEN,   /* the server answers for the message from now on */
	NEXT_HOP_REFUSED, /* not this one, or nobody knows: *e; the next may do better */
	NEXT_HOP_CLOSED   /* nor any other: *e */
};

struct next_hop {
	/* Hands in one message. SENDER is an address, or "" where none is known. */
	enum next_hop_answer (*give)(void *ctx, const char *sender, struct source *message,
				     struct err *e);
	void *ctx; /* borrowed, as all of it */
};

#endif
