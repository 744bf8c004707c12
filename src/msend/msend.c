/* SPDX-License-Identifier: ISC */
/*
 * msend - hand in a message (SMTP submission, RFC 6409).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/screen.h"
#include "base/text.h"
#include "msend/batch.h"
#include "msend/letter.h"
#include "msend/mailq.h"
#include "msend/queue_add.h"
#include "msend/rate.h"
#include "msend/save.h"
#include "msend/send_journal.h"
#include "msend/smtp_session.h"
#include "msend/submission.h"
#include "msend/tally.h"
#include "msend/transactions.h"

/* Nothing is connected for it. */
static bool
show_plan(const struct letter *l, const struct account *a, const struct run *run, struct err *e)
{
	const struct outgoing_facts *facts = outgoing_facts(l->message);

	run_show_settings(run, a);
	if (!smtp_session_check(a, e))
		return false;
	printf("envelope from: <%s>\n", l->from);
	for (size_t i = 0; i < l->envelope.count; i++)
		printf("envelope to: <%s>\n", l->envelope.recipients[i].address);
	printf("octets: %llu\n", (unsigned long long)facts->size);
	if (account_text(a, SET_SEND_FILTER))
		screen_printf("filter: %s\n", account_text(a, SET_SEND_FILTER));
	if (save_is_wanted(a))
		screen_printf("copy to: %s\n", save_folder(a));
	return true;
}

/* Only where it was asked for: sendmail reads so, without -i, and who calls it may count on it. */
static bool
a_dot_ends(const struct run *run)
{
	const char *options = run->given.of[SET_SENDMAIL_OPTIONS].text;

	return run->tool->id == TOOL_SENDMAIL && !run_flag(run, SET_IGNORE_DOTS) &&
	       !(options && text_has_word(options, "i"));
}

/* The sender's copy of a letter, however many transactions it takes. */
struct copy {
	bool is_wanted;
	bool is_settled; /* it is due, or left to the queue with a part of the letter */
	bool is_due;     /* a server has accepted the letter */
	bool is_unsure;  /* a server may have */
	bool is_queued;  /* the letter, or a part of it, waits in the queue */
};

/* A letter's record, for the length of a transaction. */
struct ledger {
	struct run *run;
	struct copy *copy;
	struct send_journal *journal; /* NULL: none is kept */
	const char *name;             /* of the letter */
	char key[SEND_JOURNAL_KEY];
	const struct letter *part;
	bool is_begun;
};

/* Before the end of the message goes out, or it goes into the queue. */
static bool
note_begin(void *ctx, struct err *e)
{
	struct ledger *g = ctx;
	const struct smtp_envelope *v = &g->part->envelope;

	if (!g->journal || g->is_begun)
		return true;
	*e = (struct err){0};
	for (size_t i = 0; i < v->count; i++)
		if (!v->recipients[i].is_postponed &&
		    !send_journal_add(g->journal, SEND_BEGUN, g->key, v->recipients[i].address,
				      g->name, e))
			return false;
	g->is_begun = true;
	return send_journal_flush(g->journal, e);
}

/* Reports the status of each recipient. After a lost reply it is unknown, unless the queue has the
 * letter. */
static void
note_end(struct run *run, struct ledger *g, const struct outcome *o)
{
	const struct smtp_envelope *v = &g->part->envelope;

	for (size_t i = 0; g->is_begun && i < v->count; i++) {
		const struct smtp_recipient *r = &v->recipients[i];
		const bool is_queued = o->queued && r->reply.code < 500;
		const enum send_state state = r->is_taken || is_queued ? SEND_SENT : SEND_NEW;
		struct err e = {0};

		if (state == SEND_NEW && o->maybe_sent)
			continue;
		if (!send_journal_add(g->journal, state, g->key, r->address, g->name, &e))
			run_complain(run, &e);
	}
}

static void
settle_copy(struct copy *c, const struct letter *part, const struct outcome *o)
{
	c->is_unsure |= o->maybe_sent && !o->queued;
	c->is_queued |= o->queued != NULL;
	if (!c->is_wanted || c->is_settled)
		return;
	c->is_due = save_is_due(part);
	c->is_settled = c->is_due || o->queued;
}

/* True: it was *SENT, or is kept to be sent later. */
static bool
hand_in(struct run *run, struct submission *h, const struct account *a, struct letter *l, bool last,
	struct ledger *g, struct outcome *o, bool *sent, struct err *e)
{
	struct err problem;

