/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_fetch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "net/stream.h"
#include "proto/imap/imap_code.h"
#include "proto/imap/imap_early.h"
#include "proto/imap/imap_fetched.h"
#include "proto/imap/imap_fetching.h"
#include "proto/imap/imap_refusal.h"
#include "proto/imap/imap_talk.h"

enum {
	SETS_AHEAD = 8,   /* commands with sets in our queue */
	REFUSALS_MAX = 8, /* in a row: the server gives nothing now */
	SPLIT = 8,        /* refused messages are asked for again in sets so much smaller */
};

struct fetch {
	struct imap_fetching in;
	uint32_t *uids;    /* of in.wanted, for the sets */
	size_t left_out;   /* of the sets, by a server that gives no more at once (RFC 9738) */
	size_t refused;    /* likewise, by one that refused a set: for one of its messages, maybe */
	unsigned refusals; /* in a row */
	struct buf refusal;  /* the last one's words */
	size_t set_messages; /* named by one command */
};

static size_t
ask_set(struct fetch *f, size_t from)
{
	static const char *const items[] = {
	    [PART_WHOLE] = "BODY.PEEK[]",
	    [PART_HEADER] = "BODY.PEEK[HEADER]",
	    [PART_FIELDS] = IMAP_FIELDS,
	};
	const size_t left = f->in.count - from;
	struct buf set = {0};
	const size_t most = left < f->set_messages ? left : f->set_messages;
	const size_t n =
	    imap_set_add(&set, f->uids + from,
			 imap_capabilities_messages(&f->in.c->capabilities, most), IMAP_SET_MAX);

	imap_ask(f->in.c, "UID FETCH %s (UID %s)", set.data, items[f->in.part]);
	buf_free(&set);
	return from + n;
}

/* In the server's words; REFUSED: of how many messages. */
static void
explain_refusal(struct fetch *f, size_t refused)
{
	const char *host = stream_name(f->in.c->stream);
	char *place =
	    refused == 1 ? mem_printf("%s: uid:%s", host, f->in.info.uid) : mem_strdup(host);

	imap_refusal_set(&f->in.why, ERR_NO_INPUT, place, f->refusal.data);
	free(place);
	if (refused > 1)
		err_hint(&f->in.why, "that is about %zu messages, uid:%s is the first", refused,
			 f->in.info.uid);
}

/* The server left W out; REFUSED: it refused this many. */
static void
miss(struct fetch *f, struct imap_wanted *w, size_t refused)
{
	w->is_done = true;
	imap_fetching_note(&f->in, w->index);
	if (refused > 0)
		explain_refusal(f, refused);
	else
		err_set(&f->in.why, ERR_NO_INPUT,
			"%s: uid:%s: the server does not give this message",
			stream_name(f->in.c->stream), f->in.info.uid);
	imap_fetching_give_up(&f->in);
}

/* A refusal is said once, of the first one. */
static void
complain_of_missing(struct fetch *f, size_t from, size_t to, size_t refused)
{
	for (size_t i = from; i < to && !f->in.is_over; i++) {
		if (f->in.wanted[i].is_done)
			continue;
		miss(f, &f->in.wanted[i], refused);
		if (refused > 0)
			return;
	}
}

/* The server says itself that what is missing was deleted by somebody else, though EXPUNGE does not
 * tell of it yet (RFC 5530). */
static bool
was_expunged(const struct imap *c)
{
	struct imap_code code;

	imap_code_in(&code, c->words.data);
	return code.kind == IMAP_CODE_EXPUNGEISSUED;
}

/* Messages that no longer exist are not requested again. */
static void
forget(struct fetch *f, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		f->in.wanted[i].is_done = true;
}

/* After the answer to the set FROM…TO. Somebody else may have deleted a message meanwhile. */
static void
settle_set(struct fetch *f, size_t from, size_t to, bool was_refused)
{
	size_t missing = 0;
	uint32_t last;

	for (size_t i = from; i < to; i++)
		missing += !f->in.wanted[i].is_done;
	f->refusals = was_refused && missing == to - from ? f->refusals + 1 : 0;
	if (was_refused || imap_was_limited(f->in.c, &last)) {
		buf_clear(&f->refusal);
		buf_add_str(&f->refusal, imap_refusal_words(f->in.c));
	}
	if (imap_was_limited(f->in.c, &last))
		f->left_out += missing;
	else if (was_expunged(f->in.c) ||
		 (!was_refused && missing <= imap_gone_since_list(f->in.c)))
		forget(f, from, to);
	else if (!was_refused)
		complain_of_missing(f, from, to, 0);
	else if (missing > 1)
		f->refused += missing;
}

/* The message at which the session broke: the one in hand, else the first that did not come. It is
 * told to the receiver, unless that has been done. */
static bool
break_off(struct fetch *f, size_t from, size_t to, struct err *e)
{
	bool is_known = f->in.is_broken;

	imap_stream_ok(f->in.c, e);
	while (!is_known && from < to && f->in.wanted[from].is_done)
		from++;
	if (!is_known && from < to) {
		imap_fetching_note(&f->in, f->in.wanted[from].index);
		f->in.receiver->abandon(f->in.ctx, &f->in.info, NULL);
		is_known = true;
	}
	return is_known && stop_signal() == 0 &&
	       mailbox_blame(e, stream_name(f->in.c->stream), &f->in.info);
}

