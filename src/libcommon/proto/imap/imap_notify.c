/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "proto/imap/imap_early.h"
#include "proto/imap/imap_introduction.h"
#include "proto/imap/imap_list.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"

enum { COMMAND_MAX = 8000 }; /* octets of a command line (RFC 7162 section 4) */

/* NULL: nobody asked for announcements of it. */
static struct imap_announced *
find_wire(const struct imap *c, const char *wire)
{
	for (size_t i = 0; i < c->notify.count; i++)
		if (strcmp(imap_name_key(c->notify.folders[i].wire), imap_name_key(wire)) == 0)
			return &c->notify.folders[i];
	return NULL;
}

/* By the name as the user gave it. */
static struct imap_announced *
find(const struct imap *c, const char *name)
{
	struct buf wire = {0};
	struct err unused; /* a name that is none was not announced */
	struct imap_announced *found = NULL;

	if (c->notify.count > 0 && imap_name_wire(&wire, name, c->stage.is_utf8, &unused))
		found = find_wire(c, wire.data);
	buf_free(&wire);
	return found;
}

/* True: another one than before, whose UIDs are others. */
static bool
note_validity(struct imap_announced *a, uint64_t validity)
{
	const bool is_another = validity > 0 && a->validity > 0 && validity != a->validity;

	if (validity > 0)
		a->validity = validity;
	return is_another;
}

/* Of the selected folder the session knows them. NULL: none is selected. */
static struct imap_announced *
note_selected(struct imap *c)
{
	struct imap_announced *a = c->folder.is_selected ? find(c, c->folder.name) : NULL;

	if (!a)
		return NULL;
	if (note_validity(a, c->facts.validity))
		a->told = 0;
	if (c->facts.next_uid > 0)
		a->next_uid = c->facts.next_uid;
	return a;
}

/*
 * Any number that is neither the folder's own nor told already is news: a folder that was made anew
 * has a smaller one. The folder's own comes from its turn, so an announcement that was wrong hides
 * none that come later; and what STATUS always says otherwise than SELECT is news but once.
 */
static void
note_announcement(struct imap_announced *a, uint64_t validity, uint64_t next_uid)
{
	const bool is_another = note_validity(a, validity);

	if (is_another || (next_uid > 0 && next_uid != a->next_uid && next_uid != a->told))
		a->has_news = true;
	if (next_uid > 0)
		a->told = next_uid;
}

/* MESSAGES 3 UIDNEXT 4 UIDVALIDITY 7), after the opening parenthesis. */
static void
read_items(struct imap *c, struct imap_announced *a)
{
	uint64_t validity = 0, next_uid = 0;
	struct imap_token t, value;

	while (imap_next(c, &t) && t.kind == TOKEN_ATOM) {
		const bool is_validity = imap_is(&t, "UIDVALIDITY"),
			   is_next = imap_is(&t, "UIDNEXT");

		if (!imap_next(c, &value))
			return;
		if (is_validity)
			imap_number64(&value, &validity);
		else if (is_next)
			imap_number64(&value, &next_uid);
	}
	note_announcement(a, validity, next_uid);
}

/* STATUS of a folder that nobody asked for is skipped. */
static void
take(struct imap *c, const struct imap_untagged *u)
{
	struct buf wire = {0};
	struct imap_announced *a = NULL;

	if (u->has_number || !text_equal_case(u->keyword, "STATUS"))
		return;
	if (imap_list_read_status_name(c, &wire))
		a = find_wire(c, wire.data);
	buf_free(&wire);
	note_selected(c);
	if (a)
		read_items(c, a);
}

void
imap_notify_free(struct imap *c)
{
	for (size_t i = 0; i < c->notify.count; i++)
		free(c->notify.folders[i].wire);
	free(c->notify.folders);
	c->notify = (struct imap_notify){0};
}

/* False: a name is none, which its own turn reports. */
static bool
set_folders(struct imap *c, char *const *folders, size_t count)
{
	imap_notify_free(c);
	c->notify.take = take;
	c->notify.folders = mem_alloc(count * sizeof *c->notify.folders);
	for (size_t i = 0; i < count; i++) {
		struct buf wire = {0};
		struct err unused; /* as above */

		if (!imap_name_wire(&wire, folders[i], c->stage.is_utf8, &unused)) {
			buf_free(&wire);
			return false;
		}
		c->notify.folders[c->notify.count++].wire = mem_strdup(wire.data);
		buf_free(&wire);
	}
	return true;
}

