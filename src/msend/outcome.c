/* SPDX-License-Identifier: ISC */
#include "msend/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "msend/letter.h"
#include "msend/log.h"

void
outcome_free(struct outcome *o)
{
	free(o->server);
	free(o->queued);
	*o = (struct outcome){0};
}

static void
complain(struct outcome *o, struct run *run, const struct err *e)
{
	o->worst = err_worse(o->worst, e->code);
	run_complain(run, e);
}

/* Is it a recipient to whom the message did not go although nobody refused him? */
static bool
is_left_out(const struct smtp_recipient *r)
{
	return r->reply.code < 400 && !r->is_taken;
}

static bool
has_left_out(const struct letter *l)
{
	for (size_t i = 0; i < l->envelope.count; i++)
		if (is_left_out(&l->envelope.recipients[i]))
			return true;
	return false;
}

/* One of several transactions failed: each recipient who does not get the message has a line. The
 * last one stays in FAILURE. */
static void
name_left_out(struct outcome *o, const struct letter *l, struct run *run, struct err *failure)
{
	const struct err why = *failure;
	bool is_named = false;

	for (size_t i = 0; i < l->envelope.count; i++) {
		const struct smtp_recipient *r = &l->envelope.recipients[i];

		if (!is_left_out(r))
			continue;
		if (is_named)
			complain(o, run, failure);
		is_named = true;
		*failure = why;
		err_prefix(failure, "%s: %s", r->address,
			   o->maybe_sent ? "may have been sent" : "not sent");
	}
}

/* Those who were refused. */
struct refusals {
	size_t count;
	struct err last;
	bool is_in_failure; /* the letter failed for one of them */
};

/* Says them in their order, all but the last; and that too, unless the failure is about it. */
static struct refusals
say_refused(struct outcome *o, const struct letter *l, struct run *run, const struct err *failure)
{
	struct refusals x = {0};

	for (size_t i = 0; i < l->envelope.count; i++) {
		const struct smtp_recipient *r = &l->envelope.recipients[i];

		if (r->reply.code < 400 || r->is_postponed)
			continue;
		if (x.count++ > 0)
			complain(o, run, &x.last);
		smtp_explain(o->server, r, &x.last);
		x.is_in_failure |= failure && strcmp(failure->text, x.last.text) == 0;
	}
	if (x.count > 0 && !x.is_in_failure)
		complain(o, run, &x.last);
	return x;
}

/* One of several transactions failed, with these refusals. */
static void
settle_part(struct outcome *o, const struct letter *l, struct run *run, const struct refusals *x,
	    struct err *failure)
{
	if (x->is_in_failure && !has_left_out(l)) {
		*failure = x->last;
		return;
	}
	if (x->is_in_failure)
		complain(o, run, &x->last);
	name_left_out(o, l, run, failure);
}

void
outcome_complain(struct outcome *o, const struct letter *l, struct run *run, struct err *failure)
{
	struct refusals refused;

	if (o->maybe_sent) { /* what matters then is in FAILURE */
		if (l->is_part && failure)
			name_left_out(o, l, run, failure);
		return;
	}
	refused = say_refused(o, l, run, failure);
	if (l->is_part && failure) {
		settle_part(o, l, run, &refused, failure);
	} else if (refused.is_in_failure) {
		*failure = refused.last;
		if (refused.count < l->envelope.count && !l->envelope.partial)
			err_hint(failure, "nothing was sent: it goes to all recipients or to none; "
					  "--partial sends to the others");
	}
}

/* The recipients whose replies are from LEAST to MOST, with commas between; NULL: none. The
 * caller's to free(). */
static char *
list_recipients(const struct letter *l, unsigned least, unsigned most)
{
	struct buf list = {0};

	for (size_t i = 0; i < l->envelope.count; i++) {
		const struct smtp_recipient *r = &l->envelope.recipients[i];

		if (r->reply.code >= least && r->reply.code <= most)
			buf_addf(&list, "%s%s", list.len ? "," : "", r->address);
	}
	return list.len ? buf_take(&list) : NULL;
}

/* The server's own id of the message in its log, if the reply has it in a known form. */
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

static const char *
status_of(const struct outcome *o, const struct err *failure)
{
	if (o->is_ahead)
		return "sending";
	if (!failure)
		return "sent";
	if (o->maybe_sent)
		return "unknown";
	return o->is_waiting ? "queued" : "failed";
}

static void
add_outcome(struct buf *line, const struct outcome *o, const struct err *failure)
{
	char *id = queue_id(o->reply.text);
	const enum err_code worst =
	    failure && !o->is_waiting ? err_worse(o->worst, failure->code) : o->worst;

	log_add(line, "status", status_of(o, failure));
	buf_addf(line, " exit=%d", err_exit_status(worst));
	log_add(line, "queue", o->queued);
	log_add(line, "again", o->is_again ? "maybe" : NULL);
	log_add(line, "id", id);
	log_add(line, "reply", !failure && o->reply.code ? o->reply.text : NULL);
	log_add(line, "error", failure ? failure->text : NULL);
	free(id);
}

static void
add_letter(struct buf *line, const struct letter *l, const struct outcome *o)
{
	const unsigned refusal = o->is_waiting ? 500 : 400;
	char *to = list_recipients(l, 0, 399), *refused = list_recipients(l, refusal, 599);
	char *later = list_recipients(l, 400, refusal - 1);

	log_add(line, "from", l->from);
	log_add(line, "to", to);
	log_add(line, "refused", refused);
	log_add(line, "later", later);
	if (l->message)
		buf_addf(line, " size=%llu", (unsigned long long)outgoing_facts(l->message)->size);
	free(to);
	free(refused);
	free(later);
}

void
outcome_log(const struct outcome *o, const struct letter *l, const char *account, const char *path,
	    const struct run *run, const struct err *failure)
{
	struct buf line = {0};
	struct err problem;

	if (!path)
		return;
	log_add(&line, "account", account);
	log_add(&line, "server", o->server);
	log_add(&line, "input", run->about);
	add_letter(&line, l, o);
	add_outcome(&line, o, failure);
	if (!log_write(path, run->program, &line, failure, &problem))
		run_warn(run, &problem);
	buf_free(&line);
}
