/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_search.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_query.h"
#include "proto/imap/imap_select.h"
#include "proto/imap/imap_talk.h"

enum { REPEATS_MAX = 1000 };

/* The messages found, as ranges: "1:4294967295" is as small as it is written. */
struct finding {
	struct imap_range *ranges;
	size_t count;
	size_t max; /* more are no messages of this folder */
};

static bool
add_range(struct finding *f, struct imap *c, struct imap_range range)
{
	if (range.from == 0)
		return imap_breach(c, "a search that finds UID 0");
	if (f->count == f->max)
		return imap_breach(c, "a search that finds more messages than there are");
	f->ranges = mem_room(f->ranges, f->count, sizeof *f->ranges);
	f->ranges[f->count++] = range;
	return true;
}

/* 2,4:7 */
static bool
add_set(struct finding *f, struct imap *c, const char *set, size_t len)
{
	const char *const end = set + len;

	while (set < end) {
		struct imap_range range;

		if (!imap_set_next(&set, end, &range))
			return imap_breach(c, "a search result that is not a UID");
		if (!add_range(f, c, range))
			return false;
	}
	return true;
}

static bool
take_search(struct finding *f, struct imap *c)
{
	struct imap_token t;
	uint32_t uid;

	while (imap_next(c, &t)) {
		if (!imap_number(&t, &uid))
			return imap_skip_value(c, &t); /* (MODSEQ …), RFC 7162 section 3.1.5 */
		if (!add_range(f, c, (struct imap_range){uid, uid}))
			return false;
	}
	return true;
}

/* (TAG "a7"), after its parenthesis: is it the search that is awaited? */
static bool
is_awaited(struct imap *c)
{
	struct imap_token t;
	char tag[16];

	snprintf(tag, sizeof tag, "a%u", c->tags.awaited);
	return imap_next(c, &t) && imap_is(&t, "TAG") && imap_next(c, &t) &&
	       text_equal_n(t.text, t.len, tag) && imap_next(c, &t) && t.kind == TOKEN_CLOSE;
}

/* (TAG "a7") UID ALL 2,4:7 and whatever else is returned: names, each with a value. The result of
 * another search is none of ours (RFC 4731 section 3.1). */
static bool
take_esearch(struct finding *f, struct imap *c)
{
	struct imap_token t;
	bool has_uids = false;

	while (imap_next(c, &t)) {
		if (t.kind == TOKEN_OPEN) {
			if (!is_awaited(c))
				return true;
		} else if (imap_is(&t, "UID")) {
			has_uids = true;
		} else if (!imap_is(&t, "ALL")) {
			imap_skip_value(c, &t);
		} else if (!has_uids) {
			return imap_breach(c, "a search result without UIDs");
		} else if (!imap_next(c, &t) || !add_set(f, c, t.text, t.len)) {
			return true;
		}
	}
	return true;
}

static bool
take(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	if (text_equal_case(u->keyword, "SEARCH"))
		return take_search(ctx, c);
	return text_equal_case(u->keyword, "ESEARCH") && take_esearch(ctx, c);
}

/* The first line has the tag, the others go on after a literal. */
static void
ask_line(struct imap *c, struct buf *line, bool is_first)
{
	if (is_first)
		imap_ask(c, "UID SEARCH %s", line->data);
	else
		dialog_ask(c->dialog, "%s", line->data);
	buf_clear(line);
}

/* BELOW: of UIDs less than this alone; 0: of all. */
static enum imap_status
say(struct imap *c, const struct imap_query *s, uint32_t below)
{
	enum imap_status status = IMAP_CONTINUE;
	struct buf line = {0};
	bool is_first = true;

	for (size_t i = 0; i < s->count && status == IMAP_CONTINUE; i++) {
		const struct imap_piece *piece = &s->pieces[i];

		if (piece->is_literal) {
			buf_addf(&line, "{%zu%s}", piece->len, imap_literal_sign(c, piece->len));
			ask_line(c, &line, is_first);
			is_first = false;
			status = imap_await_literal(c, piece->len);
		}
		buf_add(&line, piece->bytes, piece->len);
	}
	if (below > 0)
		buf_addf(&line, " UID 1:%" PRIu32, below - 1);
	if (status == IMAP_CONTINUE) {
		ask_line(c, &line, is_first);
		status = imap_await_last(c);
	}
	buf_free(&line);
	return status;
}

/* A server that looks at no more than so many messages at once begins with the highest UID, and
 * says how far down it came (RFC 9738). */
static bool
search(struct imap *c, const struct imap_query *s, size_t messages, struct err *e)
{
	uint32_t below = 0, last = 0;

	for (size_t pieces = 0;; pieces++) {
		if (!imap_ok(c, say(c, s, below), ERR_UNAVAILABLE, e))
			return false;
		if (!imap_was_limited(c, &last) || last == 1)
			return true;
		if (last == 0 || (below > 0 && last >= below) || pieces > messages)
			return imap_refused(c, ERR_UNAVAILABLE, e);
		below = last;
	}
}

static void
add_found(const struct finding *f, const struct message_list *l, struct message_set *found)
{
	for (size_t i = 0; i < l->count; i++)
		if (imap_ranges_have(f->ranges, f->count, imap_uid(l, i)))
			message_set_add(found, i);
}

/* F is arranged. False: *e. F->ranges is the caller's to free() in any case. */
static bool
find(struct imap *c, const char *query, struct finding *f, struct err *e)
{
	struct imap_query s;
	bool ok;

	if (!imap_query_parse(&s, query, time(NULL), c->stage.is_utf8, e))
		return false;
	c->take = take;
	c->take_ctx = f;
	ok = search(c, &s, f->max, e);
	c->take = NULL;
	imap_query_free(&s);
	if (ok)
		f->count = imap_ranges_arrange(f->ranges, f->count);
	return ok;
}

bool
imap_find(void *conversation, const struct message_list *l, const char *query,
	  struct message_set *found, struct err *e)
{
	struct finding f = {.max = l->count + REPEATS_MAX};
	const bool ok = find(conversation, query, &f, e);

	if (ok)
		add_found(&f, l, found);
	free(f.ranges);
	return ok;
}

/* A range may name UIDs that no message has. */
static bool
has_ranges(const struct finding *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->ranges[i].from != f->ranges[i].to)
			return true;
	return false;
}

static void
list_found(const struct finding *f, struct message_list *l)
{
	l->has_uids = true;
	l->items = f->count > 0 ? mem_alloc(f->count * sizeof *l->items) : NULL;
	for (; l->count < f->count; l->count++) {
		l->items[l->count] = (struct message_item){.uid = l->uids.len};
		buf_addf(&l->uids, "%" PRIu32, f->ranges[l->count].from);
		buf_add_char(&l->uids, '\0');
	}
}

bool
imap_list_found(void *conversation, const char *query, struct message_list *l, bool *is_listed,
		struct err *e)
{
	struct imap *c = conversation;
	struct finding f = {0};
	bool ok = imap_ask_folder(c, e) && imap_await_folder(c, e);

	f.max = (size_t)c->folder.exists + REPEATS_MAX;
	ok = ok && find(c, query, &f, e);
	*is_listed = ok && !has_ranges(&f);
	if (*is_listed)
		list_found(&f, l);
	free(f.ranges);
	return ok;
}
