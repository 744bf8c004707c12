/* SPDX-License-Identifier: ISC */
/*
 * fuzz_taken - takes what a mailbox hands over: each message has one end, and only what began has
 * octets.
 */
#ifndef MAILVERBS_FUZZ_FUZZ_TAKEN_H
#define MAILVERBS_FUZZ_FUZZ_TAKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "fuzz.h"
#include "message/receiver.h"
#include "proto/mailbox.h"

struct fuzz_taken {
	const struct message_list *list;
	struct message_set whole;
	const struct message_info *in_hand;
	bool *has_ended;
};

static bool
fuzz_begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct fuzz_taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(!t->in_hand && info->index < t->list->count);
	FUZZ_ASSERT(!t->has_ended[info->index]);
	t->in_hand = info;
	return true;
}

static bool
fuzz_data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	const struct fuzz_taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(t->in_hand && n > 0);
	FUZZ_ASSERT(bytes[0] == bytes[0] && bytes[n - 1] == bytes[n - 1]);
	return true;
}

static bool
fuzz_end(void *ctx, struct err *e)
{
	struct fuzz_taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(t->in_hand);
	t->has_ended[t->in_hand->index] = true;
	message_set_add(&t->whole, t->in_hand->index);
	t->in_hand = NULL;
	return true;
}

static bool
fuzz_abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	struct fuzz_taken *t = ctx;

	FUZZ_ASSERT(info->index < t->list->count);
	t->in_hand = NULL;
	return why != NULL;
}

static const struct receiver fuzz_receiver = {fuzz_begin, fuzz_data, fuzz_end, fuzz_abandon};

/* Fetches PART of each message of L. WHOLE gets those that came whole, in the list's order; the
 * caller's to message_set_free(). */
static bool
fuzz_fetch(struct mailbox *m, const struct message_list *l, enum part part,
	   struct message_set *whole)
{
	struct fuzz_taken t = {.list = l, .has_ended = calloc(l->count + 1, 1)};
	struct message_set all = {0};
	struct err e;
	bool ok;

	FUZZ_ASSERT(t.has_ended);
	for (size_t i = 0; i < l->count; i++)
		message_set_add(&all, i);
	ok = mailbox_fetch(m, l, &all, part, &fuzz_receiver, &t, &e);
	FUZZ_ASSERT(!t.in_hand && t.whole.count <= l->count);
	message_set_sort(&t.whole);
	message_set_free(&all);
	free(t.has_ended);
	*whole = t.whole;
	return ok;
}

#endif
