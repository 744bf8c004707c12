/* SPDX-License-Identifier: ISC */
/*
 * fetch_state - the turn of one folder: what it has to do, and what it knows so far. Only for the
 * files fetch*.c of this room.
 */
#ifndef MAILVERBS_MFETCH_FETCH_STATE_H
#define MAILVERBS_MFETCH_FETCH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "deliver/sink.h"
#include "mfetch/listing.h"
#include "mfetch/retention.h"
#include "proto/mailbox.h"

struct account;
struct delivery;
struct fetch_options;
struct journal;
struct lmtp_server;
struct mailbox_session;
struct operands;
struct run;

struct fetch {
	/* The caller's; the members after it begin with {0}. */
	struct run *run;
	const struct account *account;
	const struct fetch_options *options;
	struct operands *operands;
	bool by_default;                 /* no operands: what is new */
	struct mailbox_session *session; /* of all folders, and rounds */
	/* the session is for the next round too; false after the turn if it cannot be */
	bool stays;
	const char *folder; /* one of many, whose session is open; NULL: the account's one */
	uint32_t *limit;    /* so many messages may this run still fetch */
	bool is_last;       /* the session ends with it */

	struct sink_spec sink;
	struct lmtp_server *lmtp; /* SINK_LMTP */
	struct retention keeping;
	bool marks;        /* --mark-seen: nothing is fetched */
	bool notes_unread; /* --seen: what is not marked yet is noted (mfetch/unread.h) */
	bool looks; /* everything is shown, nothing recorded, nothing changed on the server */
	bool only_suspects;   /* a turn for the messages that the one before left for later */
	size_t left_suspects; /* so many it left */
	struct journal *journal;
	struct listing listing;
	struct message_set wanted;
	struct message_set rejected;  /* by the filter, to be deleted */
	struct message_set to_delete; /* to be deleted */
	struct delivery *delivery;
};

#endif
