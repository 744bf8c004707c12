/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_fetching.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/text.h"
#include "message/eol.h"
#include "net/stream.h"
#include "proto/imap/imap_fetched.h"
#include "proto/imap/imap_talk.h"

/* Identifying the message. */

int
imap_fetching_compare(const void *a, const void *b)
{
	const struct imap_wanted *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* By its UID. Mostly they come in the order in which they were asked for. */
static struct imap_wanted *
find_uid(struct imap_fetching *f, uint32_t uid)
{
	const struct imap_wanted key = {.uid = uid};

	if (f->next < f->count && f->wanted[f->next].uid == uid)
		return &f->wanted[f->next];
	return bsearch(&key, f->wanted, f->count, sizeof key, imap_fetching_compare);
}

/* Finds the message by its number, for a server that names the UID after the text. The number is
 * right as long as no message was expunged. The UID is checked before the text is accepted. */
static struct imap_wanted *
find_number(struct imap_fetching *f, uint32_t number)
{
	for (size_t i = 0; imap_gone_since_list(f->c) == 0 && i < f->count; i++) {
		const size_t at = (f->next + i) % f->count;

		if (f->list->items[f->wanted[at].index].number == number)
			return &f->wanted[at];
	}
	return NULL;
}

/* Its text. */

void
imap_fetching_note(struct imap_fetching *f, size_t index)
{
	f->info = message_list_info(f->list, index);
}

static bool
begin(struct imap_fetching *f, struct imap_wanted *w)
{
	f->current = w;
	imap_fetching_note(f, w->index);
	f->has_begun = true;
	f->has_content = false;
	f->octets = 0;
	f->is_refused = !f->receiver->begin(f->ctx, &f->info, &f->why);
	return true;
}

static void
give(struct imap_fetching *f, const char *bytes, size_t n)
{
	f->has_content = f->has_content || eol_has_content(bytes, n);
	f->octets += n;
	if (!f->is_refused && n > 0)
		f->is_refused = !f->receiver->data(f->ctx, bytes, n, &f->why);
}

static bool
give_literal(struct imap_fetching *f, uint64_t size)
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
	struct imap_fetching *fetch;
	uint32_t number;
};

/*
 * NIL means that the text does not exist (any more). An empty text means the same: servers answer
 * so for a message that is gone (RFC 2180 section 4.1) or broken. Only a request for single fields
 * may give an empty text; a whole header has at least its empty line.
 */
static bool
is_text(const struct imap_fetching *f, const struct imap_token *t)
{
	const bool is_empty = t->kind == TOKEN_LITERAL ? t->size == 0 : t->len == 0;

	return (t->kind == TOKEN_LITERAL || t->kind == TOKEN_QUOTED) &&
	       !(is_empty && f->part != PART_FIELDS);
}

/* Empty lines alone are no message where the server announced more. */
static bool
is_empty(const struct imap_fetching *f)
{
	return f->part == PART_WHOLE && !f->has_content && f->octets < f->info.size;
}

static bool
take_text(void *ctx, struct imap *c, const struct imap_fetched *fetched, const struct imap_token *t)
{
	const struct response *r = ctx;
	struct imap_fetching *f = r->fetch;
	struct imap_wanted *w =
	    fetched->uid > 0 ? find_uid(f, fetched->uid) : find_number(f, r->number);
	const struct imap_token text = *t;

	if (!w || w->is_done || f->has_begun || f->is_over || !is_text(f, t))
		return imap_skip_value(c, t);
	if (t->kind == TOKEN_LITERAL)
		return begin(f, w) && give_literal(f, text.size);
	begin(f, w);
	give(f, text.text, text.len);
	return true;
}

void
imap_fetching_give_up(struct imap_fetching *f)
{
	f->is_over = !f->receiver->abandon(f->ctx, &f->info, &f->why);
}

/* The session broke within the message in hand. */
static void
abandon_broken(struct imap_fetching *f)
{
	f->is_broken = true;
	f->receiver->abandon(f->ctx, &f->info, NULL);
}

/* The response is whole. */
static void
finish_response(struct imap_fetching *f, const struct imap_fetched *fetched)
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
finish_message(struct imap_fetching *f)
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
		imap_fetching_give_up(f);
}

bool
imap_fetching_take(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	struct imap_fetching *f = ctx;
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

void
imap_fetching_finish(struct imap_fetching *f)
{
	struct err e;

	if (f->is_whole && !stream_ok(f->c->stream, &e) && e.code == ERR_PROTOCOL) {
		f->is_whole = false;
		abandon_broken(f);
	}
	finish_message(f);
}
