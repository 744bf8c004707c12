/* SPDX-License-Identifier: ISC */
/*
 * Fetching messages, by UID FETCH of sets: many commands on the way, and each text poured into the
 * receiver as it comes. BODY.PEEK leaves \Seen as it is (RFC 9051 section 6.4.5).
 *
 * The server answers in any order, and leaves out messages that no longer exist.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "message/eol.h"
#include "message/receiver.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_refusal.h"
#include "proto/imap/imap_talk.h"

enum {
	REFUSALS_MAX = 8, /* in a row: the server gives nothing now */
	SPLIT = 8,        /* what was refused is asked for again in sets so much smaller */
};

struct wanted {
	uint32_t uid;
	size_t index; /* in the list */
	bool is_done; /* given to the receiver, or given up */
};

struct fetch {
	struct imap *c;
	const struct message_list *list;
	enum part part;
	const struct receiver *receiver;
	void *ctx;

	struct wanted *wanted; /* by UID, ascending */
	uint32_t *uids;        /* the same, for the sets */
	size_t count;
	size_t left_out;   /* of the sets, by a server that gives no more at once (RFC 9738) */
	size_t refused;    /* likewise, by one that refused a set: for one of its messages, maybe */
	unsigned refusals; /* in a row */
	struct buf refusal;  /* the last one's words */
	size_t set_messages; /* named by one command */
	size_t next;         /* where the next one that comes is likely to be */
	size_t first_listed;

	/* The message in hand. */
	struct wanted *current;
	struct message_info info;
	bool has_begun;
	bool is_whole;    /* its response is; whether the server means it, the next one shows */
	bool is_refused;  /* the receiver takes no more of it: its rest is dropped */
	bool has_content; /* more than line ends came of it */
	uint64_t octets;
	struct err why;
	bool is_broken; /* the receiver knows at which message the session broke */
	bool is_over;   /* the receiver ended the fetch, by `why` */
};

uint32_t
imap_uid(const struct message_list *l, size_t index)
{
	const char *uid = message_list_uid(l, index);
	uint64_t n;

	return uid && text_number(uid, UINT32_MAX, &n) ? (uint32_t)n : 0;
}

/* Which message it is. */

static int
compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* By its UID. Mostly they come in the order in which they were asked for. */
static struct wanted *
find_uid(struct fetch *f, uint32_t uid)
{
	const struct wanted key = {.uid = uid};

	if (f->next < f->count && f->wanted[f->next].uid == uid)
		return &f->wanted[f->next];
	return bsearch(&key, f->wanted, f->count, sizeof key, compare_wanted);
}

/* Finds the message by its number, for a server that names the UID after the text. The number is
 * right as long as no message was expunged. The UID is checked before the text is accepted. */
static struct wanted *
find_number(struct fetch *f, uint32_t number)
{
	for (size_t i = 0; imap_gone_since_list(f->c) == 0 && i < f->count; i++) {
		const size_t at = (f->next + i) % f->count;

		if (f->list->items[f->wanted[at].index].number == number)
			return &f->wanted[at];
	}
	return NULL;
}

/* Its text. */

static void
note_message(struct fetch *f, size_t index)
{
	const struct message_item *item = &f->list->items[index];

	f->info = (struct message_info){.index = index,
					.number = item->number,
					.uid = message_list_uid(f->list, index),
					.size = item->size};
}

static bool
begin(struct fetch *f, struct wanted *w)
{
	f->current = w;
	note_message(f, w->index);
	f->has_begun = true;
	f->has_content = false;
	f->octets = 0;
	f->is_refused = !f->receiver->begin(f->ctx, &f->info, &f->why);
	return true;
}

static void
give(struct fetch *f, const char *bytes, size_t n)
{
	f->has_content = f->has_content || eol_has_content(bytes, n);
	f->octets += n;
	if (!f->is_refused && n > 0)
		f->is_refused = !f->receiver->data(f->ctx, bytes, n, &f->why);
}

