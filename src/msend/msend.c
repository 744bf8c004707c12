/* SPDX-License-Identifier: ISC */
/*
 * msend - hand in a message (SMTP submission, RFC 6409).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/probe_json.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/screen.h"
#include "msend/batch.h"
#include "msend/letter.h"
#include "msend/mailq.h"
#include "msend/queue_add.h"
#include "msend/queue_run.h"
#include "msend/rate.h"
#include "msend/save.h"
#include "msend/send_journal.h"
#include "msend/send_options.h"
#include "msend/sent_copy.h"
#include "msend/smtp_session.h"
#include "msend/submission.h"
#include "msend/tally.h"
#include "msend/transactions.h"

/* Nothing is connected for it. */
static bool
show_plan(const struct letter *l, const struct send_account *a, const struct run *run,
	  struct err *e)
{
	const struct outgoing_facts *facts = outgoing_facts(l->message);

	run_show_settings(run, &a->base);
	if (!smtp_session_check(&a->base, e))
		return false;
	printf("envelope from: <%s>\n", l->from);
	for (size_t i = 0; i < l->envelope.count; i++)
		printf("envelope to: <%s>\n", l->envelope.recipients[i].address);
	printf("octets: %llu\n", (unsigned long long)facts->size);
	if (a->settings.wishes.send_filter)
		screen_printf("filter: %s\n", a->settings.wishes.send_filter);
	if (a->settings.save.is_wanted)
		screen_printf("copy to: %s\n", a->settings.save.folder);
	return true;
}

/* Only where it was asked for: sendmail reads so, without -i, and who calls it may count on it. */
static bool
a_dot_ends(const struct run *run, const struct send_options *o)
{
	return run->tool->id == TOOL_SENDMAIL && !o->ignores_dots;
}

/* A letter on its way; each of its transactions has a copy of this. */
struct sending {
	struct run *run;
	struct submission *submission;
	const struct send_account *account; /* NULL: none could be chosen */
	bool is_only; /* of the run: it goes to the operands, and the connection ends with it */
	struct sent_copy *copy;
	struct send_journal *journal; /* NULL: none is kept */
	const char *name;             /* of the letter */
	char key[SEND_JOURNAL_KEY];
	bool was_sent; /* to somebody, in an earlier run */
	/* of a transaction */
	struct letter *part;
	bool is_last;     /* of the letter */
	bool has_records; /* or some of them, perhaps torn */
	bool is_begun;    /* they are durable */
	bool is_sent;
};

/* Before the end of the message goes out, or it goes into the queue. */
static bool
note_begin(void *ctx, struct err *e)
{
	struct sending *s = ctx;
	const struct smtp_envelope *v = &s->part->envelope;

	if (!s->journal || s->is_begun)
		return true;
	*e = (struct err){0};
	s->has_records = true;
	for (size_t i = 0; i < v->count; i++)
		if (!v->recipients[i].is_postponed &&
		    !send_journal_add(s->journal, SEND_BEGUN, s->key, v->recipients[i].address,
				      s->name, e))
			return false;
	if (!sent_copy_note_due(s->copy, e))
		return false;
	s->is_begun = send_journal_flush(s->journal, e);
	return s->is_begun;
}

/* Records what became of each recipient. After a lost reply it is unknown, unless the queue has the
 * letter. A journal that could not be begun stopped the letter, which has been reported. */
static void
note_end(const struct sending *s, const struct outcome *o)
{
	const struct smtp_envelope *v = &s->part->envelope;

	for (size_t i = 0; s->has_records && i < v->count; i++) {
		const struct smtp_recipient *r = &v->recipients[i];
		const bool is_queued = o->queued && r->reply.code < 500;
		const enum send_state state = r->is_taken || is_queued ? SEND_SENT : SEND_NEW;
		struct err e = {0};

		if (state == SEND_NEW && o->maybe_sent)
			continue;
		if (!send_journal_add(s->journal, state, s->key, r->address, s->name, &e) &&
		    s->is_begun)
			run_complain(s->run, &e);
	}
}

