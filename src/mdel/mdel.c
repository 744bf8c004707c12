/* SPDX-License-Identifier: ISC */
/*
 * mdel - delete messages in a mailbox: exactly those that are named.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/folder_names.h"
#include "app/mailbox_name.h"
#include "app/mailbox_session.h"
#include "app/message_lines.h"
#include "app/operands.h"
#include "app/probe_json.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/trace.h"
#include "journal/journal.h"
#include "journal/journal_former.h"

struct deletion {
	struct run *run;
	struct account account;
	struct operands operands;
	struct journal *journal; /* all messages delivered locally, for "new" */
	struct mailbox_session session;
	struct message_list list;
	struct message_set to_delete;
};

static bool
goes_to_trash(const struct deletion *d)
{
	return d->account.settings.mailbox.to_trash;
}

/* With -v each is named with its id, so that a number can be checked against what it stood for. */
static void
tell(const struct deletion *d)
{
	for (size_t i = 0; i < d->to_delete.count; i++) {
		const size_t index = d->to_delete.index[i];
		const char *uid = message_list_uid(&d->list, index);

		trace_note(TRACE_PROTOCOL, "%s %" PRIu32 " (uid:%s)",
			   goes_to_trash(d) ? "moves" : "deletes", d->list.items[index].number,
			   uid ? uid : "");
	}
}

static bool
list_and_select(struct deletion *d, struct err *e)
{
	const bool wants_uids = operands_wants_uids(&d->operands) || trace_wants(TRACE_PROTOCOL) ||
				d->run->options.dry_run;

	unsigned want = wants_uids ? WANT_UIDS : WANT_SIZES;

	if (!mailbox_session_open(&d->session, &d->account, e))
		return false;
	if (operands_wants_sizes(&d->operands, d->session.base.url.protocol))
		want |= WANT_SIZES;
	if (!mailbox_list(&d->session.mailbox, want, &d->list, e) ||
	    !mailbox_check_rights(&d->session.mailbox, RIGHT_DELETE, e))
		return false;
	journal_set_validity(d->journal, mailbox_validity(&d->session.mailbox));
	mailbox_session_show_alert(&d->session, d->run);
	operands_apply(&d->operands, &d->list, d->journal, &d->to_delete);
	return true;
}

/* A new session's list. It is nobody's wish, so nobody is asked for a password. */
static bool
list_again(struct deletion *d, struct message_list *l)
{
	const uint64_t validity = mailbox_validity(&d->session.mailbox);
	struct mailbox *m = &d->session.mailbox;
	struct err e;

	mailbox_session_show_alert(&d->session, d->run);
	mailbox_session_close(&d->session);
	d->account.is_unattended = true;
	if (mailbox_session_open(&d->session, &d->account, &e) &&
	    mailbox_list(m, WANT_UIDS, l, &e) && mailbox_commit(m, &e))
		return mailbox_validity(m) == validity;
	trace_note(TRACE_PROTOCOL, "whether they went can't be seen: %s", e.text);
	return false;
}

static size_t
count_left(const struct deletion *d, const struct message_list *l)
{
	struct message_index index;
	size_t count = 0;

	message_index_make(&index, l);
	for (size_t i = 0; i < d->to_delete.count; i++) {
		const char *uid = message_list_uid(&d->list, d->to_delete.index[i]);

		count += uid && message_index_find(&index, uid) != MESSAGE_NONE;
	}
	message_index_free(&index);
	return count;
}

/* The server agreed. If it did not confirm the deletions, a second look is worth a login: a false
 * alarm would be worse than none. */
static bool
check_gone(struct deletion *d, struct err *e)
{
	struct message_list now = {0};
	size_t left = 0;

	if (mailbox_unconfirmed(&d->session.mailbox) > 0 && list_again(d, &now))
		left = count_left(d, &now);
	message_list_free(&now);
	if (left == 0)
		return true;
	err_set(e, ERR_UNAVAILABLE,
		"%s: the server agreed to the deletion, and %zu of %zu messages are there still",
		session_place(&d->session.base), left, d->to_delete.count);
	return err_hint(e, "who may delete in this folder is up to its owner, or to a setting on "
			   "the provider's web site");
}

static bool
carry_out(struct deletion *d, struct err *e)
{
	if (!list_and_select(d, e))
		return false;
	tell(d);
	mailbox_remove(&d->session.mailbox, &d->list, &d->to_delete);
	if (!mailbox_commit(&d->session.mailbox, e))
		return false;
	operands_complain(&d->operands, d->run);
	if (!check_gone(d, e))
		return false;
	trace_note(TRACE_PROTOCOL, "%zu %s", d->to_delete.count,
		   goes_to_trash(d) ? "moved to the Trash" : "deleted");
	return true;
}

static bool
show_plan(struct deletion *d, struct err *e)
{
	const char *deed = goes_to_trash(d) ? "move to the Trash" : "delete";

	run_show_settings(d->run, &d->account);
	fflush(stdout);
	if (!list_and_select(d, e) ||
	    !message_lines_show(d->run, &d->session.mailbox, &d->list, &d->to_delete, deed, e))
		return false;
	printf("would %s %zu of %zu messages\n", deed, d->to_delete.count, d->list.count);
	fflush(stdout);
	operands_complain(&d->operands, d->run);
	return mailbox_commit(&d->session.mailbox, e);
}

static bool
delete_named(struct deletion *d, struct err *e)
{
	d->journal = mailbox_journals(&d->account, &d->run->given, e);
	if (!d->journal)
		return false;
	return d->run->options.dry_run ? show_plan(d, e) : carry_out(d, e);
}

static bool
prepare(struct deletion *d, struct err *e)
{
	struct run *run = d->run;

	if (run->operand_count == 0 && !run->options.probe) {
		err_set(e, ERR_USAGE, "no messages given");
		return err_hint(e, "7, 3-9, 12-, last:20, first:5, uid:ID, new, all, or - for ids "
				   "from standard input");
	}
	return operands_parse(&d->operands, run->operands, run->operand_count, e) &&
	       run_account(run, &d->account, TOOL_MDEL, NULL, e) &&
	       folders_check_one(&d->account, e);
}

static bool
job(struct run *run, struct err *e)
{
	struct deletion d = {.run = run};
	bool ok = prepare(&d, e);

	if (ok && run->options.probe)
		ok = mailbox_session_probe(&d.account, probe_form(run), e);
	else if (ok)
		ok = delete_named(&d, e);
	mailbox_session_show_alert(&d.session, run);
	mailbox_session_close(&d.session);
	journal_close(d.journal);
	message_list_free(&d.list);
	message_set_free(&d.to_delete);
	operands_free(&d.operands);
	account_free(&d.account);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct tool mdel = {.id = TOOL_MDEL,
					 .usage = "[OPTION]... MESSAGE...",
					 .summary = "Deletes the messages named.",
					 .job = job};

	return tool_main(&mdel, argc, argv);
}
