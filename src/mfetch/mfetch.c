/* SPDX-License-Identifier: ISC */
/*
 * mfetch - bring messages here, then delete them there unless --keep.
 */
#include <stdlib.h>

#include "app/login_delay.h"
#include "app/mailbox_session.h"
#include "app/message_search.h"
#include "app/operands.h"
#include "app/probe_json.h"
#include "app/tool.h"
#include "app/workers.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/account_names.h"
#include "config/config_check.h"
#include "config/config_files.h"
#include "config/conflict.h"
#include "deliver/sink.h"
#include "mfetch/destination.h"
#include "mfetch/fetch.h"
#include "mfetch/fetch_options.h"
#include "mfetch/watch.h"
#include "proto/mailbox.h"

enum { INTERVAL_S = 60, IDLE_S = 29 * 60 };

/* Neither --headers nor --mark-seen changes anything on the server; a key of the configuration means
 * other runs. */
static bool
check_effect(const struct fetch_options *o, struct err *e)
{
	const char *what = o->headers ? "headers" : o->mark_seen ? "mark-seen" : NULL;
	const char *effect = o->gives_trash ? "trash" : o->gives_seen ? "seen" : NULL;

	return !what || !effect ||
	       err_set(e, ERR_USAGE, "--%s and --%s cannot be combined", what, effect);
}

/* Options that say different things of the same run. */
static bool
check_options(const struct run *run, const struct fetch_options *o, struct err *e)
{
	if (!conflict_check_options(&run->given, TOOL_MFETCH, e))
		return false;
	if (o->watch && run->operand_count > 0)
		return err_set(e, ERR_USAGE, "--watch fetches what is new and takes no messages");
	if (o->interval_s != 0 && !o->watch)
		return err_set(e, ERR_USAGE, "--interval goes with --watch");
	return check_effect(o, e);
}

static bool
select_messages(struct operands *operands, const struct run *run, struct err *e)
{
	if (!operands_parse(operands, run->operands, run->operand_count, e))
		return false;
	if (run->operand_count == 0)
		operands_add(operands, OPERAND_NEW);
	return true;
}

struct service {
	struct run *run;
	struct account account;
	struct fetch_options options;
	struct operands *operands;
	unsigned interval_s;
	struct fetch_kept kept; /* between two rounds of a watch */
};

static bool
poll_account(void *ctx, struct err *e)
{
	struct service *s = ctx;
	const bool ok = fetch_round(s->run, &s->account, &s->options, s->operands, &s->kept, e);
	const unsigned delay_s = login_delay_seconds(&s->account);

	if (s->interval_s < delay_s)
		s->interval_s = delay_s;
	return ok;
}

static bool
is_connected(void *ctx)
{
	return ((struct service *)ctx)->kept.session.base.stream != NULL;
}

/* Servers log out who is silent for 30 minutes (RFC 2177); tests don't wait so long. */
static unsigned
idle_longest_s(void)
{
	const char *text = getenv("MAILVERBS_IDLE");
	uint64_t seconds;

	return text && text_number(text, IDLE_S, &seconds) && seconds > 0 ? (unsigned)seconds
									  : IDLE_S;
}

/* Some servers take IDLE and tell nothing: an --interval that was given is the longest silence. */
static unsigned
idle_s(const struct service *s)
{
	const unsigned longest = idle_longest_s();
	const uint32_t interval = s->options.interval_s;

	return interval > 0 && interval < longest ? interval : longest;
}

static bool
wait_for_mail(void *ctx, struct err *e)
{
	struct service *s = ctx;
	const bool ok = mailbox_wait(&s->kept.session.mailbox, idle_s(s), s->interval_s, e);

	mailbox_session_show_alert(&s->kept.session, s->run);
	if (!ok)
		fetch_kept_close(&s->kept);
	return ok;
}

static bool
watch_account(struct service *s, struct err *e)
{
	const struct watch_job job = {.interval_s = &s->interval_s,
				      .poll = poll_account,
				      .is_connected = is_connected,
				      .wait = wait_for_mail};
	bool ok;

	s->interval_s = s->options.interval_s != 0 ? s->options.interval_s : INTERVAL_S;
	ok = watch_run(s->run, &job, s, e);
	fetch_kept_close(&s->kept);
	return ok;
}

static bool
serve(struct service *s, struct err *e)
{
	if (s->run->options.probe)
		return mailbox_session_probe(&s->account, probe_form(s->run), e);
	if (!message_search_check(&s->account, e))
		return false;
	if (!s->options.watch)
		return fetch_once(s->run, &s->account, &s->options, s->operands, e);
	return watch_account(s, e);
}