static bool
give_literal(struct fetch *f, uint64_t size)
{
	struct imap_token t;

	if (f->part != PART_WHOLE && size > IMAP_HEADER_MAX)
		return imap_breach(f->c, "a header without end");
	if (f->part == PART_WHOLE && size > mailbox_size_limit(f->info.size))
		return imap_breach(f->c, "a message that is far longer than the server announced");
	while (size > 0 && imap_next(f->c, &t)) {
		give(f, t.text, t.len);
		size -= t.len;
	}
	return size == 0;
}

struct response {
	struct fetch *fetch;
	uint32_t number;
};

/*
 * NIL means that the text does not exist (any more). An empty text means the same: servers answer
 * so for a message that is gone (RFC 2180 section 4.1) or broken. Only a request for single fields
 * may give an empty text; a whole header has at least its empty line.
 */
static bool
is_text(const struct fetch *f, const struct imap_token *t)
{
	const bool is_empty = t->kind == TOKEN_LITERAL ? t->size == 0 : t->len == 0;

	return (t->kind == TOKEN_LITERAL || t->kind == TOKEN_QUOTED) &&
	       !(is_empty && f->part != PART_FIELDS);
}

/* Empty lines alone are no message where the server announced more. */
static bool
is_empty(const struct fetch *f)
{
	return f->part == PART_WHOLE && !f->has_content && f->octets < f->info.size;
}

static bool
take_text(void *ctx, struct imap *c, const struct imap_fetched *fetched, const struct imap_token *t)
{
	const struct response *r = ctx;
	struct fetch *f = r->fetch;
	struct wanted *w = fetched->uid > 0 ? find_uid(f, fetched->uid) : find_number(f, r->number);
	const struct imap_token text = *t;

	if (!w || w->is_done || f->has_begun || f->is_over || !is_text(f, t))
		return imap_skip_value(c, t);
	if (t->kind == TOKEN_LITERAL)
		return begin(f, w) && give_literal(f, text.size);
	begin(f, w);
	give(f, text.text, text.len);
	return true;
}

static void
give_up(struct fetch *f)
{
	f->is_over = !f->receiver->abandon(f->ctx, &f->info, &f->why);
}

/* The session broke within the message in hand. */
static void
abandon_broken(struct fetch *f)
{
	f->is_broken = true;
	f->receiver->abandon(f->ctx, &f->info, NULL);
}

/* The response is whole. */
static void
finish_response(struct fetch *f, const struct imap_fetched *fetched)
{
	if (fetched->uid != f->current->uid) {
		abandon_broken(f);
		imap_breach(f->c, "a text that does not say whose it is");
		return;
	}
	f->current->is_done = true;
	f->next = (size_t)(f->current - f->wanted) + 1;
	f->is_whole = true;
}

/* Valid IMAP follows the response, so the message ended where its literal says. */
static void
finish_message(struct fetch *f)
{
	if (!f->is_whole)
		return;
	f->is_whole = false;
	if (!f->is_refused && is_empty(f)) {
		f->is_refused = true;
		err_set(&f->why, ERR_NO_INPUT, "%s: uid:%s: the server sent nothing of it",
			stream_name(f->c->stream), f->info.uid);
	}
	if (f->is_refused || !f->receiver->end(f->ctx, &f->why))
		give_up(f);
}

static bool
take(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	struct fetch *f = ctx;
	struct response r = {.fetch = f, .number = u->number};
	struct imap_fetched fetched = {0};
	bool ok;

	finish_message(f);
	if (!u->has_number || !text_equal_case(u->keyword, "FETCH"))
		return false;
	f->has_begun = false;
	ok = imap_read_fetch(c, &fetched, f->part, take_text, &r);
	if (!f->has_begun)
		return !ok;
	if (ok)
		finish_response(f, &fetched);
	else
		abandon_broken(f);
	f->has_begun = false;
	return true;
}

/* The sets. */

