/* SPDX-License-Identifier: ISC */
/*
 * msend - hand in a message (SMTP submission, RFC 6409).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/letter.h"
#include "app/log.h"
#include "app/session.h"
#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

/* What became of it. */
struct outcome {
	char *server; /* that took part, or NULL: it did not come to that */
	struct smtp_reply reply;
	bool maybe_sent; /* its end went out, and the reply was not seen */
};

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

/* All that were refused, in their order: the last of them is left in *E, if that is a refusal
 * already. Where E is NULL or something else, each is said. */
static void
complain_of_recipients(const struct letter *l, const struct smtp *smtp, struct run *run,
		       struct err *e)
{
	struct err refusal = {0};
	bool is_in_e = false;
	size_t refused = 0;

	for (size_t i = 0; i < l->envelope.count; i++) {
		const struct smtp_reply *reply = &l->envelope.recipients[i].reply;

		if (reply->code < 400)
			continue;
		if (refused++ > 0)
			run_complain(run, &refusal);
		smtp_explain(smtp, reply, &refusal);
		is_in_e |= e && strcmp(e->text, refusal.text) == 0;
	}
	if (refused > 0 && !is_in_e)
		run_complain(run, &refusal);
	if (!is_in_e)
		return;
	*e = refusal;
	if (refused < l->envelope.count && !l->envelope.partial)
		err_hint(e, "nothing was sent: it goes to all recipients or to none; "
			    "--partial sends to the others");
}

static bool
hand_in(struct letter *l, struct outcome *o, const struct account *a, struct run *run,
	struct err *e)
{
	struct session s;
	bool ok;

	if (!session_open(&s, a, TOOL_MSEND, e))
		return false;
	o->server = mem_strdup(session_place(&s));
	ok = smtp_send(s.smtp, &l->envelope, l->message, true, &o->reply, &o->maybe_sent, e);
	if (!ok && o->maybe_sent)
		err_hint(
		    e, "the message may have been sent: its end went out, the reply was not seen");
	else
		complain_of_recipients(l, s.smtp, run, ok ? NULL : e);
	session_close(&s);
	return ok;
}

/* Only where it was asked for: sendmail reads so, without -i, and who calls it may count on it. */
static bool
a_dot_ends(const struct run *run)
{
	const char *options = run->given.of[SET_SENDMAIL_OPTIONS].text;

	return run->tool->id == TOOL_SENDMAIL && !run_flag(run, SET_IGNORE_DOTS) &&
	       !(options && text_has_word(options, "i"));
}

/* The recipients that were refused, or the others, with commas between; NULL: none. The caller's to
 * free(). */
static char *
list_recipients(const struct letter *l, bool refused)
{
	struct buf list = {0};

	for (size_t i = 0; i < l->envelope.count; i++) {
		const struct smtp_recipient *r = &l->envelope.recipients[i];

		if ((r->reply.code >= 400) == refused)
			buf_addf(&list, "%s%s", list.len ? "," : "", r->address);
	}
	return list.len ? buf_take(&list) : NULL;
}

/* What the server calls the message in its own log, where it says so in a known way. */
static char *
queue_id(const char *reply)
{
	static const char *const before[] = {"queued as ", "id="}; /* Postfix; Exim */

	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
		const char *found = strstr(reply, before[i]);

		if (found) {
			found += strlen(before[i]);
			return mem_strndup(found, strcspn(found, " ;)>"));
		}
	}
	return NULL;
}

static void
add_outcome(struct buf *line, const struct outcome *o, const struct run *run, const struct err *e)
{
	char *id = queue_id(o->reply.text);
	const enum err_code worst = e ? err_worse(run->worst, e->code) : run->worst;

	log_add(line, "status", !e ? "sent" : o->maybe_sent ? "unknown" : "failed");
	buf_addf(line, " exit=%d", err_exit_status(worst));
	log_add(line, "id", id);
	log_add(line, "reply", !e && o->reply.code ? o->reply.text : NULL);
	log_add(line, "error", e ? e->text : NULL);
	free(id);
}

/* E is NULL where it was sent. */
static void
log_letter(const struct letter *l, const struct outcome *o, const struct account *a,
	   const struct run *run, const struct err *e)
{
	char *to = list_recipients(l, false), *refused = list_recipients(l, true);
	struct buf line = {0};
	struct err problem;

	log_add(&line, "account", a->name);
	log_add(&line, "server", o->server);
	log_add(&line, "from", l->from);
	log_add(&line, "to", to);
	log_add(&line, "refused", refused);
	buf_addf(&line, " size=%llu", (unsigned long long)outgoing_facts(l->message)->size);
	add_outcome(&line, o, run, e);
	if (!log_write(account_text(a, SET_LOG), run->program, &line, e, &problem))
		run_warn(run, &problem);
	free(to);
	free(refused);
	buf_free(&line);
}

static bool
send_letter(struct run *run, struct err *e)
{
	struct letter letter = {0};
	struct account account = {0};
	struct outcome outcome = {0};
	const char *from = run->given.of[SET_FROM].text;
	bool ok = letter_read(&letter, STDIN_FILENO, a_dot_ends(run), from, e) &&
		  account_resolve(&account, TOOL_MSEND, &run->given, letter.sender, e) &&
		  letter_prepare(&letter, &account, run->operands, run->operand_count,
				 run_flag(run, SET_READ_RECIPIENTS), e);

	if (ok && run_flag(run, SET_DRY_RUN))
		show_plan(&letter, &account, run);
	else if (ok)
		ok = hand_in(&letter, &outcome, &account, run, e);
	if (account_text(&account, SET_LOG) && !run_flag(run, SET_DRY_RUN))
		log_letter(&letter, &outcome, &account, run, ok ? NULL : e);
	free(outcome.server);
	letter_free(&letter);
	account_free(&account);
	return ok;
}

static bool
probe(struct run *run, struct err *e)
{
	struct account account;
	const bool ok = account_resolve(&account, TOOL_MSEND, &run->given, NULL, e) &&
			session_probe(&account, TOOL_MSEND, e);

	account_free(&account);
	return ok;
}

static bool
job(struct run *run, struct err *e)
{
	return run_flag(run, SET_PROBE) ? probe(run, e) : send_letter(run, e);
}

int
main(int argc, char **argv)
{
	const bool is_sendmail = strcmp(tool_called(argc, argv), "sendmail") == 0;
	const struct tool msend = {.id = is_sendmail ? TOOL_SENDMAIL : TOOL_MSEND,
				   .usage = "[OPTION]... [RECIPIENT]... < MESSAGE",
				   .summary = "Hands in the message on standard input.",
				   .job = job};

	return tool_main(&msend, argc, argv);
}
