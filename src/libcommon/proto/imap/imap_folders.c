/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_folders.h"

#include <string.h>

#include "base/text.h"
#include "proto/imap/imap_early.h"
#include "proto/imap/imap_introduction.h"
#include "proto/imap/imap_list.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"

enum { STATUS_AHEAD = 200 }; /* commands on the way */

/* Folders below INBOX have been listed already, if there are any. */
static bool
is_listed(const struct imap_folder_listing *x, const char *prefix)
{
	if (strlen(prefix) >= 5 && imap_name_is_inbox(prefix, 5))
		return true;
	for (size_t i = 0; i < x->list->count; i++)
		if (strncmp(x->list->items[i].wire, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static bool
list_namespaces(struct imap_folder_listing *x, struct err *e)
{
	size_t asked = 0;
	bool ok = true;

	for (size_t i = 0; i < x->prefix_count; i++)
		if (!is_listed(x, x->prefixes[i])) {
			imap_ask_list(x, x->prefixes[i]);
			asked++;
		}
	for (; asked > 0; asked--) {
		const enum imap_status status = imap_await_list(x);

		/* A user who may not see other users' folders has none of them. */
		ok = ok && (status == IMAP_NO || imap_ok(x->c, status, ERR_UNAVAILABLE, e));
	}
	return ok;
}

static bool
ask_status(struct imap *c, const struct folder *f)
{
	struct buf name = {0};

	if (f->is_absent || strpbrk(f->wire, "\r\n"))
		return false;
	imap_quote(&name, f->wire);
	imap_ask(c, "STATUS %s (MESSAGES UNSEEN)", name.data);
	buf_free(&name);
	return true;
}

/* A folder that may be seen and not opened, or about which the server has no answer, has no counts.
 */
static bool
count_each(struct imap_folder_listing *x, struct err *e)
{
	size_t on_the_way = 0;

	imap_folder_index_free(&x->index); /* the list was arranged since */
	for (size_t next = 0; next < x->list->count || on_the_way > 0;) {
		enum imap_status status;

		while (next < x->list->count && on_the_way < STATUS_AHEAD)
			on_the_way += ask_status(x->c, &x->list->items[next++]);
		if (on_the_way == 0)
			continue;
		on_the_way--;
		status = imap_await_counts(x);
		if (status != IMAP_NO && status != IMAP_BAD &&
		    !imap_ok(x->c, status, ERR_UNAVAILABLE, e))
			return false;
	}
	return true;
}

static bool
count_unordered(struct imap_folder_listing *x, struct err *e)
{
	bool ok;

	imap_begin_unordered(x->c);
	ok = count_each(x, e);
	imap_end_unordered(x->c);
	return ok;
}

static bool
list_all(struct imap_folder_listing *x, struct err *e)
{
	struct imap *c = x->c;
	const bool has_namespaces = imap_can(c, IMAP_NAMESPACE),
		   has_counts = imap_list_has_counts(x);

	imap_ask_list(x, "");
	if (has_namespaces)
		imap_ask(c, "NAMESPACE");
	if (!imap_await_introduction(c, e) ||
	    !imap_ok(x->c, imap_await_list(x), ERR_UNAVAILABLE, e))
		return false;
	if (has_namespaces && imap_await_list(x) == IMAP_FAILED)
		return imap_stream_ok(c, e);
	if (!list_namespaces(x, e))
		return false;
	folder_list_arrange(x->list);
	return !x->wants_counts || has_counts || count_unordered(x, e);
}

bool
imap_folders(void *conversation, bool with_counts, struct folder_list *l, struct err *e)
{
	struct imap_folder_listing x = {.c = conversation, .list = l, .wants_counts = with_counts};
	const bool ok = imap_ask_introduction(x.c, e) && list_all(&x, e);

	imap_list_free(&x);
	return ok;
}
