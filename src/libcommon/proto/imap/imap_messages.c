/* SPDX-License-Identifier: ISC */
/*
 * Lists the messages in the folder by UID FETCH, which always gives the UIDs: only they name a
 * message permanently. Numbers are the sequence numbers at the time when the list is complete.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_numbers.h"
#include "proto/imap/imap_spans.h"
#include "proto/imap/imap_talk.h"

enum {
	MESSAGES_MAX = 10 * 1000 * 1000, /* a server that lists more is playing with our memory */
	REPEATS_MAX = 1000, /* a message may be told of more than once, when its flags change */
	FLAGS_MAX = 4096,   /* bytes of one message's flags that are kept, */
	ALL_FLAGS_MAX = 64 * 1024 * 1024, /* and of all */
	HEADER_MAX = 256 * 1024           /* octets of a header that are kept */
};

/* FETCH responses. */

/* Fields are as good within the whole header. */
static bool
is_text_item(const char *name, enum part part)
{
	static const char fields[] = "BODY[HEADER.FIELDS (";

	if (part == PART_WHOLE)
		return text_equal_case(name, "BODY[]") || text_equal_case(name, "RFC822");
	return text_equal_case(name, "BODY[HEADER]") || text_equal_case(name, "RFC822.HEADER") ||
	       (part == PART_FIELDS && text_starts(name, strlen(name), fields));
}

static bool
is_kept_flag(const struct buf *flags, const struct imap_token *t)
{
	return t->kind == TOKEN_ATOM && !imap_is(t, "\\Recent") && flags->len + t->len < FLAGS_MAX;
}

/* Leaves out \Recent, which says nothing about the message (RFC 9051 section 2.3.2). A malformed
 * list counts as no flags: only the display depends on them. */
static bool
read_flags(struct imap *c, const struct imap_token *open, struct buf *flags)
{
	struct imap_token t;

	buf_clear(flags);
	buf_add_str(flags, "");
	if (open->kind != TOKEN_OPEN)
		return imap_skip_value(c, open);
	while (imap_next(c, &t) && t.kind != TOKEN_CLOSE)
		if (is_kept_flag(flags, &t))
			buf_addf(flags, "%s%.*s", flags->len > 0 ? " " : "", (int)t.len, t.text);
		else if (!imap_skip_value(c, &t))
			return false;
	return t.kind == TOKEN_CLOSE || imap_breach(c, "flags that do not end");
}

/* A UID or a size that is malformed leaves one message without it. */
static bool
read_uid(struct imap *c, struct imap_fetched *f, const struct imap_token *t)
{
	uint32_t uid;

	f->names_uid = true;
	if (imap_number(t, &uid))
		f->uid = uid;
	return imap_skip_value(c, t);
}

static bool
read_size(struct imap *c, struct imap_fetched *f, const struct imap_token *t)
{
	uint64_t size;

	f->has_size = true;
	if (imap_number64(t, &size))
		f->size = size;
	return imap_skip_value(c, t);
}

static bool
read_item(struct imap *c, struct imap_fetched *f, const char *name, enum part part,
	  imap_take_text take_text, void *ctx)
{
	struct imap_token t;

	if (!imap_next(c, &t))
		return imap_breach(c, "a FETCH item without a value");
	if (text_equal_case(name, "UID"))
		return read_uid(c, f, &t);
	if (text_equal_case(name, "RFC822.SIZE"))
		return read_size(c, f, &t);
	if (text_equal_case(name, "FLAGS")) {
		f->has_flags = true;
		return f->flags ? read_flags(c, &t, f->flags) : imap_skip_value(c, &t);
	}
	if (take_text && is_text_item(name, part))
		return take_text(ctx, c, f, &t);
	return imap_skip_value(c, &t);
}

bool
imap_read_fetch(struct imap *c, struct imap_fetched *f, enum part part, imap_take_text take_text,
		void *ctx)
{
	struct imap_token t;
	char name[32];

	if (!imap_next(c, &t) || t.kind != TOKEN_OPEN)
		return imap_breach(c, "a FETCH without a list");
	while (imap_next(c, &t)) {
		if (t.kind == TOKEN_CLOSE)
			return true;
		if (t.kind != TOKEN_ATOM)
			return imap_breach(c, "a FETCH item without a name");
		/* A longer name is none of those that are looked at whole. */
		memcpy(name, t.text, t.len < sizeof name ? t.len : sizeof name - 1);
		name[t.len < sizeof name ? t.len : sizeof name - 1] = '\0';
		if (!read_item(c, f, name, part, take_text, ctx))
			return false;
	}
	return imap_breach(c, "a FETCH that ends within its list");
}

