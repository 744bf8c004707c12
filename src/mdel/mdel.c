/* SPDX-License-Identifier: ISC */
/*
 * mdel - delete messages in a mailbox: exactly those that are named.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/folder_names.h"
#include "app/mailbox_task.h"
#include "app/message_lines.h"
#include "app/probe_json.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/trace.h"

static bool
goes_to_trash(const struct mailbox_task *t)
{
	return t->account.settings.mailbox.to_trash;
}

/* With -v each is named with its id, so that a number can be checked against what it stood for. */
static void
tell(const struct mailbox_task *t)
{
	for (size_t i = 0; i < t->named.count; i++) {
		const size_t index = t->named.index[i];
		const char *uid = message_list_uid(&t->list, index);

		trace_note(TRACE_PROTOCOL, "%s %" PRIu32 " (uid:%s)",
			   goes_to_trash(t) ? "moves" : "deletes", t->list.items[index].number,
			   uid ? uid : "");
	}
}

static bool
list_and_select(struct mailbox_task *t, struct err *e)
{
	const bool wants_uids = operands_want_uids(&t->operands) || trace_wants(TRACE_PROTOCOL) ||
				t->run->options.dry_run;

	unsigned want = wants_uids ? WANT_UIDS : WANT_SIZES;

	if (!mailbox_session_open(&t->session, &t->account, e))
		return false;
	if (operands_want_sizes(&t->operands, t->session.base.url.protocol))
		want |= WANT_SIZES;
	if (!mailbox_list(&t->session.mailbox, want, &t->list, e) ||
	    !mailbox_check_rights(&t->session.mailbox, RIGHT_DELETE, e))
		return false;
	mailbox_session_show_alert(&t->session, t->run);
	mailbox_task_select_to_change(t);
	return true;
}

static bool
carry_out(struct mailbox_task *t, struct err *e)
{
	if (!list_and_select(t, e))
		return false;
	tell(t);
	mailbox_remove(&t->session.mailbox, &t->list, &t->named);
	if (!mailbox_commit(&t->session.mailbox, e))
		return false;
	operands_complain(&t->operands, t->run);
	if (!mailbox_task_check_gone(t, goes_to_trash(t) ? "move" : "deletion", e))
		return false;
	trace_note(TRACE_PROTOCOL, "%zu %s", t->named.count,
		   goes_to_trash(t) ? "moved to the Trash" : "deleted");
	return true;
}

static bool
show_plan(struct mailbox_task *t, struct err *e)
{
	const char *deed = goes_to_trash(t) ? "move to the Trash" : "delete";

	run_show_settings(t->run, &t->account);
	fflush(stdout);
	if (!list_and_select(t, e) || !message_lines_show(t, deed, e))
		return false;
	printf("would %s %zu of %zu messages\n", deed, t->named.count, t->list.count);
	fflush(stdout);
	operands_complain(&t->operands, t->run);
	return mailbox_commit(&t->session.mailbox, e);
}

static bool
delete_named(struct mailbox_task *t, struct err *e)
{
	if (!mailbox_task_open_journal(t, e))
		return false;
	return t->run->options.dry_run ? show_plan(t, e) : carry_out(t, e);
}

static bool
prepare(struct mailbox_task *t, struct err *e)
{
	struct run *run = t->run;

	if (!run->options.probe && !mailbox_task_check_operands(run, e))
		return false;
	return operands_parse(&t->operands, run->operands, run->operand_count, e) &&
	       run_account(run, &t->account, TOOL_MDEL, NULL, e) &&
	       folders_check_one(&t->account, e);
}

static bool
job(struct run *run, struct err *e)
{
	struct mailbox_task t = {.run = run};
	bool ok = prepare(&t, e);

	if (ok && run->options.probe)
		ok = mailbox_session_probe(&t.account, probe_form(run), e);
	else if (ok)
		ok = delete_named(&t, e);
	mailbox_task_close(&t);
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