/* True: it was sent, or is kept to be sent later. */
static bool
hand_in(struct sending *s, struct outcome *o, struct err *e)
{
	struct letter *l = s->part;
	struct err problem;

	s->is_sent = l->unfiltered.code == ERR_NONE &&
		     submission_send(s->submission, s->account, l, s->is_only && s->is_last, o, e);
	if (l->unfiltered.code != ERR_NONE)
		*e = l->unfiltered;
	o->keeps_copy = s->copy->is_wanted && !s->copy->is_settled && !save_is_due(l);
	if (s->account->settings.queue) {
		if (!s->is_sent && !note_begin(s, &problem)) {
			run_complain(s->run, &problem);
			return false;
		}
		return queue_add_message(s->run, s->account, l, o, s->is_sent, e);
	}
	outcome_complain(o, l, s->run, s->is_sent ? NULL : e);
	return s->is_sent;
}

static bool
send_part(struct sending *s, struct err *e)
{
	const struct send_account *a = s->account;
	struct smtp_envelope *v = &s->part->envelope;
	struct outcome outcome = {0};
	bool ok;

	if (s->run->options.dry_run)
		return show_plan(s->part, a, s->run, e);
	v->before_end = s->journal ? note_begin : NULL;
	v->before_end_ctx = s;
	ok = hand_in(s, &outcome, e);
	sent_copy_settle(s->copy, s->part, &outcome);
	note_end(s, &outcome);
	outcome_log(&outcome, s->part, a->base.name, a->settings.log, s->run,
		    s->is_sent ? NULL : e);
	outcome_free(&outcome);
	return ok;
}

/* The transactions are independent: one that is refused does not stop the others. The caller
 * reports the last failure. */
static bool
send_parts(const struct sending *s, const struct letter *l, struct err *e)
{
	struct transactions t;
	bool ok =
	    transactions_begin(&t, l, s->account, submission_shared(s->submission)->options, e);

	for (bool more = ok; more && transactions_next(&t);) {
		struct sending one = *s;
		struct err problem = {0};

		one.part = &t.part;
		one.is_last = t.is_last;
		if (send_part(&one, &problem))
			continue;
		if (!ok)
			run_complain(s->run, e);
		*e = problem;
		ok = false;
	}
	return ok;
}

/* For the journal: a file is the same by whatever path it is named. */
static char *
letter_name(const struct run *run, const struct send_options *o)
{
	char *path = run->about && o->batch ? realpath(run->about, NULL) : NULL;

	return path ? path : mem_strdup(run->about ? run->about : "-");
}

/* With --queue the earlier run may have ended after the queue had the letter. */
static void
complain_of_begun(const struct sending *s, const char *address)
{
	const bool has_queue = s->account->settings.queue;
	struct err e;

	err_set(&e, ERR_TEMPORARY,
		"%s: may have been sent%s in an earlier run, which did not see the %s; not sent "
		"again",
		address, has_queue ? " or queued" : "", has_queue ? "end of it" : "reply");
	err_hint(&e, "to send it again%s, delete its line from %s: begin %s",
		 has_queue ? ", unless --list-queue shows it" : "", send_journal_path(s->journal),
		 s->key);
	run_complain(s->run, &e);
}

static bool
is_due(void *ctx, const char *address)
{
	struct sending *s = ctx;
	const enum send_state state = send_journal_state(s->journal, s->key, address);

	s->was_sent |= state == SEND_SENT;
	if (state == SEND_BEGUN)
		complain_of_begun(s, address);
	return state == SEND_NEW;
}

/* Leaves to the letter the recipients who have not got it yet. False: *e. */
static bool
skip_sent(struct sending *s, struct letter *l, struct err *e)
{
	if (!s->journal)
		return true;
	if (!send_journal_key(s->name, letter_source(l), s->key, e))
		return false;
	letter_keep_recipients(l, is_due, s);
	sent_copy_recall(s->copy, s->account, s->was_sent);
	return true;
}

