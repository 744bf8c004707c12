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
	bool is_refused; /* the receiver takes no more of this message: its rest is dropped */
	struct err why;
};

static bool
give(void *ctx, const char *bytes, size_t n)
{
	struct fetch *f = ctx;

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

/* The lines up to the lone dot, into the receiver. False: the stream failed. */
static bool
read_body(struct fetch *f)
{
	struct eol_undot undot = {.bare_lf = stream_line_was_bare(f->c->stream)};
	const char *block;
	size_t n, used;
	uint64_t octets = 0;
	bool done = false;

	while (!done && (block = stream_block(f->c->stream, &n))) {
		eol_undot(&undot, block, n, &used, &done, give, f);
		stream_consume(f->c->stream, used);
		octets += used;
		if (f->part != PART_WHOLE && octets > TOP_MAX)
			stream_fail(f->c->stream, ERR_PROTOCOL, "a header without end");
		if (!done)
			notice_signal(f->c);
	}
	if (done)
		trace_note(TRACE_PROTOCOL, "%" PRIu64 " octets of message %" PRIu32, octets,
			   f->info.number);
	return done;
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

static bool
fetch_one(struct fetch *f, struct err *e)
{
	const struct receiver *r = f->receiver;

	switch (pop3_await(f->c)) {
	case POP3_OK:
		f->is_refused = !r->begin(f->ctx, &f->info, &f->why);
		if (!read_body(f))
			break;
		if (!f->is_refused && r->end(f->ctx, &f->why))
			return true;
		return give_up(f, e);
	case POP3_ERR:
		if (f->part != PART_WHOLE && !f->c->features.top)
			return has_no_top(f, e);
		pop3_refused(f->c, ERR_NO_INPUT, &f->why);
		return give_up(f, e);
	case POP3_CHALLENGE:
	case POP3_FAILED:
		break;
	}
	r->abandon(f->ctx, &f->info, NULL);
	return pop3_refused(f->c, ERR_PROTOCOL, e);
}

static void
ask_message(struct pop3 *c, uint32_t number, enum part part)
{
	if (part != PART_WHOLE)
		dialog_ask(c->dialog, "TOP %" PRIu32 " 0", number);
	else
		dialog_ask(c->dialog, "RETR %" PRIu32, number);
}

/* All answers are read: what stands there now shows that they were not the answers to what was
 * asked. */
static bool
check_in_step(struct pop3 *c, struct err *e)
{
	if (!stream_has_input(c->stream))
		return true;
	stream_fail(c->stream, ERR_PROTOCOL, "the server says more than it was asked");
	return stream_ok(c->stream, e);
}

bool
pop3_fetch(void *conversation, const struct message_list *l, const struct message_set *set,
	   enum part part, const struct receiver *r, void *ctx, struct err *e)
{
	struct pop3 *c = conversation;
	size_t asked = 0;

	for (size_t i = 0; i < set->count; i++) {
		const size_t index = set->index[i];
		struct fetch f = {.c = c,
				  .part = part,
				  .receiver = r,
				  .ctx = ctx,
				  .info = {.index = index,
					   .number = l->items[index].number,
					   .uid = message_list_uid(l, index),
					   .size = l->items[index].size}};

		for (; asked < set->count && asked < i + POP3_ASK_AHEAD; asked++)
			ask_message(c, l->items[set->index[asked]].number, part);
		notice_signal(c);
		if (!fetch_one(&f, e))
			return false;
	}
	return check_in_step(c, e);
}
