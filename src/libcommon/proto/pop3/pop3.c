/* SPDX-License-Identifier: ISC */
#include "proto/pop3/pop3.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/dialog.h"
#include "proto/login.h"
#include "proto/pop3/pop3_talk.h"

/* Removing: the numbers are kept, and go out with QUIT in one flight. */

static void
pop3_remove(void *conversation, const struct message_list *l, const struct message_set *set)
{
	struct pop3 *c = conversation;

	if (set->count == 0)
		return;
	c->to_delete = mem_grow(c->to_delete, c->delete_count + set->count, sizeof *c->to_delete);
	for (size_t i = 0; i < set->count; i++)
		c->to_delete[c->delete_count++] = l->items[set->index[i]].number;
}

static void
ask_quit(struct pop3 *c)
{
	dialog_ask(c->dialog, "QUIT");
	c->has_quit = true;
}

/* Sends DELE for each, and QUIT after the last: one flight if the window is open. */
static void
ask_removal(struct pop3 *c, size_t i)
{
	if (i < c->delete_count)
		dialog_ask(c->dialog, "DELE %" PRIu32, c->to_delete[i]);
	else
		ask_quit(c);
}

/* All answers are read, the first refusal counts. RFC 1939 section 6: nothing is removed before
 * QUIT. */
static bool
remove_all(struct pop3 *c, struct err *e)
{
	size_t asked = 0;
	bool ok = true;

	for (size_t i = 0; i <= c->delete_count; i++) {
		for (; asked <= c->delete_count && asked < i + POP3_ASK_AHEAD; asked++)
			ask_removal(c, asked);
		switch (pop3_await(c)) {
		case POP3_OK:
			break;
		case POP3_ERR:
			ok = ok && pop3_refused(c, ERR_UNAVAILABLE, e);
			break;
		case POP3_CHALLENGE:
		case POP3_FAILED:
			return pop3_refused(c, ERR_PROTOCOL, e);
		}
	}
	return ok;
}

static bool
pop3_commit(void *conversation, struct err *e)
{
	struct pop3 *c = conversation;

	if (c->delete_count > 0)
		return remove_all(c, e);
	/* Nothing of ours depends on the answer, so nobody waits for it. */
	ask_quit(c);
	dialog_flush(c->dialog);
	return true;
}

/* A session that failed ends in order too. But QUIT may mean more than goodbye once a message was
 * retrieved: servers that delete what was fetched do it then (RFC 2449 section 6.7). */
static void
take_leave(struct pop3 *c)
{
	if (!c->has_quit && !c->has_retrieved)
		dialog_leave(c->dialog, "QUIT");
}

static void
pop3_close(void *conversation)
{
	struct pop3 *c = conversation;

	take_leave(c);
	dialog_free(c->dialog);
	buf_free(&c->described);
	buf_free(&c->words);
	free(c->timestamp);
	free(c->to_delete);
	free(c);
}

static const struct mailbox_protocol pop3_protocol = {
    .list = pop3_list,
    .list_since = pop3_list_since,
    .mark = pop3_mark,
    .count = pop3_count,
    .fetch = pop3_fetch,
    .remove = pop3_remove,
    .commit = pop3_commit,
    .close = pop3_close,
};

bool
pop3_open(struct mailbox *m, struct stream *s, const struct login *l, struct err *e)
{
	struct pop3 *c = mem_alloc(sizeof *c);

	*m = (struct mailbox){
	    .protocol = &pop3_protocol, .conversation = c, .facts = &c->features.facts};
	c->stream = s;
	c->dialog = dialog_new(s);
	if (l->one_at_a_time)
		dialog_keep_strict(c->dialog);
	if (pop3_log_in(c, l, e))
		return true;
	mailbox_close(m);
	return false;
}