static bool
prepare(struct sending *s, struct letter *l, int fd, struct err *e)
{
	const struct send_options *o = submission_shared(s->submission)->options;
	struct run *run = s->run;

	return letter_read(l, fd, s->is_only && a_dot_ends(run, o), o->from, e) &&
	       (s->account = submission_account(s->submission, run, l->sender, e)) &&
	       letter_prepare(l, s->account, s->is_only ? run->operands : NULL,
			      s->is_only ? run->operand_count : 0, o->read_recipients, e) &&
	       save_check(s->account, e);
}

/* Not where nobody is to get it any more, nor a copy of it, nor for --dry-run: the command may do
 * anything. */
static bool
filter(const struct sending *s, struct letter *l, struct err *e)
{
	const bool is_sent = l->envelope.count == 0;

	if ((is_sent && !s->copy->is_due) || s->run->options.dry_run)
		return true;
	if (!letter_filter(l, s->account, e))
		return false;
	if (!is_sent || l->unfiltered.code == ERR_NONE)
		return true;
	*e = l->unfiltered; /* the queue takes no letter that is only to be filed */
	return false;
}

/* The result for a letter that did not fail. */
static enum tally_kind
kind_of(const struct letter *l, const struct sent_copy *c)
{
	if (l->envelope.count == 0)
		return TALLY_SKIPPED;
	return c->is_queued ? TALLY_DEFERRED : TALLY_SENT;
}

static void
log_unsent(const struct sending *s, const struct letter *l, const struct err *why)
{
	const struct send_options *o = submission_shared(s->submission)->options;
	const struct send_account *a = s->account;

	outcome_log(&(struct outcome){0}, l, a ? a->base.name : NULL, a ? a->settings.log : o->log,
		    s->run, why);
}

/* Makes the letter ready for its recipients who have not got it. False: *e, and it goes to none. */
static bool
make_ready(struct sending *s, struct letter *l, int fd, struct err *e)
{
	struct sent_copy *c = s->copy;
	const bool is_dry = s->run->options.dry_run;
	bool ok = prepare(s, l, fd, e);

	c->is_wanted = ok && s->account->settings.save.is_wanted;
	ok = ok && skip_sent(s, l, e) && filter(s, l, e);
	if (!ok && !is_dry)
		log_unsent(s, l, e);
	if (!ok)
		c->is_wanted = c->is_due = false;
	if (c->is_wanted && !is_dry)
		c->spool = save_spool();
	return ok;
}

static bool
send_letter(struct run *run, struct submission *h, int fd, bool is_only, struct err *e)
{
	struct letter letter = {0};
	const struct shared *shared = submission_shared(h);
	char *name = shared->journal ? letter_name(run, shared->options) : NULL;
	struct sent_copy copy = {.run = run, .journal = shared->journal, .spool = -1};
	struct sending s = {.run = run,
			    .submission = h,
			    .is_only = is_only,
			    .copy = &copy,
			    .journal = shared->journal,
			    .name = name};
	bool ok;

	copy.key = s.key;
	ok = make_ready(&s, &letter, fd, e) && send_parts(&s, &letter, e);
	sent_copy_file(&copy, s.account, &letter);
	tally_count(shared->tally, ok ? kind_of(&letter, &copy) : tally_kind_of(e));
	letter_free(&letter);
	if (copy.spool >= 0)
		close(copy.spool);
	free(name);
	return ok;
}

static bool
send_one_of_many(struct run *run, struct submission *h, int fd, struct err *e)
{
	return send_letter(run, h, fd, false, e);
}

