/* SPDX-License-Identifier: ISC */
/*
 * Deleting exactly what was named, in the flight that ends the session: marked \Deleted, and
 * expunged by UID (RFC 4315 section 2.1), so that what another client marked stays.
 *
 * A server without UIDPLUS can only expunge all that is marked. So it is looked before whether
 * there is anything else.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap_talk.h"

static int
compare_uids(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void
imap_remove(void *conversation, const struct message_list *l, const struct message_set *set)
{
	struct imap *c = conversation;

	if (set->count == 0)
		return;
	c->doomed = mem_grow(c->doomed, c->doomed_count + set->count, sizeof *c->doomed);
	for (size_t i = 0; i < set->count; i++) {
		const uint32_t uid = imap_uid(l, set->index[i]);

		if (uid > 0)
			c->doomed[c->doomed_count++] = uid;
	}
	if (c->doomed_count > 0)
		qsort(c->doomed, c->doomed_count, sizeof *c->doomed, compare_uids);
}

static bool
is_doomed(const struct imap *c, uint32_t uid)
{
	return c->doomed_count > 0 &&
	       bsearch(&uid, c->doomed, c->doomed_count, sizeof uid, compare_uids);
}

/* UID SEARCH DELETED: what somebody else marked. */
static bool
take_search(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	uint32_t *foreign = ctx, uid;
	struct imap_token t;

	if (!text_equal_case(u->keyword, "SEARCH"))
		return false;
	while (imap_next(c, &t)) {
		if (!imap_number(&t, &uid))
			return imap_skip_value(c, &t);
		*foreign += !is_doomed(c, uid);
	}
	return true;
}

static bool
check_nothing_else_is_marked(struct imap *c, struct err *e)
{
	uint32_t foreign = 0, last;
	enum imap_status status;

	imap_ask(c, "UID SEARCH DELETED");
	c->take = take_search;
	c->take_ctx = &foreign;
	status = imap_await(c);
	c->take = NULL;
	if (!imap_ok(c, status, ERR_UNAVAILABLE, e))
		return false;
	if (imap_was_limited(c, &last))
		return imap_refused(c, ERR_UNAVAILABLE, e);
	if (foreign == 0)
		return true;
	err_set(e, ERR_UNAVAILABLE,
		"%s: %" PRIu32 " other messages are marked as deleted, and the server has no "
		"UIDPLUS to spare them, so nothing is deleted",
		stream_name(c->stream), foreign);
	return err_hint(e, "let the client that marked them expunge them, or take the marks away");
}

/* Asks FORMAT's command for each set of them. Returns how many. */
static size_t
ask_sets(struct imap *c, const char *before, const char *behind)
{
	struct buf set = {0};
	size_t commands = 0;

	for (size_t i = 0; i < c->doomed_count; commands++) {
		const size_t left = c->doomed_count - i;

		buf_clear(&set);
		i += imap_set_add(&set, c->doomed + i, imap_set_messages(c, left), IMAP_SET_MAX);
		imap_ask(c, "%s %s%s", before, set.data, behind);
	}
	buf_free(&set);
	return commands;
}

/* All answers are read, the first refusal counts. Of what a server left undone (RFC 9738) nobody
 * knows which it is. */
static bool
read_answers(struct imap *c, size_t commands, struct err *e)
{
	bool ok = true;

	for (; commands > 0; commands--) {
		const enum imap_status status = imap_await(c);
		uint32_t last;

		if (status == IMAP_NO || status == IMAP_REFUSED ||
		    (status == IMAP_OK && imap_was_limited(c, &last)))
			ok = ok && imap_refused(c, ERR_UNAVAILABLE, e);
		else if (!imap_ok(c, status, ERR_UNAVAILABLE, e))
			return false;
	}
	return ok;
}

/* The last words go out in the flight of what is before them. */
static void
ask_end(struct imap *c)
{
	if (!c->stays)
		imap_ask(c, "LOGOUT");
}

/* A set whose marks were refused is not expunged either: there is nothing marked in it, but what
 * others marked, and that were ours to delete. */
static bool
remove_by_uid(struct imap *c, struct err *e)
{
	const size_t commands =
	    ask_sets(c, "UID STORE", " +FLAGS.SILENT (\\Deleted)") + ask_sets(c, "UID EXPUNGE", "");

	ask_end(c);
	return read_answers(c, commands, e);
}

/* EXPUNGE waits for the marks: without them it would be another client's. */
static bool
remove_all_marked(struct imap *c, struct err *e)
{
	if (!check_nothing_else_is_marked(c, e) ||
	    !read_answers(c, ask_sets(c, "UID STORE", " +FLAGS.SILENT (\\Deleted)"), e))
		return false;
	imap_ask(c, "EXPUNGE");
	ask_end(c);
	return read_answers(c, 1, e);
}

static bool
remove_doomed(struct imap *c, struct err *e)
{
	const bool ok = imap_can(c, IMAP_UIDPLUS) ? remove_by_uid(c, e) : remove_all_marked(c, e);

	c->doomed_count = 0;
	return ok;
}

bool
imap_commit(void *conversation, struct err *e)
{
	struct imap *c = conversation;

	if (c->doomed_count > 0)
		return remove_doomed(c, e);
	/* Nothing of ours depends on the answer, so nobody waits for it. */
	ask_end(c);
	dialog_flush(c->dialog);
	return true;
}