static bool
read_set(struct fetch *f, size_t from, size_t to, struct err *e)
{
	const enum imap_status status = imap_await(f->in.c);

	imap_fetching_finish(&f->in);
	if (!f->in.is_over && status == IMAP_FAILED)
		return break_off(f, from, to, e);
	if (!f->in.is_over) {
		if (status != IMAP_NO && !imap_ok(f->in.c, status, ERR_PROTOCOL, e))
			return false;
		settle_set(f, from, to, status == IMAP_NO);
	}
	if (!f->in.is_over)
		return true;
	*e = f->in.why;
	return false;
}

static bool
fetch_sets(struct fetch *f, struct err *e)
{
	size_t ends[SETS_AHEAD], asked = 0, asked_sets = 0, done = 0;
	bool ok = true;

	for (size_t set = 0; ok; set++) {
		while (asked < f->in.count && asked_sets < set + SETS_AHEAD &&
		       f->refusals < REFUSALS_MAX) {
			asked = ask_set(f, asked);
			ends[asked_sets++ % SETS_AHEAD] = asked;
		}
		if (done == asked)
			break;
		ok = read_set(f, done, ends[set % SETS_AHEAD], e);
		done = ends[set % SETS_AHEAD];
	}
	return ok;
}

/* The remaining messages were left out or refused. */
static void
drop_done(struct fetch *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->in.count; i++)
		if (!f->in.wanted[i].is_done)
			f->in.wanted[kept++] = f->in.wanted[i];
	f->in.count = kept;
	f->in.next = 0;
	for (size_t i = 0; i < kept; i++)
		f->uids[i] = f->in.wanted[i].uid;
}

/*
 * Refused messages are requested again in smaller sets, down to one message each: one message that
 * the server cannot read does not hold up the others (RFC 9051 section 7.1 lets it refuse them
 * all). Messages that were left out are requested again as long as each request brings some of
 * them. BEFORE is the number of messages in the last request.
 */
static bool
is_asked_again(struct fetch *f, size_t before)
{
	const size_t most = f->in.count < f->set_messages ? f->in.count : f->set_messages;

	if (f->refused == 0 || f->refusals >= REFUSALS_MAX)
		return f->left_out > 0 && f->in.count < before;
	f->set_messages = most > SPLIT ? most / SPLIT : 1;
	return true;
}

static bool
fetch_all(struct fetch *f, struct err *e)
{
	size_t before;

	do {
		before = f->in.count;
		f->left_out = f->refused = 0;
		if (!fetch_sets(f, e))
			return false;
		drop_done(f);
	} while (is_asked_again(f, before));
	complain_of_missing(f, 0, f->in.count, f->in.count);
	if (f->in.is_over)
		*e = f->in.why;
	return !f->in.is_over;
}

/* A message to which the server gives no UID can't be asked for. */
static bool
leave_out_unnamed(struct fetch *f, const struct message_set *set)
{
	for (size_t i = 0; i < set->count && !f->in.is_over; i++) {
		if (imap_uid(f->in.list, set->index[i]) > 0)
			continue;
		imap_fetching_note(&f->in, set->index[i]);
		err_set(&f->in.why, ERR_NO_INPUT,
			"%s: message %" PRIu32 ": the server gives it no UID",
			stream_name(f->in.c->stream), f->in.info.number);
		imap_fetching_give_up(&f->in);
	}
	return !f->in.is_over;
}

static void
prepare(struct fetch *f, const struct message_set *set)
{
	f->in.wanted = mem_alloc(set->count * sizeof *f->in.wanted);
	f->uids = mem_alloc(set->count * sizeof *f->uids);
	for (size_t i = 0; i < set->count; i++) {
		const size_t index = set->index[i];

		if (imap_uid(f->in.list, index) > 0)
			f->in.wanted[f->in.count++] = (struct imap_wanted){
			    .uid = imap_uid(f->in.list, index), .index = index};
	}
	if (f->in.count > 0)
		qsort(f->in.wanted, f->in.count, sizeof *f->in.wanted, imap_fetching_compare);
	for (size_t i = 0; i < f->in.count; i++)
		f->uids[i] = f->in.wanted[i].uid;
}

bool
imap_fetch(void *conversation, const struct message_list *l, const struct message_set *set,
	   enum part part, const struct receiver *r, void *ctx, struct err *e)
{
	struct imap *c = conversation;
	struct fetch f = {.in = {.c = c, .list = l, .part = part, .receiver = r, .ctx = ctx},
			  .set_messages = IMAP_SET_MESSAGES};
	bool ok;

	prepare(&f, set);
	c->take = imap_fetching_take;
	c->take_ctx = &f.in;
	imap_begin_unordered(c);
	ok = leave_out_unnamed(&f, set) && fetch_all(&f, e);
	imap_end_unordered(c);
	if (f.in.is_over)
		*e = f.in.why;
	c->take = NULL;
	buf_free(&f.refusal);
	free(f.in.wanted);
	free(f.uids);
	return ok;
}
