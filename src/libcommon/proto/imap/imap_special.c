/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_special.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/stream.h"
#include "proto/imap/imap_list.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"

/* The Trash. */

void
imap_ask_trash(struct imap *c)
{
	const struct imap_folder_listing x = {.c = c};

	imap_ask_list(&x, "");
}

static bool
check_trash(struct imap *c, struct err *e)
{
	if (!c->changes.trash) {
		imap_complain(c, ERR_UNAVAILABLE,
			      "there is no Trash folder to move messages to, so nothing is deleted",
			      e);
		return err_hint(e, "create a folder named Trash there, or leave --trash out");
	}
	if (strpbrk(c->changes.trash, "\r\n"))
		return imap_complain(c, ERR_UNAVAILABLE, "the Trash has a line end in its name", e);
	return true;
}

bool
imap_await_trash(struct imap *c, struct err *e)
{
	struct folder_list l = {0};
	struct imap_folder_listing x = {.c = c, .list = &l};
	const bool ok = imap_ok(x.c, imap_await_list(&x), ERR_UNAVAILABLE, e);
	const struct folder *trash;

	folder_list_arrange(&l); /* where several are marked, it is the same one always */
	trash = folder_list_trash(&l);
	free(c->changes.trash);
	c->changes.trash = ok && trash ? mem_strdup(trash->wire) : NULL;
	folder_list_free(&l);
	imap_list_free(&x); /* of a NAMESPACE that nobody asked for */
	return ok && check_trash(c, e);
}

/* Folders by their special use. */

/* The name for a new one. Some servers have all folders below INBOX. */
static bool
name_new(struct imap_folder_listing *x, const char *attribute, struct buf *wire, struct err *e)
{
	struct imap *c = x->c;

	if (imap_can(c, IMAP_NAMESPACE)) {
		imap_ask(c, "NAMESPACE");
		if (!imap_ok(c, imap_await_list(x), ERR_UNAVAILABLE, e))
			return false;
	}
	if (x->prefix_count > 0 && strlen(x->prefixes[0]) > 5 &&
	    imap_name_is_inbox(x->prefixes[0], 5))
		buf_add_str(wire, x->prefixes[0]);
	return imap_name_wire(wire, folder_usual_name(attribute), c->stage.is_utf8, e);
}

static bool
take_special(struct imap_folder_listing *x, const char *attribute, bool creates, struct buf *wire,
	     struct err *e)
{
	const struct folder *found = folder_list_special(x->list, attribute, true);

	if (found && !strpbrk(found->wire, "\r\n")) {
		buf_add_str(wire, found->wire);
		return true;
	}
	if (!found && creates)
		return name_new(x, attribute, wire, e);
	err_set(e, ERR_NO_INPUT, "%s: no folder is marked as %s, and none has a usual name for it",
		stream_name(x->c->stream), attribute);
	return err_hint(e, "give the folder's name, or --create");
}

bool
imap_find_special(struct imap *c, const char *attribute, bool creates, struct buf *wire,
		  struct err *e)
{
	struct folder_list l = {0};
	struct imap_folder_listing x = {.c = c, .list = &l};
	bool ok;

	imap_ask_list(&x, "");
	ok = imap_ok(x.c, imap_await_list(&x), ERR_UNAVAILABLE, e);
	folder_list_arrange(&l);
	ok = ok && take_special(&x, attribute, creates, wire, e);
	folder_list_free(&l);
	imap_list_free(&x);
	return ok;
}
