/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_messages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/stream.h"
#include "proto/imap/imap_fetched.h"
#include "proto/imap/imap_listing.h"
#include "proto/imap/imap_select.h"
#include "proto/imap/imap_spans.h"
#include "proto/imap/imap_talk.h"

enum { GAPS_MAX = 16 };

static bool
wants_sizes(const struct imap_listing *x)
{
	return (x->want & WANT_SIZES) != 0;
}

static void
add_set(struct buf *command, const struct imap_listing *x)
{
	if (x->only) {
		buf_add_str(command, "FETCH ");
		imap_spans_add(command, x->only);
		return;
	}
	buf_addf(command, "UID FETCH %" PRIu32 ":", x->from);
	if (x->to < UINT32_MAX)
		buf_addf(command, "%" PRIu32, x->to);
	else
		buf_add_char(command, '*');
}

static void
ask_list(struct imap *c, struct imap_listing *x)
{
	struct buf command = {0};

	add_set(&command, x);
	x->lowest = UINT32_MAX;
	x->highest = 0;
	imap_ask(c, "%s (UID%s%s%s)", command.data, wants_sizes(x) ? " RFC822.SIZE" : "",
		 x->want & WANT_FLAGS ? " FLAGS" : "", x->headed ? " " IMAP_FIELDS : "");
	buf_free(&command);
}

/* Some servers refuse to list a folder in which there is nothing. */
static bool
read_piece(struct imap *c, struct imap_listing *x, struct err *e)
{
	enum imap_status status;

	status = imap_await_data(c, imap_listing_take, x);
	buf_free(&x->flags);
	buf_free(&x->header);
	if ((status == IMAP_NO || status == IMAP_BAD) && c->folder.exists == 0)
		status = IMAP_OK;
	return imap_ok(c, status, ERR_UNAVAILABLE, e);
}

/*
 * Finds the rest of the list on a server that limits the messages per answer (RFC 9738; Yahoo): it
 * begins with the highest and says how far down it came; the other direction works too. True: the
 * rest has to be requested. *OK false: the rest cannot be determined, see *e.
 */
static bool
has_rest(struct imap *c, struct imap_listing *x, bool *ok, struct err *e)
{
	uint32_t last;

	if (!imap_was_limited(c, &last))
		return false;
	last = last > 0 ? last : x->lowest;
	if (x->highest > 0 && last <= x->lowest) {
		x->to = last - 1;
	} else if (x->highest > 0 && last >= x->highest && last < x->to) {
		x->from = last + 1;
	} else {
		*ok = imap_refused(c, ERR_TEMPORARY, e);
		return false;
	}
	return x->from <= x->to;
}

static bool
read_list(struct imap *c, struct imap_listing *x, struct err *e)
{
	bool ok = read_piece(c, x, e);

	while (ok && has_rest(c, x, &ok, e)) {
		ask_list(c, x);
		ok = read_piece(c, x, e);
	}
	c->folder.listed_expunged = c->folder.expunged;
	return ok && imap_listing_arrange(c, x, e);
}

static bool
list_from(struct imap *c, struct imap_listing *x, struct err *e)
{
	const bool was_selected = c->folder.is_selected;
	bool ok;

	x->list->has_uids = true;
	x->list->has_sizes = wants_sizes(x);
	if (!imap_ask_folder(c, e))
		return false;
	if (was_selected)
		imap_start_count(c);
	ask_list(c, x);
	if (!imap_await_folder(c, e)) {
		if (!was_selected && stream_ok(c->stream, &(struct err){0}))
			imap_await(c); /* the list's refusal says nothing more */
		return false;
	}
	ok = read_list(c, x, e);
	imap_listing_free(x);
	return ok;
}

/* Adds the numbers up to TOTAL that the list lacks, as messages without a UID. */
static void
fill_gaps(struct message_list *l, uint32_t total)
{
	struct message_item *items = mem_grow(NULL, (size_t)total + l->count, sizeof *items);
	size_t at = 0, count = 0;

	for (uint32_t number = 1; number <= total || at < l->count; number++)
		if (at < l->count && (number > total || l->items[at].number <= number))
			items[count++] = l->items[at++];
		else
			items[count++] =
			    (struct message_item){.number = number, .uid = MESSAGE_NONE};
	free(l->items);
	l->items = items;
	l->count = count;
}

/* How many messages the list must have. */
static uint32_t
total_of(const struct imap *c)
{
	const struct imap_folder *f = &c->folder;

	return f->existed > f->expunged ? f->existed - f->expunged : 0;
}

/* A few of many messages that the server says exist and does not list are odd ones, which must not
 * keep the others from being served: they are listed without a UID. */
static void
fill_few_gaps(const struct imap *c, struct message_list *l)
{
	const uint32_t total = total_of(c);

	if (l->count < total && total - l->count <= GAPS_MAX && total - l->count < l->count)
		fill_gaps(l, total);
}

/* A caller that took a shorter list as complete would forget messages that it has, and fetch them
 * again. */
static bool
check_is_whole(const struct imap *c, const struct message_list *l, struct err *e)
{
	return l->count >= total_of(c) ||
	       err_set(e, ERR_TEMPORARY, "%s: of %" PRIu32 " messages the server lists %zu",
		       stream_name(c->stream), c->folder.existed, l->count);
}

bool
imap_list(void *conversation, unsigned want, struct message_list *l, struct err *e)
{
	struct imap *c = conversation;
	struct imap_listing x = {.list = l, .want = want, .from = 1, .to = UINT32_MAX};

	if (!list_from(c, &x, e))
		return false;
	fill_few_gaps(c, l);
	return check_is_whole(c, l, e);
}

