/* SPDX-License-Identifier: ISC */
/*
 * mfetch - bring messages here, then delete them there unless --keep.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/select.h"
#include "app/session.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "config/paths.h"
#include "deliver/delivery.h"
#include "deliver/seen.h"
#include "deliver/sink.h"

/* What is left on the server after delivery. */
struct keeping {
	bool keep;
	bool has_age; /* what was delivered so long ago goes all the same */
	uint64_t age;
};

struct fetch {
	struct run *run;
	struct account account;
	struct sink_spec sink;
	struct keeping keeping;
	struct selection selection;
	bool by_default; /* no operands: what is new */
	struct seen *seen;
	struct session session;
	struct message_list list;
	struct message_set wanted;
	struct delivery *delivery;
};

/* Where to: one of --raw, --maildir, --mbox, --pipe, else standard output as mbox. What the command
 * line says stands above the configuration. */

static const struct {
	enum setting_id setting;
	enum sink_kind kind;
} destinations[] = {{SET_RAW, SINK_RAW_STDOUT},
		    {SET_MAILDIR, SINK_MAILDIR},
		    {SET_MBOX, SINK_MBOX},
		    {SET_PIPE, SINK_COMMAND}};

enum { DESTINATIONS = sizeof destinations / sizeof destinations[0] };

/* How many of the settings have a value in VALUES; *FOUND is the last. */
static size_t
find_destinations(const struct values *values, size_t *found)
{
	size_t count = 0;

	for (size_t i = 0; i < DESTINATIONS; i++)
		if (values->of[destinations[i].setting].text) {
			*found = i;
			count++;
		}
	return count;
}

static bool
choose_sink(struct fetch *f, struct err *e)
{
	size_t i = 0, count = find_destinations(&f->run->given, &i);
	const enum err_code code = count > 0 ? ERR_USAGE : ERR_CONFIG;

	if (count == 0)
		count = find_destinations(&f->account.values, &i);
	if (count > 1)
		return err_set(e, code,
			       "only one of raw, maildir, mbox and pipe can be the destination");
	f->sink.kind = count == 0 ? SINK_MBOX_STDOUT : destinations[i].kind;
	f->sink.nul = run_flag(f->run, SET_NUL);
	f->sink.account = f->account.name;
	if (count > 0 && f->sink.kind != SINK_RAW_STDOUT)
		f->sink.place = account_text(&f->account, destinations[i].setting);
	if (f->sink.nul && f->sink.kind != SINK_RAW_STDOUT)
		return err_set(e, ERR_USAGE, "--null goes with --raw");
	return true;
}

static bool
is_terminal(const struct fetch *f)
{
	return (f->sink.kind == SINK_MBOX_STDOUT || f->sink.kind == SINK_RAW_STDOUT) &&
	       isatty(STDOUT_FILENO) == 1;
}

static void
choose_keeping(struct fetch *f)
{
	const char *text = account_text(&f->account, SET_KEEP);

	f->keeping.has_age = text && setting_parse_age(text, &f->keeping.age);
	f->keeping.keep =
	    is_terminal(f) || f->keeping.has_age || account_flag(&f->account, SET_KEEP);
}

/* Standard output has a memory only with --keep, and never on a terminal: NULL, without an error.
 */
static bool
has_memory(const struct fetch *f)
{
	const bool is_stdout = f->sink.kind == SINK_MBOX_STDOUT || f->sink.kind == SINK_RAW_STDOUT;

	return !is_stdout || (f->keeping.keep && !is_terminal(f));
}

static bool
open_seen(struct fetch *f, struct err *e)
{
	char *directory = paths_state("seen");
	char *mailbox = session_mailbox_name(&f->account, TOOL_MFETCH, e);
	char *destination = NULL;

	if (!directory)
		err_set(e, ERR_CONFIG,
			"HOME is not set, so there is no place to record what was delivered");
	else if (mailbox && (!has_memory(f) || (destination = sink_destination(&f->sink, e))))
		f->seen = seen_open(directory, mailbox, destination, e);
	free(directory);
	free(mailbox);
	free(destination);
	return f->seen != NULL;
}

static void
complain(void *ctx, const struct err *why)
{
	run_complain(ctx, why);
}

static bool
list(struct fetch *f, struct err *e)
{
	if (!mailbox_list(&f->session.mailbox, WANT_SIZES | WANT_UIDS, &f->list, e))
		return false;
	if (f->list.has_uids || f->list.count == 0 || !f->keeping.keep || is_terminal(f))
		return true;
	err_set(e, ERR_UNAVAILABLE,
		"%s: the server gives its messages no unique ids, so --keep can't know what is new",
		f->session.url.host);
	return err_hint(e, "name the messages, or fetch without --keep");
}

/* A message whose id is another's too can't be recorded: with --keep it would come again in every
 * run. */
static void
leave_ambiguous(struct fetch *f)
{
	size_t kept = 0;
	struct err e;

	if (!f->by_default || !f->keeping.keep || is_terminal(f))
		return;
	for (size_t i = 0; i < f->wanted.count; i++)
		if (message_list_uid(&f->list, f->wanted.index[i]))
			f->wanted.index[kept++] = f->wanted.index[i];
	if (kept == f->wanted.count)
		return;
	err_set(&e, ERR_UNAVAILABLE,
		"%s: %zu messages have a unique id that another has too, so they stay there",
		f->session.url.host, f->wanted.count - kept);
	err_hint(&e, "name them by number, or fetch without --keep");
	run_complain(f->run, &e);
	f->wanted.count = kept;
}