/* False: it is too long for a command line. */
static bool
ask_for_folders(struct imap *c)
{
	struct buf names = {0};
	bool fits;

	for (size_t i = 0; i < c->notify.count; i++) {
		if (i > 0)
			buf_add_char(&names, ' ');
		imap_quote(&names, c->notify.folders[i].wire);
	}
	fits = names.len < COMMAND_MAX;
	if (fits)
		imap_ask(c,
			 "NOTIFY SET (selected-delayed (MessageNew MessageExpunge)) "
			 "(mailboxes (%s) (MessageNew MessageExpunge))",
			 names.data);
	buf_free(&names);
	return fits;
}

/* A server that refuses what it offered announces nothing. False: *e, the session broke. */
static bool
await_consent(struct imap *c, bool *announces, struct err *e)
{
	const enum imap_status status = imap_await(c);

	*announces = status == IMAP_OK;
	return *announces || status == IMAP_NO || status == IMAP_BAD ||
	       imap_ok(c, status, ERR_UNAVAILABLE, e);
}

/* A server that has not told them is asked, ahead of the folder. */
static bool
knows_capabilities(struct imap *c, struct err *e)
{
	return c->capabilities.is_known ||
	       (imap_ask_introduction(c, e) && imap_await_introduction(c, e));
}

/* False: *e, the session broke. */
static bool
subscribe(struct imap *c, char *const *folders, size_t count, bool *announces, struct err *e)
{
	bool asked;

	if (!imap_ask_introduction(c, e))
		return false;
	asked = set_folders(c, folders, count) && ask_for_folders(c);
	return imap_await_introduction(c, e) && (!asked || await_consent(c, announces, e));
}

bool
imap_notify(void *conversation, char *const *folders, size_t count, bool *announces, struct err *e)
{
	struct imap *c = conversation;
	bool ok;

	*announces = false;
	ok = knows_capabilities(c, e) &&
	     (!imap_can(c, IMAP_NOTIFY) || subscribe(c, folders, count, announces, e));
	if (!*announces)
		imap_notify_free(c);
	return ok;
}

bool
imap_has_news(const void *conversation, const char *folder)
{
	const struct imap *c = conversation;
	const struct imap_announced *a = find(c, folder);

	return a && (a->has_news ||
		     (c->folder.is_selected && a == find(c, c->folder.name) && imap_has_come(c)));
}

bool
imap_notify_has_news(const struct imap *c)
{
	for (size_t i = 0; i < c->notify.count; i++)
		if (c->notify.folders[i].has_news)
			return true;
	return false;
}

void
imap_notify_turn(struct imap *c, const char *folder)
{
	struct imap_announced *left = note_selected(c), *entered = find(c, folder);

	if (left)
		left->is_left = true;
	if (entered)
		entered->is_left = entered->has_news = false;
}

static void
ask_status(struct imap *c, const struct imap_announced *a)
{
	struct buf name = {0};

	imap_quote(&name, a->wire);
	imap_ask(c, "STATUS %s (UIDNEXT UIDVALIDITY)", name.data);
	buf_free(&name);
}

/* The server has no answer for a folder that is gone, which its turn reports. */
static bool
await_status(struct imap *c, struct imap_announced *a, struct err *e)
{
	const enum imap_status status = imap_await(c);

	a->is_left = false;
	if (status == IMAP_NO || status == IMAP_BAD)
		a->has_news = true;
	return status == IMAP_NO || status == IMAP_BAD || imap_ok(c, status, ERR_UNAVAILABLE, e);
}

bool
imap_notify_catch_up(struct imap *c, struct err *e)
{
	bool ok = true;

	imap_begin_unordered(c);
	for (size_t i = 0; i < c->notify.count; i++)
		if (c->notify.folders[i].is_left)
			ask_status(c, &c->notify.folders[i]);
	for (size_t i = 0; ok && i < c->notify.count; i++)
		if (c->notify.folders[i].is_left)
			ok = await_status(c, &c->notify.folders[i], e);
	imap_end_unordered(c);
	return ok;
}
