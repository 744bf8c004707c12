/* SPDX-License-Identifier: ISC */
/*
 * progress - how far a fetch is, in one line on the terminal:
 *
 *	12/200 messages, 3.4/56.7 MB, 1.2 MB/s, 0:43 left
 *
 * It comes up when the fetch takes longer than a second, and is gone at its end; other lines that
 * the run says push it away first. It is only ever written to a terminal.
 *
 * It is called between a mailbox and the receiver that takes the messages, and counts.
 */
#ifndef MAILVERBS_MFETCH_PROGRESS_H
#define MAILVERBS_MFETCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/receiver.h"

struct message_list;
struct message_set;

struct progress {
	const struct receiver *inner;
	void *inner_ctx;
	bool is_wanted;
	size_t messages, messages_done;
	uint64_t octets, octets_done; /* `octets` is what the server announced */
	int64_t start_ms, shown_ms;
	unsigned width; /* of the line on the terminal; 0: none */
};

/* Before the fetch of SET. Without IS_WANTED, or if standard error is not a terminal, all is handed
 * on and nothing shown. */
void progress_start(struct progress *p, const struct message_list *l, const struct message_set *set,
		    bool is_wanted);

/* The receiver that the mailbox gets instead of INNER; its ctx is the struct progress. */
extern const struct receiver progress_receiver;

/* Takes the line away; it comes again while the fetch goes on. Accepts NULL. */
void progress_hide(struct progress *p);

#endif
