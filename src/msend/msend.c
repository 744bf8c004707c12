/* SPDX-License-Identifier: ISC */
/*
 * msend - hand in a message (SMTP submission, RFC 6409).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/text.h"
#include "msend/batch.h"
#include "msend/letter.h"
#include "msend/mailq.h"
#include "msend/queue_add.h"
#include "msend/smtp_session.h"
#include "msend/submission.h"

static void
show_plan(const struct letter *l, const struct account *a, const struct run *run)
{
	const struct outgoing_facts *facts = outgoing_facts(l->message);

	run_show_settings(run, a);
	printf("envelope from: <%s>\n", l->from);
	for (size_t i = 0; i < l->envelope.count; i++)
		printf("envelope to: <%s>\n", l->envelope.recipients[i].address);
	printf("octets: %llu\n", (unsigned long long)facts->size);
}

/* Only where it was asked for: sendmail reads so, without -i, and who calls it may count on it. */
static bool
a_dot_ends(const struct run *run)
{
	const char *options = run->given.of[SET_SENDMAIL_OPTIONS].text;

	return run->tool->id == TOOL_SENDMAIL && !run_flag(run, SET_IGNORE_DOTS) &&
	       !(options && text_has_word(options, "i"));
}

/* True: it was *SENT, or is kept to be sent later. */
static bool
hand_in(struct run *run, struct submission *h, const struct account *a, struct letter *l, bool last,
	struct outcome *o, bool *sent, struct err *e)
{
	*sent = submission_send(h, a, l, last, o, e);
	if (account_flag(a, SET_QUEUE))
		return queue_add_message(run, a, l, o, *sent, e);
	outcome_complain(o, l, run, *sent ? NULL : e);
	return *sent;
}

/* The only one (LAST) goes to the operands, and its connection ends with it. */
static bool
send_letter(struct run *run, struct submission *h, int fd, bool last, struct err *e)
{
	struct letter letter = {0};
	struct outcome outcome = {0};
	const struct account *account = NULL;
	const char *from = run->given.of[SET_FROM].text;
	bool ok =
	    letter_read(&letter, fd, last && a_dot_ends(run), from, e) &&
	    (account = submission_account(h, run, letter.sender, e)) &&
	    letter_prepare(&letter, account, last ? run->operands : NULL,
			   last ? run->operand_count : 0, run_flag(run, SET_READ_RECIPIENTS), e) &&
	    queue_add_check(account, e);
	bool sent = ok;

	if (ok && run_flag(run, SET_DRY_RUN))
		show_plan(&letter, account, run);
	else if (ok)
		ok = hand_in(run, h, account, &letter, last, &outcome, &sent, e);
	if (!run_flag(run, SET_DRY_RUN))
		outcome_log(&outcome, &letter, account, run, sent ? NULL : e);
	outcome_free(&outcome);
	letter_free(&letter);
	return ok;
}

static bool
send_one_of_many(struct run *run, struct submission *h, int fd, struct err *e)
{
	return send_letter(run, h, fd, false, e);
}

static bool
send_one(struct run *run, struct err *e)
{
	struct submission *h = submission_open();
	const bool ok = send_letter(run, h, STDIN_FILENO, true, e);

	submission_close(h);
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
	ok = account_resolve(&account, TOOL_MSEND, &run->given, NULL, e) &&
	     smtp_session_probe(&account, e);
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
	const char *what = is_mailq(run) ? "--list-queue shows" : "--flush sends";

	if (run->operand_count > 0)
		return err_set(e, ERR_USAGE, "%s what is kept, '%s' is too much", what,
			       run->operands[0]);
	if (batch_is_wanted(run))
		return err_set(
		    e, ERR_USAGE,
		    "%s what is kept: --batch, --mbox and --connections do not go with it", what);
	return true;
}

static bool
job(struct run *run, struct err *e)
{
	if (run_flag(run, SET_PROBE))
		return probe(run, e);
	if (is_mailq(run))
		return has_nothing_to_send(run, e) && mailq_show(run, e);
	if (run_flag(run, SET_FLUSH))
		return has_nothing_to_send(run, e) && queue_add_flush(run, e);
	return batch_is_wanted(run) ? batch_run(run, send_one_of_many, e) : send_one(run, e);
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