static size_t
ask_set(struct fetch *f, size_t from)
{
	static const char *const items[] = {
	    [PART_WHOLE] = "BODY.PEEK[]",
	    [PART_HEADER] = "BODY.PEEK[HEADER]",
	    [PART_FIELDS] = IMAP_FIELDS,
	};
	const size_t left = f->count - from;
	struct buf set = {0};
	const size_t most = left < f->set_messages ? left : f->set_messages;
	const size_t n =
	    imap_set_add(&set, f->uids + from, imap_set_messages(f->c, most), IMAP_SET_MAX);

	imap_ask(f->c, "UID FETCH %s (UID %s)", set.data, items[f->part]);
	buf_free(&set);
	return from + n;
}

/* In the server's words; REFUSED: of how many messages. */
static void
explain_refusal(struct fetch *f, size_t refused)
{
	const char *host = stream_name(f->c->stream);
	char *place = refused == 1 ? mem_printf("%s: uid:%s", host, f->info.uid) : mem_strdup(host);

	imap_refusal_set(&f->why, ERR_NO_INPUT, place, f->refusal.data);
	free(place);
	if (refused > 1)
		err_hint(&f->why, "that is about %zu messages, uid:%s is the first", refused,
			 f->info.uid);
}

/* The server left W out; REFUSED: it refused this many. */
static void
miss(struct fetch *f, struct wanted *w, size_t refused)
{
	w->is_done = true;
	note_message(f, w->index);
	if (refused > 0)
		explain_refusal(f, refused);
	else
		err_set(&f->why, ERR_NO_INPUT, "%s: uid:%s: the server does not give this message",
			stream_name(f->c->stream), f->info.uid);
	give_up(f);
}

/* A refusal is said once, of the first one. */
static void
complain_of_missing(struct fetch *f, size_t from, size_t to, size_t refused)
{
	for (size_t i = from; i < to && !f->is_over; i++) {
		if (f->wanted[i].is_done)
			continue;
		miss(f, &f->wanted[i], refused);
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
	return imap_code_is(&code, "EXPUNGEISSUED");
}

/* Messages that no longer exist are not requested again. */
static void
forget(struct fetch *f, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		f->wanted[i].is_done = true;
}

/* Behind the answer to the set FROM…TO. Somebody else may have deleted a message meanwhile. */
static void
settle_set(struct fetch *f, size_t from, size_t to, bool was_refused)
{
	size_t missing = 0;
	uint32_t last;

	for (size_t i = from; i < to; i++)
		missing += !f->wanted[i].is_done;
	f->refusals = was_refused && missing == to - from ? f->refusals + 1 : 0;
	if (was_refused || imap_was_limited(f->c, &last)) {
		buf_clear(&f->refusal);
		buf_add_str(&f->refusal, imap_refusal_words(f->c));
	}
	if (imap_was_limited(f->c, &last))
		f->left_out += missing;
	else if (was_expunged(f->c) || (!was_refused && missing <= imap_gone_since_list(f->c)))
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
	bool is_known = f->is_broken;

	imap_stream_ok(f->c, e);
	while (!is_known && from < to && f->wanted[from].is_done)
		from++;
	if (!is_known && from < to) {
		note_message(f, f->wanted[from].index);
		f->receiver->abandon(f->ctx, &f->info, NULL);
		is_known = true;
	}
	return is_known && stop_signal() == 0 &&
	       mailbox_blame(e, stream_name(f->c->stream), &f->info);
}

/* The last message came whole, unless the server then broke the protocol. */
static void
finish_at_end(struct fetch *f)
{
	struct err e;

	if (f->is_whole && !stream_ok(f->c->stream, &e) && e.code == ERR_PROTOCOL) {
		f->is_whole = false;
		abandon_broken(f);
	}
	finish_message(f);
}

static bool
read_set(struct fetch *f, size_t from, size_t to, struct err *e)
{
	const enum imap_status status = imap_await(f->c);

	finish_at_end(f);
	if (!f->is_over && status == IMAP_FAILED)
		return break_off(f, from, to, e);
	if (!f->is_over) {
		if (status != IMAP_NO && !imap_ok(f->c, status, ERR_PROTOCOL, e))
			return false;
		settle_set(f, from, to, status == IMAP_NO);
	}
	if (!f->is_over)
		return true;
	*e = f->why;
	return false;
}

static bool
fetch_sets(struct fetch *f, struct err *e)
{
	size_t ends[IMAP_SETS_AHEAD], asked = 0, asked_sets = 0, done = 0;
	bool ok = true;

	for (size_t set = 0; ok; set++) {
		while (asked < f->count && asked_sets < set + IMAP_SETS_AHEAD &&
		       f->refusals < REFUSALS_MAX) {
			asked = ask_set(f, asked);
			ends[asked_sets++ % IMAP_SETS_AHEAD] = asked;
		}
		if (done == asked)
			break;
		ok = read_set(f, done, ends[set % IMAP_SETS_AHEAD], e);
		done = ends[set % IMAP_SETS_AHEAD];
	}
	return ok;
}

/* The remaining messages were left out or refused. */
static void
drop_done(struct fetch *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++)
		if (!f->wanted[i].is_done)
			f->wanted[kept++] = f->wanted[i];
	f->count = kept;
	f->next = 0;
	for (size_t i = 0; i < kept; i++)
		f->uids[i] = f->wanted[i].uid;
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
	const size_t most = f->count < f->set_messages ? f->count : f->set_messages;

	if (f->refused == 0 || f->refusals >= REFUSALS_MAX)
		return f->left_out > 0 && f->count < before;
	f->set_messages = most > SPLIT ? most / SPLIT : 1;
	return true;
}