/* S has run, operands and account. */
static bool
serve_with_options(struct service *s, struct err *e)
{
	s->options = fetch_options_read(&s->run->given, &s->account.values);
	s->account.is_unattended = s->options.watch || s->options.all_accounts;
	return serve(s, e);
}

static bool
serve_account(struct run *run, struct operands *operands, struct err *e)
{
	struct service s = {.run = run, .operands = operands};
	const bool ok =
	    run_account(run, &s.account, TOOL_MFETCH, NULL, e) && serve_with_options(&s, e);

	account_free(&s.account);
	return ok;
}

/* All accounts. */

struct company {
	struct operands *operands;
	struct account_names names;
	struct account *accounts; /* as many */
};

/* As if -a had said so. */
static void
name_account(struct run *run, const char *name)
{
	values_replace(&run->given, SET_ACCOUNT, name, "--all-accounts");
}

/* In a process of its own, which has no password but the account's. */
static bool
serve_named(struct run *run, const char *name, void *ctx, struct err *e)
{
	struct company *c = ctx;
	struct service s = {.run = run, .operands = c->operands};

	for (size_t i = 0; i < c->names.count; i++)
		if (c->names.names[i] == name)
			s.account = c->accounts[i];
		else
			account_forget_password(&c->accounts[i]);
	name_account(run, name);
	return serve_with_options(&s, e);
}

/* On standard output the messages of several accounts would run into each other. */
static bool
check_destination(const struct run *run, const struct account *a, struct err *e)
{
	const struct fetch_options o = fetch_options_read(&run->given, &a->values);
	struct sink_spec sink;

	if (run->options.probe)
		return true;
	if (!destination_choose(&sink, &o, a->name, e))
		return false;
	if (!destination_is_stdout(&sink))
		return true;
	err_set(e, ERR_USAGE, "--all-accounts: the account '%s' has no destination", a->name);
	return err_hint(e, "give each one maildir, mbox, pipe or lmtp in the configuration");
}

/* Those without a mailbox, which only send, are left out; the others must have a destination. */
static bool
resolve_accounts(struct company *c, struct run *run, const struct config_files *files,
		 struct err *e)
{
	struct account_names *n = &c->names;
	size_t kept = 0;
	bool ok = true;

	c->accounts = mem_alloc((n->count + 1) * sizeof *c->accounts);
	for (size_t i = 0; i < n->count; i++) {
		struct account *a = &c->accounts[kept];

		name_account(run, n->names[i]);
		ok = ok && run_account_in(run, a, TOOL_MFETCH, files, e);
		if (ok && account_has_mailbox(a)) {
			ok = check_destination(run, a, e);
			n->names[kept++] = n->names[i];
		} else {
			free(n->names[i]);
			account_free(a);
		}
	}
	n->count = kept;
	return ok && (kept > 0 || err_set(e, ERR_CONFIG, "no account has a mailbox"));
}

/* The text of the configuration, with all passwords, is not there any more when a server is
 * heard. */
static bool
gather(struct company *c, struct run *run, struct err *e)
{
	struct config_files files = {0};
	bool ok = config_load(&files, &run->given, e);

	if (ok) {
		account_names_of(&c->names, &files);
		ok = resolve_accounts(c, run, &files, e);
	}
	config_files_free(&files);
	return ok;
}

/* The same number or id is another message in each. */
static bool
check_operands(const struct company *c, struct err *e)
{
	const char *one = c->names.count > 1 ? operands_of_one_mailbox(c->operands) : NULL;

	return !one ||
	       err_set(e, ERR_USAGE, "'%s' means a message of one account, so name one", one);
}

static bool
serve_all(struct run *run, struct operands *operands, struct err *e)
{
	struct company c = {.operands = operands};
	struct workers workers = {.run = run, .job = serve_named, .ctx = &c};
	bool ok = gather(&c, run, e) && check_operands(&c, e);

	/* Output on standard output is written account by account. */
	workers.side_by_side = !run->options.probe && !run->options.dry_run;
	workers.names = c.names.names;
	workers.count = c.names.count;
	ok = ok && workers_run(&workers, e);
	for (size_t i = 0; i < c.names.count; i++)
		account_free(&c.accounts[i]);
	free(c.accounts);
	account_names_free(&c.names);
	return ok;
}

static bool
job(struct run *run, struct err *e)
{
	const struct fetch_options o = fetch_options_read(&run->given, &run->given);
	struct operands operands = {0};
	bool ok = check_options(run, &o, e) && select_messages(&operands, run, e);

	if (ok)
		ok = o.all_accounts ? serve_all(run, &operands, e)
				    : serve_account(run, &operands, e);
	operands_free(&operands);
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
