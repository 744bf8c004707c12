/* SPDX-License-Identifier: ISC */
/*
 * mlist - show what is in a mailbox.
 */
#include <stdio.h>

#include "app/folder_names.h"
#include "app/probe_json.h"
#include "app/tool.h"
#include "base/err.h"
#include "config/conflict.h"
#include "mlist/folder_table.h"
#include "mlist/listing.h"

/* Nothing is connected for it. */
static bool
show_plan(const struct listing *l, struct err *e)
{
	const struct account *a = &l->task.account;

	if (!mailbox_session_check(a, e))
		return false;
	printf("would %s %s%s\n", l->options.count ? "count" : "list",
	       l->task.run->operand_count > 0 ? "the messages named" : "all messages",
	       a->settings.mailbox.search ? ", if the server finds them" : "");
	return true;
}

static bool
list(struct listing *l, struct err *e)
{
	const struct run *run = l->task.run;

	if (!listing_prepare(l, e))
		return false;
	if (run->options.dry_run)
		run_show_settings(run, &l->task.account);
	if (!mailbox_task_open_journal(&l->task, e))
		return false;
	return run->options.dry_run ? show_plan(l, e) : listing_carry_out(l, e);
}

static bool
serve(struct listing *l, struct err *e)
{
	struct run *run = l->task.run;
	const struct account *a = &l->task.account;

	if (run->options.probe)
		return mailbox_session_probe(a, probe_form(run), e);
	if (!conflict_check_options(&run->given, TOOL_MLIST, e))
		return false;
	if (l->options.folders)
		return folders_show(run, a, &l->options, e);
	return folders_check_one(a, e) && list(l, e);
}

static bool
job(struct run *run, struct err *e)
{
	struct listing l = {.task = {.run = run}};
	bool ok = run_account(run, &l.task.account, TOOL_MLIST, NULL, e);

	l.options = mlist_options_read(run, &l.task.account);
	ok = ok && serve(&l, e);
	listing_free(&l);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct tool mlist = {.id = TOOL_MLIST,
					  .usage = "[OPTION]... [MESSAGE]...",
					  .summary = "Shows what is in a mailbox.",
					  .job = job};

	return tool_main(&mlist, argc, argv);
}
