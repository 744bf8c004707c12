/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_select.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/stream.h"
#include "proto/imap/imap_introduction.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_special.h"
#include "proto/imap/imap_talk.h"

bool
imap_add_folder(struct imap *c, struct buf *out, struct err *e)
{
	struct buf name = {0};
	const bool ok = imap_name_wire(&name, c->folder.name, c->stage.is_utf8, e);

	if (ok)
		imap_quote(out, name.data);
	buf_free(&name);
	return ok;
}

bool
imap_ask_folder(struct imap *c, struct err *e)
{
	struct buf name = {0};

	if (c->folder.is_selected)
		return true;
	if (!imap_ask_introduction(c, e) || !imap_add_folder(c, &name, e))
		return false;
	c->changes.asks_trash = c->changes.to_trash && !c->changes.trash;
	if (c->changes.asks_trash)
		imap_ask_trash(c);
	imap_ask(c, "%s %s", c->folder.only_looks ? "EXAMINE" : "SELECT", name.data);
	buf_free(&name);
	return true;
}

void
imap_start_count(struct imap *c)
{
	c->folder.existed = c->folder.exists;
	c->folder.expunged = c->folder.listed_expunged = 0;
}

static bool
is_trash(const struct imap *c)
{
	struct buf name = {0};
	const bool is = c->changes.trash &&
			imap_name_read(&name, c->folder.name, c->stage.is_utf8, &(struct err){0}) &&
			strcmp(name.data, c->changes.trash) == 0;

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
		c->folder.name);
	return err_hint(e, "without --trash what is named is deleted for good");
}

static bool
await_trash(struct imap *c, struct err *e)
{
	const bool asked = c->changes.asks_trash;

	c->changes.asks_trash = false;
	return (!asked || imap_await_trash(c, e)) && check_is_not_trash(c, e);
}

bool
imap_await_folder(struct imap *c, struct err *e)
{
	enum imap_status status;

	if (c->folder.is_selected)
		return true;
	if (!imap_await_introduction(c, e) || !await_trash(c, e))
		return false;
	c->facts.validity = c->facts.next_uid = c->folder.exists = c->folder.expunged = 0;
	c->folder.rights = RIGHT_DELETE | RIGHT_MARK_READ;
	free(c->folder.permanent);
	c->folder.permanent = NULL;
	status = imap_await(c);
	/* NO is about the folder, BAD about us, or the server. */
	if (!imap_ok(c, status, status == IMAP_NO ? ERR_NO_INPUT : ERR_UNAVAILABLE, e))
		return e->code == ERR_NO_INPUT &&
		       err_hint(e, "`mlist --folders` shows the folders there are");
	if (c->facts.validity == 0)
		return imap_complain(c, ERR_PROTOCOL, "the folder has no UIDVALIDITY", e);
	imap_start_count(c);
	c->folder.is_selected = true;
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
		if (rights & ~c->folder.rights & all[i].right)
			return err_set(e, ERR_UNAVAILABLE,
				       "%s: the server does not let you %s '%s'",
				       stream_name(c->stream), all[i].what, c->folder.name);
	return true;
}

/* Nothing of the folder before is on the way: its answers would be taken for the next one's. */
bool
imap_turn(void *conversation, const char *folder)
{
	struct imap *c = conversation;

	if (c->tags.asked != c->tags.awaited || c->bye.len > 0 ||
	    !stream_ok(c->stream, &(struct err){0}))
		return false;
	free(c->folder.name);
	c->folder.name = mem_strdup(folder);
	c->folder.is_selected = false;
	c->changes.to_delete.count = c->changes.to_read.count = 0;
	return true;
}
