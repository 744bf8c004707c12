/* SPDX-License-Identifier: ISC */
/*
 * msend - hand in a message (SMTP submission, RFC 6409).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/log.h"
#include "app/session.h"
#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address.h"
#include "message/alias.h"
#include "message/outgoing.h"
#include "message/parties.h"
#include "message/source.h"
#include "proto/smtp.h"

/* One letter and its envelope. */
struct letter {
	struct source *source;
	struct outgoing *message;
	char *sender; /* as command line and message tell it, or NULL: it chooses the account */
	bool is_one_of_many; /* senders in From, without a Sender */
	char *from;          /* the envelope's */
	struct smtp_envelope envelope;
	struct aliases *aliases; /* or NULL */
	char *server;            /* that took part, or NULL: it did not come to that */
	struct smtp_reply reply;
	bool maybe_sent;
	const char *domain; /* of addresses that have none; NULL: they go as they are */
};

/* An address as it may stand in -f: bare, or between < and >; "<>" is the null sender. */
static char *
without_angles(const char *text)
{
	const size_t len = strlen(text);

	if (len >= 2 && text[0] == '<' && text[len - 1] == '>')
		return mem_strndup(text + 1, len - 2);
	return mem_strdup(text);
}

/* Who sends, as far as command line and message tell: -f, else the header. NULL: nobody. */
static char *
find_sender(struct letter *l, const struct run *run)
{
	const char *given = run->given.of[SET_FROM].text;
	size_t n;
	const char *header = outgoing_header(l->message, &n);

	return given ? without_angles(given) : parties_sender(header, n, &l->is_one_of_many);
}

static bool
is_local(const char *address)
{
	return address[0] != '\0' && !address_domain(address);
}

static char *
with_domain(const struct letter *l, const char *address)
{
	if (!is_local(address) || !l->domain)
		return mem_strdup(address);
	return mem_printf("%s@%s", address, l->domain);
}

/* Each address once. */
static bool
add_recipient(void *ctx, const struct address *a, struct err *e)
{
	struct letter *l = ctx;
	struct smtp_envelope *v = &l->envelope;
	char *full = with_domain(l, a->addr);

	if (!address_is_valid(full)) {
		err_set(e, ERR_MALFORMED, "'%s' is no mail address", full);
		free(full);
		return false;
	}
	for (size_t i = 0; i < v->count; i++)
		if (address_equal(v->recipients[i].address, full)) {
			free(full);
			return true;
		}
	v->recipients = mem_grow(v->recipients, v->count + 1, sizeof *v->recipients);
	v->recipients[v->count++] = (struct smtp_recipient){.address = full};
	return true;
}

static bool
take_recipient(void *ctx, const struct address *a, struct err *e)
{
	const struct letter *l = ctx;

	return aliases_expand(l->aliases, a->addr, add_recipient, ctx, e);
}

static bool
find_recipients(struct letter *l, const struct run *run, struct err *e)
{
	const bool from_header = run->operand_count == 0 || run_flag(run, SET_READ_RECIPIENTS);
	size_t n;
	const char *header = outgoing_header(l->message, &n);

	for (size_t i = 0; i < run->operand_count; i++)
		if (!take_recipient(l, &(struct address){run->operands[i], ""}, e)) {
			e->code = e->code == ERR_MALFORMED ? ERR_USAGE : e->code;
			return false;
		}
	if (from_header && !parties_recipients(header, n, take_recipient, l, e))
		return false;
	if (l->envelope.count > 0)
		return true;
	err_set(e, ERR_MALFORMED, "the message has no recipient");
	return err_hint(e, "name some behind the command, or in To, Cc or Bcc");
}

/* The right side of a Message-ID: a name that says nothing of this host. */
static const char *
message_id_domain(const struct letter *l)
{
	const char *domain = l->from ? address_domain(l->from) : NULL;

	return domain ? domain : l->domain ? l->domain : "localhost";
}

static enum outgoing_rewrite
rewrite_of(const struct account *a)
{
	const char *word = account_text(a, SET_REWRITE_FROM);

	return !word || text_equal_case(word, "local") ? REWRITE_LOCAL
	       : text_equal_case(word, "always")       ? REWRITE_ALWAYS
						       : REWRITE_NEVER;
}

/* -f or the account's `from`, else the message's sender, else the account's address, which also
 * stands in for one without a domain (or for any) as it does in From. */
static char *
choose_sender(const struct letter *l, const struct account *a)
{
	const char *from = account_text(a, SET_FROM), *own = account_text(a, SET_ADDRESS);
	const enum outgoing_rewrite rewrite = rewrite_of(a);
	char *sender = from ? without_angles(from) : mem_strdup(l->sender ? l->sender : own);

	if (sender && own &&
	    ((rewrite == REWRITE_ALWAYS && !from) ||
	     (rewrite != REWRITE_NEVER && is_local(sender)))) {
		free(sender);
		return mem_strdup(own);
	}
	return sender;
}

static bool
settle_sender(struct letter *l, const struct account *a, struct err *e)
{
	char *sender;

	if (!account_text(a, SET_FROM) && l->is_one_of_many) {
		err_set(e, ERR_MALFORMED,
			"From has several addresses, and no Sender tells which of them sends");
		return err_hint(e, "add a Sender field, or give --from=ADDRESS");
	}
	sender = choose_sender(l, a);
	if (!sender) {
		err_set(e, ERR_MALFORMED,
			"the message has no From, and nothing else tells the sender");
		return err_hint(e, "give --from=ADDRESS, or an account with an address");
	}
	l->envelope.from = l->from = with_domain(l, sender);
	free(sender);
	return true;
}

