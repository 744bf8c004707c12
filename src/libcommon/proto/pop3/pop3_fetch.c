/* SPDX-License-Identifier: ISC */
/* pop3_fetch - messages, or their headers, into a receiver. */
#include <inttypes.h>
#include <string.h>

#include "base/stop.h"
#include "base/trace.h"
#include "message/eol.h"
#include "message/receiver.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/pop3/pop3_talk.h"

enum {
	TOP_MAX = 64 * 1024 * 1024 /* some servers answer TOP with the whole message */
};

struct fetch {
	struct pop3 *c;
	enum part part;
	const struct receiver *receiver;
	void *ctx;
	struct message_info info;
	uint64_t octets;  /* of it, as they came */
	uint64_t content; /* likewise, without what the protocol adds */
	uint64_t next;    /* as announced of the one asked for after it; 0: not known */
	uint64_t before;  /* and before it */
	bool has_content; /* some of them are more than line ends */
	bool is_whole; /* its lone dot has come; whether that was its end, the next answer shows */
	bool is_refused; /* the receiver takes no more of this message: its rest is dropped */
	bool is_inexact; /* the server's sizes are not those of its messages, and say nothing */
	bool is_out_of_step;
	struct err why;
};

static bool
give(void *ctx, const char *bytes, size_t n)
{
	struct fetch *f = ctx;

	f->has_content = f->has_content || eol_has_content(bytes, n);
	f->content += n;
	if (!f->is_refused)
		f->is_refused = !f->receiver->data(f->ctx, bytes, n, &f->why);
	return true;
}

/* A fast server never makes us wait, and waiting is where a signal is noticed otherwise. */
static void
notice_signal(struct pop3 *c)
{
	if (stop_signal() != 0)
		stream_fail(c->stream, ERR_TEMPORARY, "interrupted");
}

static void
check_size(struct fetch *f)
{
	if (f->part != PART_WHOLE && f->octets > TOP_MAX)
		stream_fail(f->c->stream, ERR_PROTOCOL, "a header without end");
	else if (f->part == PART_WHOLE && f->octets > mailbox_size_limit(f->info.size))
		stream_fail(f->c->stream, ERR_PROTOCOL,
			    "message %" PRIu32 " does not end: the server announced %" PRIu64
			    " octets",
			    f->info.number, f->info.size);
}

/* The lines up to the lone dot, into the receiver. False: the stream failed. */
static bool
read_body(struct fetch *f)
{
	struct eol_undot undot = {.bare_lf = stream_line_was_bare(f->c->stream)};
	const char *block;
	size_t n, used;
	bool done = false;

	f->octets = f->content = 0;
	f->has_content = false;
	while (!done && (block = stream_block(f->c->stream, &n))) {
		eol_undot(&undot, block, n, &used, &done, give, f);
		stream_consume(f->c->stream, used);
		f->octets += used;
		check_size(f);
		if (!done)
			notice_signal(f->c);
	}
	if (done)
		trace_note(TRACE_PROTOCOL, "%" PRIu64 " octets of message %" PRIu32, f->octets,
			   f->info.number);
	return done && stream_ok(f->c->stream, &(struct err){0});
}

/* True: go on with the next message. */
static bool
give_up(struct fetch *f, struct err *e)
{
	if (f->receiver->abandon(f->ctx, &f->info, &f->why))
		return true;
	*e = f->why;
	return false;
}

/* TOP is optional (RFC 1939 section 7), and not every server that has it lists it: only its refusal
 * tells. It would be the same for each message, so the fetch ends. */
static bool
has_no_top(struct fetch *f, struct err *e)
{
	f->receiver->abandon(f->ctx, &f->info, NULL);
	err_set(e, ERR_UNAVAILABLE, "%s: no header without TOP: %s", stream_name(f->c->stream),
		f->c->words.data);
	return false;
}

/* An empty answer is not a message, nor is one of empty lines alone if the server announced more. A
 * request for the displayed fields alone may give an empty answer. */
static bool
is_empty(const struct fetch *f)
{
	enum { LONE_DOT = 3 };

	return f->part != PART_FIELDS && !f->has_content &&
	       (f->octets <= LONE_DOT || f->octets < f->info.size);
}

/* The session broke. *E names the message at which it did, for whoever can do without it. */
static bool
break_off(struct fetch *f, struct err *e)
{
	f->receiver->abandon(f->ctx, &f->info, NULL);
	pop3_refused(f->c, ERR_PROTOCOL, e);
	if (f->is_out_of_step)
		err_hint(e, "--pipelining=no asks for one message after the other");
	return stop_signal() == 0 && mailbox_blame(e, stream_name(f->c->stream), &f->info);
}

/*
 * POP3 answers do not say which message they are about: they are told by their order. A server that
 * leaves one out of a flight, or gives one too many, gives each message in another one's place. The
 * octets tell: a message that has not as many as announced, but as many as its neighbour. A server
 * whose sizes are wrong, as those of some are by a few octets, can hit one by chance: once a
 * message has neither size, they are no longer compared. Nothing at all is another error. True: the
 * stream has failed.
 */
