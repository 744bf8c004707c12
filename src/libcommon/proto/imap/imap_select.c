/* SPDX-License-Identifier: ISC */
/*
 * Selecting a folder (RFC 9051 sections 6.3.2 and 6.3.3), and what has to be said before.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/stream.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"

/* Quoted, even where an atom would do: servers that read strictly read this. */
bool
imap_add_folder(struct imap *c, struct buf *out, struct err *e)
{
	struct buf name = {0};
	bool ok = imap_name_read(&name, c->folder, c->is_utf8, e);

	/* A server may have such a name (raw:a\x0ab), but a command's line can't. */
	if (ok && strpbrk(name.data, "\r\n"))
		ok = err_set(e, ERR_NO_INPUT, "the folder '%s' has a line end in its name",
			     c->folder);
	if (ok)
		imap_quote(out, name.data);
	buf_free(&name);
	return ok;
}

/*
 * Commands that precede SELECT in its flight, and whose refusal is not an error. NetEase shows no
 * folder to a client without ID, and parses it strictly (2026-11: "Unsafe Login").
 */
static bool
wants_capabilities(const struct imap *c)
{
	return !c->knows_capabilities;
}

static bool
wants_id(const struct imap *c)
{
	return imap_can(c, IMAP_ID);
}

static bool
wants_utf8(const struct imap *c)
{
	return c->is_utf8;
}

static const struct {
	const char *command;
	bool (*is_wanted)(const struct imap *c);
} preludes[] = {
    {"CAPABILITY", wants_capabilities},
    {"ID (\"name\" \"mailverbs\" \"version\" \"" PACKAGE_VERSION "\")", wants_id},
    {"ENABLE UTF8=ACCEPT", wants_utf8},
};

bool
imap_ask_introduction(struct imap *c, struct err *e)
{
	if (!c->is_authenticated)
		return imap_complain(c, ERR_LOGIN, "the server wants a login", e);
	if (c->is_introduced)
		return true;
	c->is_introduced = true;
	c->is_utf8 = imap_can(c, IMAP_UTF8_ONLY);
	for (size_t i = 0; i < sizeof preludes / sizeof preludes[0]; i++)
		if (preludes[i].is_wanted(c)) {
			imap_ask(c, "%s", preludes[i].command);
			c->preludes++;
		}
	return true;
}

bool
imap_await_introduction(struct imap *c, struct err *e)
{
	for (; c->preludes > 0; c->preludes--) {
		const enum imap_status status = imap_await(c);

		if (status != IMAP_NO && status != IMAP_BAD &&
		    !imap_ok(c, status, ERR_UNAVAILABLE, e))
			return false;
	}
	return true;
}

bool
imap_ask_folder(struct imap *c, struct err *e)
{
	struct buf name = {0};

	if (c->is_selected)
		return true;
	if (!imap_ask_introduction(c, e) || !imap_add_folder(c, &name, e))
		return false;
	c->asks_trash = c->to_trash && !c->trash;
	if (c->asks_trash)
		imap_ask_trash(c);
	imap_ask(c, "%s %s", c->only_looks ? "EXAMINE" : "SELECT", name.data);
	buf_free(&name);
	return true;
}

void
imap_start_count(struct imap *c)
{
	c->existed = c->exists;
	c->expunged = c->listed_expunged = 0;
}

static bool
is_trash(const struct imap *c)
{
	struct buf name = {0};
	const bool is = c->trash &&
			imap_name_read(&name, c->folder, c->is_utf8, &(struct err){0}) &&
			strcmp(name.data, c->trash) == 0;

	buf_free(&name);
	return is;
}

/* Messages that were moved into the folder that they are in would get new UIDs, as new messages.
 * Only this folder's turn is over: its answer is read, so that the next folder's can follow. */
static bool
check_is_not_trash(struct imap *c, struct err *e)
{
	if (!is_trash(c))
		return true;
	if (imap_await(c) == IMAP_FAILED)
		return imap_stream_ok(c, e);
	err_set(e, ERR_USAGE, "--trash: '%s' is the Trash itself, so nothing is deleted",
		c->folder);
	return err_hint(e, "without --trash what is named is deleted for good");
}

static bool
await_trash(struct imap *c, struct err *e)
{
	const bool asked = c->asks_trash;

	c->asks_trash = false;
	return (!asked || imap_await_trash(c, e)) && check_is_not_trash(c, e);
}

bool
imap_await_folder(struct imap *c, struct err *e)
{
	enum imap_status status;

	if (c->is_selected)
		return true;
	if (!imap_await_introduction(c, e) || !await_trash(c, e))
		return false;
	c->validity = c->uid_next = c->exists = c->expunged = 0;
	c->rights = RIGHT_DELETE | RIGHT_MARK_READ;
	status = imap_await(c);
	/* NO is about the folder, BAD about us, or the server. */
	if (!imap_ok(c, status, status == IMAP_NO ? ERR_NO_INPUT : ERR_UNAVAILABLE, e))
		return e->code == ERR_NO_INPUT &&
		       err_hint(e, "`mlist --folders` shows the folders there are");
	if (c->validity == 0)
		return imap_complain(c, ERR_PROTOCOL, "the folder has no UIDVALIDITY", e);
	imap_start_count(c);
	c->is_selected = true;
	return true;
}

bool
imap_check_rights(const void *conversation, unsigned rights, struct err *e)
{
	static const struct {
		unsigned right;
		const char *what;
	} all[] = {{RIGHT_DELETE, "delete messages in"},
		   {RIGHT_MARK_READ, "mark messages as read in"}};
	const struct imap *c = conversation;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (rights & ~c->rights & all[i].right)
			return err_set(e, ERR_UNAVAILABLE,
				       "%s: the server does not let you %s '%s'",
				       stream_name(c->stream), all[i].what, c->folder);
	return true;
}

/* Nothing of the folder before is on the way: its answers would be taken for the next one's. */
bool
imap_turn(void *conversation, const char *folder)
{
	struct imap *c = conversation;

	if (c->asked != c->awaited || c->bye.len > 0 || !stream_ok(c->stream, &(struct err){0}))
		return false;
	free(c->folder);
	c->folder = mem_strdup(folder);
	c->is_selected = false;
	c->to_delete.count = c->to_read.count = 0;
	return true;
}