/* The list. */

/* Flags that came in a response of their own. */
struct flags_apart {
	uint32_t slot;
	uint32_t flags; /* as in struct message_item */
};

struct listing {
	struct message_list *list; /* while it comes, an item's number is its slot */
	struct imap_numbers numbers;
	struct flags_apart *apart;
	size_t apart_count;
	unsigned want;
	const struct imap_spans *only; /* the numbers that are asked for; NULL: by UID */
	uint32_t from;                 /* the first UID that is wanted, */
	uint32_t to;                   /* and the last; UINT32_MAX: whichever that is */
	uint32_t lowest, highest;      /* UIDs in this answer */
	uint32_t last_uid;
	bool is_unsorted;  /* by number */
	bool is_unordered; /* the UIDs don't ascend */
	struct buf flags;  /* of the message in hand */

	message_headed headed; /* NULL: without headers */
	void *headed_ctx;
	struct buf header; /* of the message in hand */
	bool has_header;
};

static bool
wants_sizes(const struct listing *x)
{
	return (x->want & WANT_SIZES) != 0;
}

/* Most messages have the flags of the one before. */
static uint32_t
add_flags(struct listing *x)
{
	struct buf *all = &x->list->flags;
	const size_t n = x->flags.len + 1;
	const uint32_t last = x->list->count > 0 ? x->list->items[x->list->count - 1].flags : 0;

	if (!(x->want & WANT_FLAGS) || all->len > UINT32_MAX - n)
		return 0;
	if (all->len > 0 && strcmp(all->data + last, x->flags.data) == 0)
		return last;
	buf_add(all, x->flags.data, n);
	return (uint32_t)(all->len - n);
}

static void
note_uid(struct listing *x, uint32_t uid)
{
	x->is_unordered = x->is_unordered || uid <= x->last_uid;
	x->last_uid = uid;
	x->lowest = uid < x->lowest ? uid : x->lowest;
	x->highest = uid > x->highest ? uid : x->highest;
}

/* A message to which the server gives no UID is listed, and can't be asked for. */
static struct message_item *
add_item(struct listing *x, uint32_t number, const struct imap_fetched *f)
{
	struct message_list *l = x->list;
	struct message_item *item;

	l->items = mem_room(l->items, l->count, sizeof *l->items);
	item = &l->items[l->count];
	*item = (struct message_item){
	    .number = number, .flags = add_flags(x), .size = f->size, .uid = MESSAGE_NONE};
	l->count++;
	if (f->uid == 0)
		return item;
	note_uid(x, f->uid);
	item->uid = l->uids.len;
	buf_addf(&l->uids, "%" PRIu32, f->uid);
	buf_add_char(&l->uids, '\0');
	return item;
}

/* The data received earlier for a message whose flags arrive separately. */
static void
take_pending_flags(struct listing *x, uint32_t slot)
{
	const struct flags_apart *last = x->apart_count > 0 ? &x->apart[x->apart_count - 1] : NULL;

	if (last && last->slot == slot && x->flags.len == 0)
		buf_add_str(&x->flags, x->list->flags.data + last->flags);
}

static void
keep_flags_apart(struct listing *x, uint32_t slot)
{
	x->apart = mem_room(x->apart, x->apart_count, sizeof *x->apart);
	x->apart[x->apart_count++] = (struct flags_apart){.slot = slot, .flags = add_flags(x)};
}

static bool
take_header(void *ctx, struct imap *c, const struct imap_fetched *f, const struct imap_token *t)
{
	struct listing *x = ctx;
	uint64_t left = t->kind == TOKEN_LITERAL ? t->size : 0;
	struct imap_token octets;

	(void)f;
	buf_clear(&x->header);
	x->has_header = true;
	if (t->kind == TOKEN_QUOTED)
		buf_add(&x->header, t->text, t->len);
	else if (t->kind != TOKEN_LITERAL)
		return imap_skip_value(c, t);
	if (left > IMAP_HEADER_MAX)
		return imap_breach(c, "a header without end");
	for (; left > 0 && imap_next(c, &octets); left -= octets.len)
		if (x->header.len + octets.len <= HEADER_MAX)
			buf_add(&x->header, octets.text, octets.len);
	return left == 0;
}