bool
imap_list_headers(void *conversation, unsigned want, struct message_list *l, message_headed headed,
		  void *ctx, struct err *e)
{
	struct imap *c = conversation;
	struct imap_listing x = {.list = l,
				 .want = want,
				 .from = 1,
				 .to = UINT32_MAX,
				 .headed = headed,
				 .headed_ctx = ctx};

	return list_from(c, &x, e) && check_is_whole(c, l, e);
}

/* Some messages, by number. */

/* A refusal, a limit or a gap: somebody else deleted one of them meanwhile (RFC 2180 section 4.1),
 * or the server counts otherwise. */
static bool
read_some(struct imap *c, struct imap_listing *x, bool *is_complete, struct err *e)
{
	const uint32_t expunged = c->folder.expunged;
	const enum imap_status status = imap_await_data(c, imap_listing_take, x);
	uint32_t last;

	buf_free(&x->flags);
	buf_free(&x->header);
	*is_complete = status == IMAP_OK && !imap_was_limited(c, &last) &&
		       x->list->count + (c->folder.expunged - expunged) >= x->only->messages;
	c->folder.listed_expunged = c->folder.expunged;
	if (status != IMAP_NO && status != IMAP_BAD && !imap_ok(c, status, ERR_UNAVAILABLE, e))
		return false;
	return imap_listing_arrange(c, x, e);
}

static bool
list_numbers(struct imap *c, struct imap_listing *x, enum mailbox_listed *listed, struct err *e)
{
	struct message_list *l = x->list;
	bool is_complete = true, ok = true;

	*listed = x->headed ? LISTED_HEADED : LISTED_SOME;
	l->has_uids = true;
	l->has_sizes = wants_sizes(x);
	if (x->only->messages > 0) {
		ask_list(c, x);
		ok = read_some(c, x, &is_complete, e);
	}
	imap_listing_free(x);
	if (!ok || is_complete)
		return ok;
	if (*listed == LISTED_HEADED && l->count > 0)
		return err_set(e, ERR_TEMPORARY, "%s: of %" PRIu32 " messages the server lists %zu",
			       stream_name(c->stream), x->only->messages, l->count);
	message_list_free(l);
	*listed = LISTED_WHOLE;
	return imap_list(c, x->want, l, e);
}

/* Is it worth a command of its own, and can it be asked for by one? */
static bool
is_small(const struct imap *c, const struct imap_spans *s)
{
	struct buf set = {0};
	bool is_short;

	imap_spans_add(&set, s);
	is_short = set.len <= IMAP_SET_MAX;
	buf_free(&set);
	return is_short && s->messages < c->folder.exists &&
	       (c->capabilities.message_limit == 0 || s->messages <= c->capabilities.message_limit);
}

bool
imap_list_some(void *conversation, unsigned want, const struct mailbox_some *some,
	       struct message_list *l, enum mailbox_listed *listed, struct err *e)
{
	struct imap *c = conversation;
	struct imap_spans only;
	struct imap_listing x = {.list = l, .want = want, .only = &only, .headed_ctx = some->ctx};
	bool ok;

	if (!imap_ask_folder(c, e) || !imap_await_folder(c, e))
		return false;
	imap_spans_make(&only, some->spans, some->count, c->folder.exists);
	x.headed = only.messages <= IMAP_SET_MESSAGES ? some->headed : NULL;
	*listed = LISTED_WHOLE;
	ok = is_small(c, &only) ? list_numbers(c, &x, listed, e) : imap_list(c, want, l, e);
	imap_spans_free(&only);
	return ok;
}

/* New messages since the mark: "UIDVALIDITY UID", where UID is the last one of the listing. */

struct mark {
	uint64_t validity;
	uint32_t uid;
};

static bool
parse_mark(const char *text, struct mark *m)
{
	const char *blank = strchr(text, ' ');
	uint64_t validity, uid;

	if (!blank || !text_number_n(text, (size_t)(blank - text), UINT64_MAX, &validity) ||
	    !text_number(blank + 1, UINT32_MAX - 1, &uid))
		return false;
	*m = (struct mark){.validity = validity, .uid = (uint32_t)uid};
	return true;
}

char *
imap_mark(const void *conversation, const struct message_list *l)
{
	const struct imap *c = conversation;
	uint32_t last = 0;

	for (size_t i = 0; i < l->count; i++)
		if (imap_uid(l, i) > last)
			last = imap_uid(l, i);
	return last > 0 ? mem_printf("%" PRIu64 " %" PRIu32, c->facts.validity, last) : NULL;
}

/* A mailbox that was restored from a backup: the mark's message is still to come. */
static bool
counts_anew(const struct imap *c, const struct mark *m)
{
	return c->facts.next_uid > 0 && m->uid >= c->facts.next_uid;
}

/* UIDs only grow (RFC 9051 section 2.3.1.1), so new messages come after the mark, whatever was
 * removed. "n:*" names the last message even if it is before n. */
bool
imap_list_since(void *conversation, unsigned want, const char *text, struct message_list *l,
		bool *is_whole, struct err *e)
{
	struct imap *c = conversation;
	struct imap_listing x = {.list = l, .want = want, .to = UINT32_MAX};
	struct mark mark;

	*is_whole = !parse_mark(text, &mark);
	if (*is_whole)
		return imap_list(c, want, l, e);
	x.from = mark.uid + 1;
	if (!list_from(c, &x, e))
		return false;
	*is_whole = c->facts.validity != mark.validity || counts_anew(c, &mark);
	if (!*is_whole)
		return true;
	message_list_free(l);
	return imap_list(c, want, l, e);
}
