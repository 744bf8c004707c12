/* SPDX-License-Identifier: ISC */
#include "app/mailbox_task.h"

#include <inttypes.h>

#include "app/mailbox_name.h"
#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/trace.h"
#include "journal/journal.h"
#include "journal/journal_former.h"
#include "message/receiver.h"

enum { HEADER_MAX = 256 * 1024 };

bool
mailbox_task_check_operands(const struct run *run, struct err *e)
{
	if (run->operand_count > 0)
		return true;
	err_set(e, ERR_USAGE, "no messages given");
	return operands_hint(e);
}

bool
mailbox_task_open_journal(struct mailbox_task *t, struct err *e)
{
	t->journal = mailbox_journals(&t->account, &t->run->given, e);
	return t->journal != NULL;
}

void
mailbox_task_select(struct mailbox_task *t)
{
	journal_set_validity(t->journal, mailbox_validity(&t->session.mailbox));
	operands_apply(&t->operands, &t->list, t->journal, &t->named);
}

/* True: it has a name in commands of its protocol; POP3 has the number. */
static bool
can_be_named(const struct mailbox_task *t, size_t index)
{
	struct err why = {0};

	if (t->session.base.url.protocol != PROTOCOL_IMAP || message_list_uid(&t->list, index))
		return true;
	err_set(&why, ERR_NO_INPUT, "%s: message %" PRIu32 ": the server gives it no UID",
		session_place(&t->session.base), t->list.items[index].number);
	run_complain(t->run, &why);
	return false;
}

void
mailbox_task_select_to_change(struct mailbox_task *t)
{
	size_t kept = 0;

	mailbox_task_select(t);
	for (size_t i = 0; i < t->named.count; i++)
		if (can_be_named(t, t->named.index[i]))
			t->named.index[kept++] = t->named.index[i];
	t->named.count = kept;
}

/* A new session's list. It is nobody's wish, so nobody is asked for a password. */
static bool
list_again(struct mailbox_task *t, struct message_list *l)
{
	const uint64_t validity = mailbox_validity(&t->session.mailbox);
	struct mailbox *m = &t->session.mailbox;
	struct err e;

	mailbox_session_show_alert(&t->session, t->run);
	mailbox_session_close(&t->session);
	t->account.is_unattended = true;
	if (mailbox_session_open(&t->session, &t->account, &e) &&
	    mailbox_list(m, WANT_UIDS, l, &e) && mailbox_commit(m, &e))
		return mailbox_validity(m) == validity;
	trace_note(TRACE_PROTOCOL, "cannot tell whether they are gone: %s", e.text);
	return false;
}

static size_t
count_left(const struct mailbox_task *t, const struct message_list *l)
{
	struct message_index index;
	size_t count = 0;

	message_index_make(&index, l);
	for (size_t i = 0; i < t->named.count; i++) {
		const char *uid = message_list_uid(&t->list, t->named.index[i]);

		count += uid && message_index_find(&index, uid) != MESSAGE_NONE;
	}
	message_index_free(&index);
	return count;
}

bool
mailbox_task_check_gone(struct mailbox_task *t, const char *deed, struct err *e)
{
	struct message_list now = {0};
	size_t left = 0;

	if (mailbox_unconfirmed(&t->session.mailbox) > 0 && list_again(t, &now))
		left = count_left(t, &now);
	message_list_free(&now);
	if (left == 0)
		return true;
	err_set(e, ERR_UNAVAILABLE,
		"%s: the server agreed to the %s, and %zu of %zu messages are there still",
		session_place(&t->session.base), deed, left, t->named.count);
	return err_hint(e, "who may delete in this folder is up to its owner, or to a setting on "
			   "the provider's web site");
}

/* Headers, received one by one and shown at once. */

struct header_fetch {
	const struct mailbox_task *task;
	message_headed show;
	void *ctx;         /* of show */
	struct buf header; /* of the message being received */
	size_t index;      /* of that message */
};

static bool
begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct header_fetch *f = ctx;

	(void)e;
	f->index = info->index;
	buf_clear(&f->header);
	return true;
}

static bool
data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	struct header_fetch *f = ctx;

	(void)e;
	if (f->header.len < HEADER_MAX)
		buf_add(&f->header, bytes, n);
	return true;
}

static bool
end(void *ctx, struct err *e)
{
	struct header_fetch *f = ctx;

	(void)e;
	f->show(f->ctx, &f->task->list, f->index, f->header.data, f->header.len);
	return true;
}

/* A message that went away meanwhile. */
static bool
abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	const struct header_fetch *f = ctx;

	(void)info;
	if (why)
		run_complain(f->task->run, why);
	return why != NULL;
}

bool
mailbox_task_fetch_headers(struct mailbox_task *t, message_headed show, void *ctx, struct err *e)
{
	static const struct receiver receiver = {
	    .begin = begin, .data = data, .end = end, .abandon = abandon};
	struct header_fetch f = {.task = t, .show = show, .ctx = ctx};
	const bool ok =
	    mailbox_fetch(&t->session.mailbox, &t->list, &t->named, PART_FIELDS, &receiver, &f, e);

	buf_free(&f.header);
	return ok;
}

void
mailbox_task_close(struct mailbox_task *t)
{
	mailbox_session_show_alert(&t->session, t->run);
	mailbox_session_close(&t->session);
	journal_close(t->journal);
	message_list_free(&t->list);
	message_set_free(&t->named);
	operands_free(&t->operands);
	account_free(&t->account);
}