static bool
open_aliases(struct letter *l, const struct account *a, struct err *e)
{
	const char *path = account_text(a, SET_ALIAS_FILE);

	l->aliases = path ? aliases_open(path, e) : NULL;
	return !path || l->aliases;
}

static struct smtp_wishes
wishes_of(const struct account *a)
{
	return (struct smtp_wishes){.notify = account_text(a, SET_DSN_NOTIFY),
				    .ret = account_text(a, SET_DSN_RETURN),
				    .envelope_id = account_text(a, SET_ENVELOPE_ID),
				    .require_tls = account_flag(a, SET_REQUIRE_TLS) ? "" : NULL,
				    .deliver_by = account_text(a, SET_DELIVER_BY),
				    .hold_for = account_text(a, SET_HOLD_FOR),
				    .hold_until = account_text(a, SET_HOLD_UNTIL),
				    .priority = account_text(a, SET_PRIORITY)};
}

static bool
prepare(struct letter *l, const struct account *a, const struct run *run, struct err *e)
{
	struct outgoing_defaults defaults = {.from = account_text(a, SET_ADDRESS),
					     .full_name = account_text(a, SET_FULL_NAME)};

	l->domain = account_text(a, SET_DOMAIN);
	l->envelope.wishes = wishes_of(a);
	l->envelope.partial = account_flag(a, SET_PARTIAL);
	if (!settle_sender(l, a, e) || !open_aliases(l, a, e))
		return false;
	if (!defaults.from && l->from[0] != '\0')
		defaults.from = l->from;
	defaults.rewrite =
	    defaults.from && address_domain(defaults.from) ? rewrite_of(a) : REWRITE_NEVER;
	defaults.domain = message_id_domain(l);
	return find_recipients(l, run, e) && outgoing_prepare(l->message, &defaults, e);
}

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

/* Every recipient that was refused. The first of them is in *e where the whole sending failed. */
static void
complain_of_recipients(const struct letter *l, const struct session *s, struct run *run,
		       struct err *e)
{
	size_t refused = 0;
	struct err other;

	for (size_t i = 0; i < l->envelope.count; i++) {
		const struct smtp_reply *reply = &l->envelope.recipients[i].reply;

		if (reply->code < 400 || (refused++ == 0 && e))
			continue;
		err_set(&other, reply->code < 500 ? ERR_TEMPORARY : ERR_RECIPIENT, "%s: %s",
			session_place(s), reply->text);
		run_complain(run, &other);
	}
	if (e && refused > 0 && refused < l->envelope.count)
		err_hint(e, "nothing was sent: it goes to all recipients or to none; "
			    "--partial sends to the others");
}

static bool
hand_in(struct letter *l, const struct account *a, struct run *run, struct err *e)
{
	struct session s;
	bool ok;

	if (!session_open(&s, a, TOOL_MSEND, e))
		return false;
	l->server = mem_strdup(session_place(&s));
	ok = smtp_send(s.smtp, &l->envelope, l->message, true, &l->reply, &l->maybe_sent, e);
	if (!ok && l->maybe_sent)
		err_hint(
		    e, "the message may have been sent: its end went out, the reply was not seen");
	else
		complain_of_recipients(l, &s, run, ok ? NULL : e);
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

static bool
read_letter(struct letter *l, const struct run *run, struct err *e)
{
	l->source =
	    a_dot_ends(run) ? source_open_to_dot(STDIN_FILENO, e) : source_open(STDIN_FILENO, e);
	if (!l->source)
		return false;
	l->message = outgoing_open(l->source, e);
	if (!l->message)
		return false;
	l->sender = find_sender(l, run);
	return true;
}

static void
letter_free(struct letter *l)
{
	for (size_t i = 0; i < l->envelope.count; i++)
		free((char *)(uintptr_t)l->envelope.recipients[i].address);
	free(l->envelope.recipients);
	aliases_free(l->aliases);
	free(l->sender);
	free(l->from);
	free(l->server);
	outgoing_free(l->message);
	source_close(l->source);
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
add_outcome(struct buf *line, const struct letter *l, const struct run *run, const struct err *e)
{
	char *id = queue_id(l->reply.text);
	const enum err_code worst = e ? err_worse(run->worst, e->code) : run->worst;

	log_add(line, "status", !e ? "sent" : l->maybe_sent ? "unknown" : "failed");
	buf_addf(line, " exit=%d", err_exit_status(worst));
	log_add(line, "id", id);
	log_add(line, "reply", !e && l->reply.code ? l->reply.text : NULL);
	log_add(line, "error", e ? e->text : NULL);
	free(id);
}

/* E is NULL where it was sent. */
static void
log_letter(const struct letter *l, const struct account *a, const struct run *run,
	   const struct err *e)
{
	char *to = list_recipients(l, false), *refused = list_recipients(l, true);
	struct buf line = {0};
	struct err problem;

	log_add(&line, "account", a->name);
	log_add(&line, "server", l->server);
	log_add(&line, "from", l->from);
	log_add(&line, "to", to);
	log_add(&line, "refused", refused);
	buf_addf(&line, " size=%llu", (unsigned long long)outgoing_facts(l->message)->size);
	add_outcome(&line, l, run, e);
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
	bool ok = read_letter(&letter, run, e) &&
		  account_resolve(&account, TOOL_MSEND, &run->given, letter.sender, e) &&
		  prepare(&letter, &account, run, e);

	if (ok && run_flag(run, SET_DRY_RUN))
		show_plan(&letter, &account, run);
	else if (ok)
		ok = hand_in(&letter, &account, run, e);
	if (account_text(&account, SET_LOG) && !run_flag(run, SET_DRY_RUN))
		log_letter(&letter, &account, run, ok ? NULL : e);
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
