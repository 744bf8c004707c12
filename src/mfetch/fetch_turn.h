/* SPDX-License-Identifier: ISC */
/*
 * fetch_turn - the turn of one folder, however its session came about. Only for the files fetch*.c
 * of this room; mfetch.c and watch.c see mfetch/fetch.h.
 */
#ifndef MAILVERBS_MFETCH_FETCH_TURN_H
#define MAILVERBS_MFETCH_FETCH_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "deliver/sink.h"
#include "mfetch/listing.h"
#include "mfetch/retention.h"
#include "proto/mailbox.h"

struct account;
struct delivery;
struct err;
struct fetch_options;
struct lmtp_server;
struct run;
struct journal;
struct operands;
struct mailbox_session;

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
	bool marks; /* --mark-seen: nothing is fetched */
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

/* Opens the session. ONLY_LOOKS: this run records, deletes and marks nothing; --headers does
 * neither. False: *e. */
bool fetch_open(struct mailbox_session *s, const struct account *a, const struct fetch_options *o,
		bool only_looks, struct err *e);

/* Lists, selects, delivers, records and removes; or what --dry-run, --mark-seen and --headers make
 * of that. False: *e. */
bool fetch_turn(struct fetch *f, struct err *e);

/* Frees what it holds: not *F, nor the session. */
void fetch_free(struct fetch *f);

/*
 * mfetch/fetch_finish.c. fetch_finish() is the end of a turn that delivered: it deletes there, or
 * marks as read, what may be, and remembers what is to be known of that the next time.
 * fetch_commit() is the end of one that did not.
 */
bool fetch_finish(struct fetch *f, struct err *e);
bool fetch_commit(struct fetch *f, struct err *e);

/* The end of a turn that showed PART of each message and changes nothing. */
bool fetch_leave(struct fetch *f, enum part part, struct err *e);

/* How many messages this turn delivered: none if it only showed or recorded them. */
size_t fetch_count_delivered(const struct fetch *f);

/* How many would go from the server if all that is wanted were delivered. */
size_t fetch_count_to_delete(const struct fetch *f);

#endif