static bool
select_wanted(struct fetch *f, struct err *e)
{
	selection_apply(&f->selection, &f->list, f->seen, &f->wanted);
	leave_ambiguous(f);
	if (f->sink.kind == SINK_RAW_STDOUT && !f->sink.nul && f->wanted.count > 1)
		return err_set(e, ERR_USAGE, "%zu messages: --raw takes one, or goes with --null",
			       f->wanted.count);
	return true;
}

/*
 * Whole messages of a group under way are delivered too where the session broke: they need not come
 * again. But not after a breach of the protocol: then nobody knows which of them is which.
 */
static bool
deliver(struct fetch *f, struct err *e)
{
	struct err settled;
	const bool fetched = mailbox_fetch(&f->session.mailbox, &f->list, &f->wanted, PART_WHOLE,
					   &delivery_receiver, f->delivery, e);

	if (!fetched && e->code == ERR_PROTOCOL)
		return false;
	if (delivery_settle(f->delivery, &settled))
		return fetched;
	if (fetched)
		*e = settled;
	return false;
}

static bool
is_old_enough(const struct fetch *f, size_t index)
{
	time_t when;

	if (!seen_has(f->seen, message_list_uid(&f->list, index), &when))
		return false;
	return !f->keeping.keep ||
	       (f->keeping.has_age && (uint64_t)when + f->keeping.age <= (uint64_t)time(NULL));
}

/* What may go: what is safe here now, and by default what a run before delivered. */
static void
remove_delivered(struct fetch *f)
{
	struct message_set doomed = {0};
	size_t safe_count, next = 0;
	const size_t *safe = delivery_safe(f->delivery, &safe_count);

	for (size_t i = 0; i < f->list.count; i++) {
		const bool is_safe = next < safe_count && safe[next] == i;

		next += is_safe;
		if ((is_safe && !f->keeping.keep) ||
		    ((is_safe || f->by_default) && is_old_enough(f, i)))
			message_set_add(&doomed, i);
	}
	mailbox_remove(&f->session.mailbox, &f->list, &doomed);
	message_set_free(&doomed);
}

static bool
is_listed(void *ctx, const char *uid)
{
	const struct message_index *index = ctx;

	return message_index_find(index, uid) != MESSAGE_NONE;
}

static bool
forget_unlisted(struct fetch *f, struct err *e)
{
	struct message_index index;
	bool ok;

	message_index_make(&index, &f->list);
	ok = seen_compact(f->seen, is_listed, &index, e);
	message_index_free(&index);
	return ok;
}

/* Before anything is selected: it may find that a run which was killed had delivered more than its
 * record says. */
static bool
open_delivery(struct fetch *f, struct err *e)
{
	f->delivery = delivery_open(&f->sink, f->seen, complain, f->run, e);
	return f->delivery != NULL;
}

static bool
fetch(struct fetch *f, struct err *e)
{
	if (!session_open(&f->session, &f->account, TOOL_MFETCH, e) || !list(f, e) ||
	    !open_delivery(f, e) || !select_wanted(f, e) || !deliver(f, e))
		return false;
	remove_delivered(f);
	if (!mailbox_commit(&f->session.mailbox, e) || !forget_unlisted(f, e))
		return false;
	selection_complain(&f->selection, f->run);
	return true;
}

static bool
show_plan(struct fetch *f, struct err *e)
{
	run_show_settings(f->run, &f->account);
	fflush(stdout);
	if (!session_open(&f->session, &f->account, TOOL_MFETCH, e) || !list(f, e))
		return false;
	selection_apply(&f->selection, &f->list, f->seen, &f->wanted);
	printf("would fetch %zu of %zu messages\n", f->wanted.count, f->list.count);
	return mailbox_commit(&f->session.mailbox, e);
}

static bool
prepare(struct fetch *f, struct err *e)
{
	struct run *run = f->run;

	if (!selection_parse(&f->selection, run->operands, run->operand_count, e))
		return false;
	f->by_default = run->operand_count == 0;
	if (f->by_default)
		selection_add(&f->selection, OPERAND_NEW);
	if (!account_resolve(&f->account, TOOL_MFETCH, &run->given, NULL, e) || !choose_sink(f, e))
		return false;
	choose_keeping(f);
	return true;
}

static void
fetch_free(struct fetch *f)
{
	delivery_close(f->delivery);
	session_close(&f->session);
	seen_close(f->seen);
	message_list_free(&f->list);
	message_set_free(&f->wanted);
	selection_free(&f->selection);
	account_free(&f->account);
}

/* Another run at work is no news to cron. */
static bool
lock_mailbox(struct fetch *f, struct err *e)
{
	if (open_seen(f, e))
		return true;
	if (e->code != ERR_TEMPORARY || run_may_remark(f->run))
		return false;
	f->run->worst = err_worse(f->run->worst, e->code);
	return true;
}

static bool
job(struct run *run, struct err *e)
{
	struct fetch f = {.run = run};
	bool ok = prepare(&f, e);

	if (ok && run_flag(run, SET_PROBE))
		ok = session_probe(&f.account, TOOL_MFETCH, e);
	else if (ok && (ok = lock_mailbox(&f, e)) && f.seen)
		ok = run_flag(run, SET_DRY_RUN) ? show_plan(&f, e) : fetch(&f, e);
	fetch_free(&f);
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