/* Is it an answer to what was asked, and not news of a message's flags alone? Of a message that the
 * server tells of in its own way, something may be missing. */
static bool
is_answer(const struct listing *x, const struct imap_fetched *f)
{
	if (x->headed)
		return x->has_header;
	if (wants_sizes(x) && f->has_size)
		return true;
	return f->names_uid && (!wants_sizes(x) || !f->has_flags);
}

/* Too many? */
static bool
check_room(const struct listing *x, struct imap *c)
{
	const struct message_list *l = x->list;

	if (l->count > (size_t)c->exists + c->expunged + REPEATS_MAX || l->count >= MESSAGES_MAX)
		return imap_breach(c, "more messages than there are");
	return l->flags.len < ALL_FLAGS_MAX || imap_breach(c, "more flags than anybody has");
}

static void
take_message(struct listing *x, uint32_t number, const struct imap_fetched *f)
{
	const uint32_t slot = imap_numbers_slot(&x->numbers, number);
	const struct message_list *l = x->list;

	take_pending_flags(x, slot);
	add_item(x, number, f);
	if (x->headed)
		x->headed(x->headed_ctx, l, l->count - 1, x->header.len > 0 ? x->header.data : "",
			  x->header.len);
	l->items[l->count - 1].number = slot;
	x->is_unsorted = x->is_unsorted || (l->count > 1 && l->items[l->count - 2].number >= slot);
}

/* One without a UID is not known to have come since. */
static bool
is_wanted(const struct listing *x, uint32_t number, uint32_t uid)
{
	if (x->only)
		return imap_spans_have(x->only, imap_numbers_slot(&x->numbers, number));
	return uid >= x->from || (uid == 0 && x->from == 1);
}

/* True: it was what the list is made of. */
static bool
take_fetch(struct listing *x, struct imap *c, uint32_t number)
{
	struct imap_fetched f = {.flags = x->want & WANT_FLAGS ? &x->flags : NULL};

	x->has_header = false;
	buf_clear(&x->flags);
	buf_add_str(&x->flags, "");
	if (!imap_read_fetch(c, &f, PART_FIELDS, x->headed ? take_header : NULL, x))
		return true;
	if (number == 0 || !check_room(x, c))
		return false;
	if (is_answer(x, &f)) {
		if (is_wanted(x, number, f.uid))
			take_message(x, number, &f);
		return true;
	}
	if (f.has_flags && f.flags)
		keep_flags_apart(x, imap_numbers_slot(&x->numbers, number));
	return false;
}

static bool
take(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	struct listing *x = ctx;

	if (!u->has_number)
		return false;
	if (text_equal_case(u->keyword, "FETCH"))
		return take_fetch(x, c, u->number);
	if (text_equal_case(u->keyword, "EXPUNGE") && u->number <= c->exists + 1)
		imap_numbers_expunge(&x->numbers, u->number);
	return false;
}

/* How much is told of it? */
static unsigned
completeness(const struct message_item *m)
{
	return (m->uid != MESSAGE_NONE ? 2u : 0) + (m->size > 0);
}

/* Of several answers about one message, the one that counts comes last. */
static int
compare_items(const void *a, const void *b)
{
	const struct message_item *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (completeness(x) != completeness(y))
		return completeness(x) < completeness(y) ? -1 : 1;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* In the order of the messages, each once. */
static void
sort(struct message_list *l)
{
	size_t kept = 0;

	if (l->count > 0)
		qsort(l->items, l->count, sizeof *l->items, compare_items);
	for (size_t i = 0; i < l->count; i++)
		if (i + 1 == l->count || l->items[i].number != l->items[i + 1].number)
			l->items[kept++] = l->items[i];
	l->count = kept;
}

static int
compare_slots(const void *key, const void *item)
{
	const uint32_t slot = *(const uint32_t *)key,
		       other = ((const struct message_item *)item)->number;

	return slot < other ? -1 : slot > other;
}

static void
apply_flags_apart(struct listing *x)
{
	struct message_list *l = x->list;

	for (size_t i = 0; i < x->apart_count && l->count > 0; i++) {
		struct message_item *item =
		    bsearch(&x->apart[i].slot, l->items, l->count, sizeof *l->items, compare_slots);

		if (item)
			item->flags = x->apart[i].flags;
	}
}

/* Slots become numbers; messages that went away meanwhile are left out. */
static void
renumber(struct listing *x)
{
	struct message_list *l = x->list;
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		const uint32_t number = imap_numbers_number(&x->numbers, l->items[i].number);

		if (number > 0) {
			l->items[kept] = l->items[i];
			l->items[kept++].number = number;
		}
	}
	l->count = kept;
}

