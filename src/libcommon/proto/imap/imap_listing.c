/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "proto/imap/imap_fetched.h"
#include "proto/imap/imap_spans.h"
#include "proto/imap/imap_talk.h"

enum {
	MESSAGES_MAX = 10 * 1000 * 1000, /* more would only fill our memory */
	REPEATS_MAX = 1000, /* a message may be reported more than once, when its flags change */
	ALL_FLAGS_MAX = 64 * 1024 * 1024, /* bytes of all messages' flags */
	HEADER_MAX = 256 * 1024           /* octets of a header that are kept */
};

/* Flags that came in a response of their own. */
struct imap_flags_apart {
	uint32_t slot;
	uint32_t flags; /* as in struct message_item */
};

static bool
wants_sizes(const struct imap_listing *x)
{
	return (x->want & WANT_SIZES) != 0;
}

/* Most messages have the flags of the one before. */
static uint32_t
add_flags(struct imap_listing *x)
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
note_uid(struct imap_listing *x, uint32_t uid)
{
	x->is_unordered = x->is_unordered || uid <= x->last_uid;
	x->last_uid = uid;
	x->lowest = uid < x->lowest ? uid : x->lowest;
	x->highest = uid > x->highest ? uid : x->highest;
}

/* A message to which the server gives no UID is listed, and can't be asked for. */
static struct message_item *
add_item(struct imap_listing *x, uint32_t number, const struct imap_fetched *f)
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
take_pending_flags(struct imap_listing *x, uint32_t slot)
{
	const struct imap_flags_apart *last =
	    x->apart_count > 0 ? &x->apart[x->apart_count - 1] : NULL;

	if (last && last->slot == slot && x->flags.len == 0)
		buf_add_str(&x->flags, x->list->flags.data + last->flags);
}

static void
keep_flags_apart(struct imap_listing *x, uint32_t slot)
{
	x->apart = mem_room(x->apart, x->apart_count, sizeof *x->apart);
	x->apart[x->apart_count++] = (struct imap_flags_apart){.slot = slot, .flags = add_flags(x)};
}

static bool
take_header(void *ctx, struct imap *c, const struct imap_fetched *f, const struct imap_token *t)
{
	struct imap_listing *x = ctx;
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

/* Is it an answer to what was asked, and not news of a message's flags alone? In a
 * message that the server reports by itself, something may be missing. */
static bool
is_answer(const struct imap_listing *x, const struct imap_fetched *f)
{
	if (x->headed)
		return x->has_header;
	if (wants_sizes(x) && f->has_size)
		return true;
	return f->names_uid && (!wants_sizes(x) || !f->has_flags);
}

/* Too many? */
static bool
check_room(const struct imap_listing *x, struct imap *c)
{
	const struct message_list *l = x->list;

	if (l->count > (size_t)c->folder.exists + c->folder.expunged + REPEATS_MAX ||
	    l->count >= MESSAGES_MAX)
		return imap_breach(c, "more messages than there are");
	return l->flags.len < ALL_FLAGS_MAX || imap_breach(c, "more flags than anybody has");
}

static void
take_message(struct imap_listing *x, uint32_t number, const struct imap_fetched *f)
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
is_wanted(const struct imap_listing *x, uint32_t number, uint32_t uid)
{
	if (x->only)
		return imap_spans_have(x->only, imap_numbers_slot(&x->numbers, number));
	return uid >= x->from || (uid == 0 && x->from == 1);
}

/* True: it was what the list is made of. */
static bool
take_fetch(struct imap_listing *x, struct imap *c, uint32_t number)
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

bool
imap_listing_take(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	struct imap_listing *x = ctx;

	if (!u->has_number)
		return false;
	if (text_equal_case(u->keyword, "FETCH"))
		return take_fetch(x, c, u->number);
	if (text_equal_case(u->keyword, "EXPUNGE") && u->number <= c->folder.exists + 1)
		imap_numbers_expunge(&x->numbers, u->number);
	return false;
}

/* How much is told of it? */
static unsigned
completeness(const struct message_item *m)
{
	return (m->uid != MESSAGE_NONE ? 2u : 0) + (m->size > 0);
}

/* If there are several answers about one message, the one that counts comes last. */
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
apply_flags_apart(struct imap_listing *x)
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
renumber(struct imap_listing *x)
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

bool
imap_listing_arrange(struct imap *c, struct imap_listing *x, struct err *e)
{
	if (x->is_unsorted)
		sort(x->list);
	apply_flags_apart(x);
	renumber(x);
	return (!x->is_unordered && !x->is_unsorted) || check_uids(c, x->list, e);
}

void
imap_listing_free(struct imap_listing *x)
{
	imap_numbers_free(&x->numbers);
	free(x->apart);
	buf_free(&x->flags);
	buf_free(&x->header);
}