	*sent = l->unfiltered.code == ERR_NONE && submission_send(h, a, l, last, o, e);
	if (l->unfiltered.code != ERR_NONE)
		*e = l->unfiltered;
	o->keeps_copy = g->copy->is_wanted && !g->copy->is_settled && !save_is_due(l);
	if (account_flag(a, SET_QUEUE)) {
		if (!*sent && !note_begin(g, &problem)) {
			run_complain(run, &problem);
			return false;
		}
		return queue_add_message(run, a, l, o, *sent, e);
	}
	outcome_complain(o, l, run, *sent ? NULL : e);
	return *sent;
}

static bool
send_part(struct run *run, struct submission *h, const struct account *a, struct letter *part,
	  bool last, const struct ledger *letter, struct err *e)
{
	struct outcome outcome = {0};
	struct ledger g = *letter;
	bool ok, sent;

	if (run->options.dry_run)
		return show_plan(part, a, run, e);
	g.part = part;
	part->envelope.before_end = g.journal ? note_begin : NULL;
	part->envelope.before_end_ctx = &g;
	ok = hand_in(run, h, a, part, last, &g, &outcome, &sent, e);
	note_end(run, &g, &outcome);
	settle_copy(g.copy, part, &outcome);
	outcome_log(&outcome, part, a, run, sent ? NULL : e);
	outcome_free(&outcome);
	return ok;
}

/* The transactions are independent: one that is refused does not stop the others. The caller
 * reports the last failure. */
static bool
send_parts(struct run *run, struct submission *h, const struct account *a, const struct letter *l,
	   bool last, const struct ledger *g, struct err *e)
{
	struct transactions t;
	bool ok = transactions_begin(&t, l, a, run, e);

	for (bool more = ok; more && transactions_next(&t);) {
		struct err problem = {0};

		if (send_part(run, h, a, &t.part, last && t.is_last, g, &problem))
			continue;
		if (!ok)
			run_complain(run, e);
		*e = problem;
		ok = false;
	}
	return ok;
}

/* A file is the same by whatever path it is named. */
static char *
letter_name(const struct run *run)
{
	char *path = run->about && run_flag(run, SET_BATCH) ? realpath(run->about, NULL) : NULL;

	return path ? path : mem_strdup(run->about ? run->about : "-");
}

static void
complain_of_begun(struct run *run, const struct ledger *g, const char *address)
{
	struct err e;

	err_set(&e, ERR_TEMPORARY,
		"%s: may have been sent in an earlier run, which did not see the reply; not sent "
		"again",
		address);
	err_hint(&e, "to send it again, delete its line from %s: begin %s",
		 send_journal_path(g->journal), g->key);
	run_complain(run, &e);
}

static bool
is_due(void *ctx, const char *address)
{
	struct ledger *g = ctx;
	const enum send_state state = send_journal_state(g->journal, g->key, address);

	if (state == SEND_BEGUN)
		complain_of_begun(g->run, g, address);
	return state == SEND_NEW;
}

/* Leaves to the letter the recipients who have not got it yet. False: *e. */
static bool
skip_sent(struct letter *l, struct ledger *g, struct err *e)
{
	if (!g->journal)
		return true;
	if (!send_journal_key(g->name, letter_source(l), g->key, e))
		return false;
	letter_keep_recipients(l, is_due, g);
	return true;
}

static bool
prepare(struct run *run, struct submission *h, struct letter *l, int fd, bool last,
	const struct account **a, struct err *e)
{
	return letter_read(l, fd, last && a_dot_ends(run), run->given.of[SET_FROM].text, e) &&
	       (*a = submission_account(h, run, l->sender, e)) &&
	       letter_prepare(l, *a, last ? run->operands : NULL, last ? run->operand_count : 0,
			      run_flag(run, SET_READ_RECIPIENTS), e) &&
	       queue_add_check(*a, e) && save_check(*a, e);
}

/* Not where nobody is to get it any more, nor for --dry-run: the command may do anything. */
static bool
filter(const struct run *run, struct letter *l, const struct account *a, struct err *e)
{
	return l->envelope.count == 0 || run->options.dry_run || letter_filter(l, a, e);
}

static void
save_copy(struct run *run, const struct account *a, const struct letter *l, const struct copy *c)
{
	if (c->is_due)
		save_end(run, save_begin(run, a, l));
	else if (c->is_wanted && !c->is_settled && c->is_unsure)
		save_skip(run, a);
}

