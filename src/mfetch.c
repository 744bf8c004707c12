/* SPDX-License-Identifier: ISC */
/*
 * mfetch - bring messages here, then delete them there unless --keep.
 */
#include "app/fetch.h"
#include "app/select.h"
#include "app/session.h"
#include "app/tool.h"
#include "app/watch.h"
#include "base/err.h"
#include "config/account.h"

enum { INTERVAL_S = 60 };

/* Options that say different things of the same run. */
static bool
check_options(const struct run *run, struct err *e)
{
	static const struct {
		enum setting_id one, other;
	} exclusive[] = {{SET_MARK_SEEN, SET_LIMIT},   {SET_MARK_SEEN, SET_MAX_SIZE},
			 {SET_MARK_SEEN, SET_HEADERS}, {SET_MARK_SEEN, SET_FILTER},
			 {SET_HEADERS, SET_FILTER},    {SET_WATCH, SET_MARK_SEEN},
			 {SET_WATCH, SET_HEADERS},     {SET_WATCH, SET_DRY_RUN},
			 {SET_WATCH, SET_PROBE}};

	for (size_t i = 0; i < sizeof exclusive / sizeof exclusive[0]; i++) {
		const enum setting_id one = exclusive[i].one, other = exclusive[i].other;

		if (run->given.of[one].text && run->given.of[other].text)
			return err_set(e, ERR_USAGE, "--%s and --%s do not go together",
				       setting_row(one, TOOL_MFETCH)->name,
				       setting_row(other, TOOL_MFETCH)->name);
	}
	if (run_flag(run, SET_WATCH) && run->operand_count > 0)
		return err_set(e, ERR_USAGE, "--watch fetches what is new and takes no messages");
	if (run->given.of[SET_INTERVAL].text && !run_flag(run, SET_WATCH))
		return err_set(e, ERR_USAGE, "--interval goes with --watch");
	return true;
}

static bool
select_messages(struct selection *selection, const struct run *run, struct err *e)
{
	if (!selection_parse(selection, run->operands, run->operand_count, e))
		return false;
	if (run->operand_count == 0)
		selection_add(selection, OPERAND_NEW);
	return true;
}

struct service {
	struct run *run;
	struct account account;
	struct selection *selection;
};

static bool
poll_account(void *ctx, struct err *e)
{
	struct service *s = ctx;

	return fetch_once(s->run, &s->account, s->selection, e);
}

static bool
serve(struct service *s, struct err *e)
{
	if (run_flag(s->run, SET_PROBE))
		return session_probe(&s->account, TOOL_MFETCH, e);
	if (!run_flag(s->run, SET_WATCH))
		return poll_account(s, e);
	s->account.is_unattended = true;
	return watch_run(s->run, account_number(&s->account, SET_INTERVAL, INTERVAL_S),
			 poll_account, s, e);
}

static bool
serve_account(struct run *run, struct selection *selection, struct err *e)
{
	struct service s = {.run = run, .selection = selection};
	const bool ok =
	    account_resolve(&s.account, TOOL_MFETCH, &run->given, NULL, e) && serve(&s, e);

	account_free(&s.account);
	return ok;
}

static bool
job(struct run *run, struct err *e)
{
	struct selection selection = {0};
	const bool ok = check_options(run, e) && select_messages(&selection, run, e) &&
			serve_account(run, &selection, e);

	selection_free(&selection);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct tool mfetch = {
	    .id = TOOL_MFETCH,
	    .usage = "[OPTION]... [MESSAGE]...",
	    .summary = "Brings new messages here, then deletes them there unless --keep.",
	    .job = job};

	return tool_main(&mfetch, argc, argv);
}