static size_t
count_unnamed(const struct message_list *l)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++)
		count += !message_list_uid(l, i);
	return count;
}

/* A message that has another one's UID can't be asked for, and a command for one of them means
 * both. */
static bool
check_uids(struct imap *c, struct message_list *l, struct err *e)
{
	const size_t unnamed = count_unnamed(l);

	message_list_drop_ambiguous(l);
	return count_unnamed(l) == unnamed ||
	       imap_complain(c, ERR_PROTOCOL, "two messages have one UID", e);
}

static bool
arrange(struct imap *c, struct listing *x, struct err *e)
{
	if (x->is_unsorted)
		sort(x->list);
	apply_flags_apart(x);
	renumber(x);
	return (!x->is_unordered && !x->is_unsorted) || check_uids(c, x->list, e);
}

static void
add_set(struct buf *command, const struct listing *x)
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
ask_list(struct imap *c, struct listing *x)
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
read_piece(struct imap *c, struct listing *x, struct err *e)
{
	enum imap_status status;

	status = imap_await_data(c, take, x);
	buf_free(&x->flags);
	buf_free(&x->header);
	if ((status == IMAP_NO || status == IMAP_BAD) && c->exists == 0)
		status = IMAP_OK;
	return imap_ok(c, status, ERR_UNAVAILABLE, e);
}

/*
 * Finds the rest of the list on a server that limits the messages per answer (RFC 9738; Yahoo): it
 * begins with the highest and says how far down it came; the other direction works too. True: the
 * rest has to be requested. *OK false: the rest cannot be determined, see *e.
 */
static bool
has_rest(struct imap *c, struct listing *x, bool *ok, struct err *e)
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
read_list(struct imap *c, struct listing *x, struct err *e)
{
	bool ok = read_piece(c, x, e);

	while (ok && has_rest(c, x, &ok, e)) {
		ask_list(c, x);
		ok = read_piece(c, x, e);
	}
	c->listed_expunged = c->expunged;
	return ok && arrange(c, x, e);
}

static void
free_listing(struct listing *x)
{
	imap_numbers_free(&x->numbers);
	free(x->apart);
}

static bool
list_from(struct imap *c, struct listing *x, struct err *e)
{
	bool ok;

	const bool was_selected = c->is_selected;

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
	free_listing(x);
	return ok;
}

/* The list lacks messages that the server says exist. A caller that took it as complete would
 * forget messages that it has, and fetch them again. */
static bool
check_is_whole(struct imap *c, const struct message_list *l, uint32_t existed, struct err *e)
{
	if (l->count + c->expunged >= existed)
		return true;
	return err_set(e, ERR_TEMPORARY, "%s: of %" PRIu32 " messages the server lists %zu",
		       stream_name(c->stream), existed, l->count);
}

bool
imap_list(void *conversation, unsigned want, struct message_list *l, struct err *e)
{
	struct imap *c = conversation;
	struct listing x = {.list = l, .want = want, .from = 1, .to = UINT32_MAX};

	return list_from(c, &x, e) && check_is_whole(c, l, c->existed, e);
}

bool
imap_list_headers(void *conversation, unsigned want, struct message_list *l, message_headed headed,
		  void *ctx, struct err *e)
{
	struct imap *c = conversation;
	struct listing x = {.list = l,
			    .want = want,
			    .from = 1,
			    .to = UINT32_MAX,
			    .headed = headed,
			    .headed_ctx = ctx};

	return list_from(c, &x, e) && check_is_whole(c, l, c->existed, e);
}

/* Some messages, by number. */

/* A refusal, a limit or a gap: somebody else deleted one of them meanwhile (RFC 2180 section 4.1), or
 * the server counts otherwise. */
static bool
read_some(struct imap *c, struct listing *x, bool *is_complete, struct err *e)
{
	const uint32_t expunged = c->expunged;
	const enum imap_status status = imap_await_data(c, take, x);
	uint32_t last;

	buf_free(&x->flags);
	buf_free(&x->header);
	*is_complete = status == IMAP_OK && !imap_was_limited(c, &last) &&
		       x->list->count + (c->expunged - expunged) >= x->only->messages;
	c->listed_expunged = c->expunged;
	if (status != IMAP_NO && status != IMAP_BAD && !imap_ok(c, status, ERR_UNAVAILABLE, e))
		return false;
	return arrange(c, x, e);
}