static bool
is_out_of_step(struct fetch *f)
{
	const bool is_known = f->part == PART_WHOLE && f->info.size > 0 && f->content > 0;

	if (!f->is_whole || !is_known || f->content == f->info.size)
		return false;
	if (f->content != f->next && f->content != f->before)
		f->is_inexact = true;
	f->is_out_of_step = !f->is_inexact && f->c->features.pipelining;
	if (f->is_out_of_step)
		stream_fail(f->c->stream, ERR_PROTOCOL,
			    "message %" PRIu32 " has not %" PRIu64
			    " octets, as announced, but %" PRIu64
			    ", as the one %s it: an answer is missing or too much",
			    f->info.number, f->info.size, f->content,
			    f->content == f->next ? "after" : "before");
	return f->is_out_of_step;
}

/* The answer after the message is in step, so the lone dot was the end of the message. */
static bool
finish(struct fetch *f, struct err *e)
{
	if (!f->is_whole)
		return true;
	f->is_whole = false;
	if (!f->is_refused && is_empty(f)) {
		f->is_refused = true;
		err_set(&f->why, ERR_NO_INPUT,
			"%s: message %" PRIu32 ": the server sent nothing of it",
			stream_name(f->c->stream), f->info.number);
	}
	if (!f->is_refused && f->receiver->end(f->ctx, &f->why))
		return true;
	return give_up(f, e);
}

static bool
read_message(struct fetch *f, struct err *e)
{
	f->is_refused = !f->receiver->begin(f->ctx, &f->info, &f->why);
	f->is_whole = read_body(f);
	return f->is_whole || break_off(f, e);
}

static bool
fetch_one(struct fetch *f, const struct message_info *info, struct err *e)
{
	const enum pop3_status status = pop3_await(f->c);

	if (f->is_whole && (status == POP3_CHALLENGE || status == POP3_FAILED || is_out_of_step(f)))
		return break_off(f, e);
	if (!finish(f, e))
		return false;
	f->info = *info;
	notice_signal(f->c); /* one may have come while the message before was delivered */
	if (!stream_ok(f->c->stream, e))
		return stop_signal() == 0 ? break_off(f, e) : false;
	switch (status) {
	case POP3_OK:
		return read_message(f, e);
	case POP3_ERR:
		if (f->part != PART_WHOLE && !f->c->features.top)
			return has_no_top(f, e);
		pop3_refused(f->c, ERR_NO_INPUT, &f->why);
		return give_up(f, e);
	case POP3_CHALLENGE:
	case POP3_FAILED:
		break;
	}
	return break_off(f, e);
}

static void
ask_message(struct pop3 *c, uint32_t number, enum part part)
{
	if (part != PART_WHOLE) {
		dialog_ask(c->dialog, "TOP %" PRIu32 " 0", number);
		return;
	}
	dialog_ask(c->dialog, "RETR %" PRIu32, number);
	c->has_retrieved = true;
}

/*
 * The last message has no answer after it that could show whether its lone dot was its end. So a
 * NOOP goes in the same flight. A message that is only displayed needs no such proof.
 */
static void
ask_proof(struct pop3 *c, enum part part)
{
	if (part != PART_FIELDS)
		dialog_ask(c->dialog, "NOOP");
}

static bool
finish_last(struct fetch *f, struct err *e)
{
	if (f->part != PART_FIELDS) {
		const enum pop3_status status = pop3_await(f->c);

		if (status == POP3_CHALLENGE)
			stream_fail(f->c->stream, ERR_PROTOCOL, "not an answer to NOOP: %s",
				    f->c->words.data);
		else if (status != POP3_FAILED && stream_has_input(f->c->stream))
			stream_fail(f->c->stream, ERR_PROTOCOL,
				    "the server says more than it was asked");
	}
	if (is_out_of_step(f) || !stream_ok(f->c->stream, e))
		return f->is_whole ? break_off(f, e) : false;
	return finish(f, e);
}

/* As announced; 0: not known. */
static uint64_t
size_at(const struct message_list *l, const struct message_set *set, size_t i)
{
	return i < set->count ? l->items[set->index[i]].size : 0;
}

bool
pop3_fetch(void *conversation, const struct message_list *l, const struct message_set *set,
	   enum part part, const struct receiver *r, void *ctx, struct err *e)
{
	struct pop3 *c = conversation;
	struct fetch f = {.c = c, .part = part, .receiver = r, .ctx = ctx};
	size_t asked = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct message_info info = message_list_info(l, set->index[i]);

		for (; asked < set->count && asked < i + POP3_ASK_AHEAD; asked++) {
			ask_message(c, l->items[set->index[asked]].number, part);
			if (asked + 1 == set->count)
				ask_proof(c, part);
		}
		notice_signal(c);
		if (!fetch_one(&f, &info, e))
			return false;
		f.next = size_at(l, set, i + 1);
		f.before = i > 0 ? size_at(l, set, i - 1) : 0;
	}
	return set->count == 0 || finish_last(&f, e);
}
