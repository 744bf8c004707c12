/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/dialog.h"
#include "proto/imap/imap_append.h"
#include "proto/imap/imap_count.h"
#include "proto/imap/imap_early.h"
#include "proto/imap/imap_fetch.h"
#include "proto/imap/imap_folders.h"
#include "proto/imap/imap_login.h"
#include "proto/imap/imap_messages.h"
#include "proto/imap/imap_notify.h"
#include "proto/imap/imap_remove.h"
#include "proto/imap/imap_search.h"
#include "proto/imap/imap_select.h"
#include "proto/imap/imap_talk.h"
#include "proto/imap/imap_wait.h"
#include "proto/login.h"
#include "proto/mailbox.h"

/* A session that failed ends in order too, unless the server is in the middle of an answer or has
 * said BYE. */
static void
take_leave(struct imap *c)
{
	char tag[16], *command;

	if (c->tags.in_answer || c->bye.len > 0)
		return;
	imap_take_tag(c, tag);
	command = mem_printf("%s LOGOUT", tag);
	dialog_leave(c->dialog, command);
	free(command);
}

static void
imap_close(void *conversation)
{
	struct imap *c = conversation;

	take_leave(c);
	dialog_free(c->dialog);
	imap_parse_free(&c->reader.parse);
	imap_early_free(c);
	imap_notify_free(c);
	buf_free(&c->reader.shown);
	buf_free(&c->words);
	buf_free(&c->bye);
	imap_capabilities_free(&c->capabilities);
	buf_free(&c->alerts.lines);
	free(c->folder.name);
	free(c->folder.permanent);
	imap_uids_free(&c->changes.to_delete);
	imap_uids_free(&c->changes.to_read);
	free(c->changes.trash);
	free(c);
}

static void
imap_only_look(void *conversation)
{
	((struct imap *)conversation)->folder.only_looks = true;
}

static void
imap_stay(void *conversation)
{
	((struct imap *)conversation)->stays = true;
}

static char *
imap_alert(void *conversation)
{
	struct imap *c = conversation;
	const size_t from = c->alerts.taken;

	c->alerts.taken = c->alerts.lines.len;
	return from < c->alerts.lines.len ? mem_strdup(c->alerts.lines.data + from) : NULL;
}

static bool
turn(void *conversation, const char *folder)
{
	imap_notify_turn(conversation, folder);
	return imap_turn(conversation, folder);
}

static const struct mailbox_protocol imap_protocol = {
    .list = imap_list,
    .list_since = imap_list_since,
    .mark = imap_mark,
    .list_headers = imap_list_headers,
    .list_some = imap_list_some,
    .count = imap_count,
    .find = imap_find,
    .list_found = imap_list_found,
    .folders = imap_folders,
    .turn = turn,
    .fetch = imap_fetch,
    .remove = imap_remove,
    .mark_read = imap_mark_read,
    .change = imap_change,
    .append = imap_append,
    .settle = imap_settle,
    .commit = imap_commit,
    .close = imap_close,
    .only_look = imap_only_look,
    .check_rights = imap_check_rights,
    .stay = imap_stay,
    .wait = imap_wait,
    .announce = imap_notify,
    .has_news = imap_has_news,
    .alert = imap_alert,
};

bool
imap_open(struct mailbox *m, struct stream *s, const struct login *l, const struct imap_params *p,
	  struct err *e)
{
	struct imap *c = mem_alloc(sizeof *c);

	*m = (struct mailbox){.protocol = &imap_protocol, .conversation = c, .facts = &c->facts};
	c->stream = s;
	c->dialog = dialog_new(s);
	if (l->one_at_a_time)
		dialog_keep_strict(c->dialog);
	c->folder.name = mem_strdup(p->folder ? p->folder : "INBOX");
	c->changes.to_trash = p->to_trash;
	if (imap_log_in(c, l, e) && (!p->compress || imap_compress(c, e)))
		return true;
	mailbox_close(m);
	return false;
}