static bool
list_numbers(struct imap *c, struct listing *x, enum mailbox_listed *listed, struct err *e)
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
	free_listing(x);
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
	return is_short && s->messages < c->exists &&
	       (c->message_limit == 0 || s->messages <= c->message_limit);
}

bool
imap_list_some(void *conversation, unsigned want, const struct message_span *spans, size_t count,
	       struct message_list *l, message_headed headed, void *ctx,
	       enum mailbox_listed *listed, struct err *e)
{
	struct imap *c = conversation;
	struct imap_spans only;
	struct listing x = {.list = l, .want = want, .only = &only, .headed_ctx = ctx};
	bool ok;

	if (!imap_ask_folder(c, e) || !imap_await_folder(c, e))
		return false;
	imap_spans_make(&only, spans, count, c->exists);
	x.headed = only.messages <= IMAP_SET_MESSAGES ? headed : NULL;
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
	return last > 0 ? mem_printf("%" PRIu64 " %" PRIu32, c->validity, last) : NULL;
}

/* A mailbox that was restored from a backup: the mark's message is still to come. */
static bool
counts_anew(const struct imap *c, const struct mark *m)
{
	return c->uid_next > 0 && m->uid >= c->uid_next;
}

/* UIDs only grow (RFC 9051 section 2.3.1.1), so new messages come after the mark, whatever was
 * removed. "n:*" names the last message even if it is before n. */
bool
imap_list_since(void *conversation, unsigned want, const char *text, struct message_list *l,
		bool *is_whole, struct err *e)
{
	struct imap *c = conversation;
	struct listing x = {.list = l, .want = want, .to = UINT32_MAX};
	struct mark mark;

	*is_whole = !parse_mark(text, &mark);
	if (*is_whole)
		return imap_list(c, want, l, e);
	x.from = mark.uid + 1;
	if (!list_from(c, &x, e))
		return false;
	*is_whole = c->validity != mark.validity || counts_anew(c, &mark);
	if (!*is_whole)
		return true;
	message_list_free(l);
	return imap_list(c, want, l, e);
}

/* Counting: by STATUS where it knows the sum (RFC 8438, RFC 9051 section 6.3.11), for a folder that
 * need not be selected then. */

struct counting {
	uint64_t messages;
	uint64_t octets;
	bool has_both;
};

static bool
read_status(struct counting *x, struct imap *c)
{
	struct imap_token t, value;
	bool has_messages = false, has_size = false;

	if (!imap_next(c, &t) || !imap_skip_value(c, &t) || !imap_next(c, &t) ||
	    t.kind != TOKEN_OPEN)
		return false;
	while (imap_next(c, &t) && t.kind == TOKEN_ATOM) {
		const bool is_messages = imap_is(&t, "MESSAGES"), is_size = imap_is(&t, "SIZE");

		if (!imap_next(c, &value))
			return false;
		has_messages |= is_messages && imap_number64(&value, &x->messages);
		has_size |= is_size && imap_number64(&value, &x->octets);
	}
	x->has_both = has_messages && has_size;
	return true;
}

static bool
take_status(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	return text_equal_case(u->keyword, "STATUS") && read_status(ctx, c);
}

static bool
count_by_status(struct imap *c, struct counting *x, struct err *e)
{
	struct buf name = {0};
	enum imap_status status;

	if (!imap_add_folder(c, &name, e))
		return false;
	imap_ask(c, "STATUS %s (MESSAGES SIZE)", name.data);
	buf_free(&name);
	status = imap_await_data(c, take_status, x);
	return imap_ok(c, status, ERR_NO_INPUT, e);
}

bool
imap_count(void *conversation, uint64_t *messages, uint64_t *octets, struct err *e)
{
	struct imap *c = conversation;
	struct counting x = {0};
	struct message_list l = {0};
	bool ok = true;

	if (c->is_authenticated && imap_can(c, IMAP_STATUS_SIZE) && !c->is_selected)
		ok = count_by_status(c, &x, e);
	if (ok && !x.has_both) {
		x = (struct counting){0};
		ok = imap_list(c, WANT_SIZES, &l, e);
		x.messages = l.count;
		for (size_t i = 0; i < l.count; i++)
			x.octets += l.items[i].size;
	}
	message_list_free(&l);
	*messages = x.messages;
	*octets = x.octets;
	return ok;
}