static bool
fetch_all(struct fetch *f, struct err *e)
{
	size_t before;

	do {
		before = f->count;
		f->left_out = f->refused = 0;
		if (!fetch_sets(f, e))
			return false;
		drop_done(f);
	} while (is_asked_again(f, before));
	complain_of_missing(f, 0, f->count, f->count);
	if (f->is_over)
		*e = f->why;
	return !f->is_over;
}

/* A message to which the server gives no UID can't be asked for. */
static bool
leave_out_unnamed(struct fetch *f, const struct message_set *set)
{
	for (size_t i = 0; i < set->count && !f->is_over; i++) {
		if (imap_uid(f->list, set->index[i]) > 0)
			continue;
		note_message(f, set->index[i]);
		err_set(&f->why, ERR_NO_INPUT,
			"%s: message %" PRIu32 ": the server gives it no UID",
			stream_name(f->c->stream), f->info.number);
		give_up(f);
	}
	return !f->is_over;
}

static void
prepare(struct fetch *f, const struct message_set *set)
{
	f->wanted = mem_alloc(set->count * sizeof *f->wanted);
	f->uids = mem_alloc(set->count * sizeof *f->uids);
	for (size_t i = 0; i < set->count; i++) {
		const size_t index = set->index[i];

		if (imap_uid(f->list, index) > 0)
			f->wanted[f->count++] =
			    (struct wanted){.uid = imap_uid(f->list, index), .index = index};
	}
	if (f->count > 0)
		qsort(f->wanted, f->count, sizeof *f->wanted, compare_wanted);
	for (size_t i = 0; i < f->count; i++)
		f->uids[i] = f->wanted[i].uid;
}

bool
imap_fetch(void *conversation, const struct message_list *l, const struct message_set *set,
	   enum part part, const struct receiver *r, void *ctx, struct err *e)
{
	struct imap *c = conversation;
	struct fetch f = {.c = c,
			  .list = l,
			  .part = part,
			  .receiver = r,
			  .ctx = ctx,
			  .set_messages = IMAP_SET_MESSAGES};
	bool ok;

	prepare(&f, set);
	c->take = take;
	c->take_ctx = &f;
	imap_begin_unordered(c);
	ok = leave_out_unnamed(&f, set) && fetch_all(&f, e);
	imap_end_unordered(c);
	if (f.is_over)
		*e = f.why;
	c->take = NULL;
	buf_free(&f.refusal);
	free(f.wanted);
	free(f.uids);
	return ok;
}