/* What became of a letter that did not fail. */
static enum tally_kind
kind_of(const struct letter *l, const struct copy *c)
{
	if (l->envelope.count == 0)
		return TALLY_SKIPPED;
	return c->is_queued ? TALLY_DEFERRED : TALLY_SENT;
}

/* The only one (LAST) goes to the operands, and its connection ends with it. */
static bool
send_letter(struct run *run, struct submission *h, int fd, bool last, struct err *e)
{
	struct letter letter = {0};
	const struct account *account = NULL;
	char *name = letter_name(run);
	struct copy copy = {0};
	struct ledger g = {
	    .run = run, .copy = &copy, .journal = submission_shared(h)->journal, .name = name};
	bool ok = prepare(run, h, &letter, fd, last, &account, e) && skip_sent(&letter, &g, e) &&
		  filter(run, &letter, account, e);

	if (!ok && !run->options.dry_run)
		outcome_log(&(struct outcome){0}, &letter, account, run, e);
	copy.is_wanted = ok && save_is_wanted(account);
	ok = ok && send_parts(run, h, account, &letter, last, &g, e);
	save_copy(run, account, &letter, &copy);
	tally_count(submission_shared(h)->tally, ok ? kind_of(&letter, &copy) : tally_kind_of(e));
	letter_free(&letter);
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
open_shared(struct run *run, struct shared *s, struct err *e)
{
	const char *rate = run->given.of[SET_RATE].text;
	const char *journal = run->given.of[SET_JOURNAL].text;

	*s = (struct shared){0};
	if (run->options.dry_run)
		return !journal || (s->journal = send_journal_peek(journal, e)) != NULL;
	if (batch_is_wanted(run) && !(s->tally = tally_open(run, batch_size(run), e)))
		return false;
	if (rate && !(s->rate = rate_open(rate, e)))
		return false;
	return !journal || (s->journal = send_journal_open(journal, e)) != NULL;
}

static bool
send_messages(struct run *run, struct err *e)
{
	struct shared shared;
	bool ok = open_shared(run, &shared, e);

	if (ok)
		ok = batch_is_wanted(run) ? batch_run(run, send_one_of_many, &shared, e)
					  : send_one(run, &shared, e);
	tally_close(shared.tally, run);
	rate_close(shared.rate);
	send_journal_close(shared.journal);
	return ok;
}

static bool
probe(struct run *run, struct err *e)
{
	struct account account;
	bool ok;

	if (run->operand_count > 0)
		return err_set(e, ERR_USAGE, "--probe sends nothing: unexpected operand '%s'",
			       run->operands[0]);
	ok = run_account(run, &account, TOOL_MSEND, NULL, e) && smtp_session_probe(&account, e);
	account_free(&account);
	return ok;
}

/* By whatever name of it. */
static bool
is_mailq(const struct run *run)
{
	const char *mode = run->given.of[SET_SENDMAIL_MODE].text;

	return strcmp(run->program, "mailq") == 0 || run_flag(run, SET_LIST_QUEUE) ||
	       (mode && strcmp(mode, "p") == 0);
}

/* The queue takes no messages then: what was meant to go out must not be passed over in silence. */
static bool
has_nothing_to_send(const struct run *run, struct err *e)
{
	static const enum setting_id others[] = {SET_BATCH, SET_MBOX,    SET_CONNECTIONS,
						 SET_RATE,  SET_JOURNAL, SET_EACH,
						 SET_VERP,  SET_SAVE,    SET_SEND_FILTER};
	const char *what = is_mailq(run) ? "--list-queue shows" : "--flush sends";

	if (run->operand_count > 0)
		return err_set(e, ERR_USAGE, "%s what is kept, '%s' is too much", what,
			       run->operands[0]);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (run->given.of[others[i]].text && (others[i] != SET_RATE || is_mailq(run)))
			return err_set(e, ERR_USAGE,
				       "%s what is kept; --%s cannot be combined with it", what,
				       setting_row(others[i], TOOL_MSEND)->name);
	return true;
}

static bool
job(struct run *run, struct err *e)
{
	if (run->options.probe)
		return probe(run, e);
	if (is_mailq(run))
		return has_nothing_to_send(run, e) && mailq_show(run, e);
	if (run_flag(run, SET_FLUSH))
		return has_nothing_to_send(run, e) && queue_add_flush(run, e);
	return send_messages(run, e);
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