/* `msend FILE` waits for a message that nobody is going to type. */
static bool
check_terminal(const struct run *run, struct err *e)
{
	struct stat st;

	if (run->tool->id != TOOL_MSEND || isatty(STDIN_FILENO) != 1)
		return true;
	for (size_t i = 0; i < run->operand_count; i++) {
		if (strchr(run->operands[i], '@') || stat(run->operands[i], &st) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		err_set(e, ERR_USAGE, "'%s' is a file; the operands are recipients",
			run->operands[i]);
		return err_hint(e, "%s [RECIPIENT]... < FILE, or %s --batch FILE...", run->program,
				run->program);
	}
	if (isatty(STDERR_FILENO) == 1)
		run_remark(run, "type the message, its header first; Ctrl-D ends it");
	return true;
}

static bool
send_one(struct run *run, const struct shared *shared, struct err *e)
{
	struct submission *h;
	bool ok;

	if (!check_terminal(run, e))
		return false;
	h = submission_open(shared);
	ok = send_letter(run, h, STDIN_FILENO, true, e);
	submission_close(h);
	return ok;
}

static bool
open_shared(struct run *run, const struct send_options *o, struct shared *s, struct err *e)
{
	*s = (struct shared){.options = o};
	if (run->options.dry_run)
		return !o->journal || (s->journal = send_journal_peek(o->journal, e)) != NULL;
	if (batch_is_wanted(o) && !(s->tally = tally_open(run, batch_size(run, o), e)))
		return false;
	if (o->connections > 1)
		s->answered_at = tally_answered_at(s->tally);
	if (o->rate && !(s->rate = rate_open(o->rate, e)))
		return false;
	return !o->journal || (s->journal = send_journal_open(o->journal, e)) != NULL;
}

static bool
send_messages(struct run *run, const struct send_options *o, struct err *e)
{
	struct shared shared;
	bool ok = open_shared(run, o, &shared, e);

	if (ok)
		ok = batch_is_wanted(o) ? batch_run(run, send_one_of_many, &shared, e)
					: send_one(run, &shared, e);
	tally_close(shared.tally, run);
	rate_close(shared.rate);
	send_journal_close(shared.journal);
	return ok;
}

/* One job a run: the others would be passed over in silence. */
static bool
only_probes(const struct run *run, const struct send_options *o, struct err *e)
{
	const char *other = o->flushes       ? "flush"
			    : o->lists_queue ? "list-queue"
					     : o->sending_option;

	if (run->operand_count > 0)
		return err_set(e, ERR_USAGE, "--probe sends nothing: unexpected operand '%s'",
			       run->operands[0]);
	return !other || err_set(e, ERR_USAGE, "--probe and --%s cannot be combined", other);
}

static bool
probe(struct run *run, const struct send_options *o, struct err *e)
{
	struct account account;
	bool ok;

	if (!only_probes(run, o, e))
		return false;
	ok = run_account(run, &account, TOOL_MSEND, NULL, e) &&
	     smtp_session_probe(&account, probe_form(run), e);
	account_free(&account);
	return ok;
}

/* By whatever name of it. */
static bool
is_mailq(const struct run *run, const struct send_options *o)
{
	return strcmp(run->program, "mailq") == 0 || o->lists_queue;
}

/* The queue takes no messages then: what was meant to go out must not be passed over in silence. */
static bool
has_nothing_to_send(const struct run *run, const struct send_options *o, struct err *e)
{
	const char *what = is_mailq(run, o) ? "--list-queue" : "--flush",
		   *option = o->sending_option;

	if (run->operand_count > 0)
		return err_set(e, ERR_USAGE, "%s takes no operand: '%s'", what, run->operands[0]);
	if (!option && o->lists_queue && o->flushes && run->tool->id == TOOL_MSEND)
		option = "flush";
	if (!option && is_mailq(run, o))
		option = o->rate ? "rate" : o->connections > 0 ? "connections" : NULL;
	return !option || err_set(e, ERR_USAGE, "%s and --%s cannot be combined", what, option);
}

static bool
job(struct run *run, struct err *e)
{
	const struct send_options o = send_options_read(&run->given);

	if (run->options.probe)
		return probe(run, &o, e);
	if (is_mailq(run, &o))
		return has_nothing_to_send(run, &o, e) && mailq_show(run, e);
	if (o.flushes)
		return has_nothing_to_send(run, &o, e) && queue_run(run, &o, e);
	return send_messages(run, &o, e);
}

int
main(int argc, char **argv)
{
	const char *name = tool_called(argc, argv);
	const bool is_sendmail = strcmp(name, "sendmail") == 0 || strcmp(name, "mailq") == 0;
	const struct tool msend = {.id = is_sendmail ? TOOL_SENDMAIL : TOOL_MSEND,
				   .usage = "[OPTION]... [RECIPIENT]... < MESSAGE",
				   .summary = "Hands in the message on standard input.",
				   .job = job};

	return tool_main(&msend, argc, argv);
}
