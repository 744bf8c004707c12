/* SPDX-License-Identifier: ISC */
#include "msend/queue_add.h"

#include <stdlib.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "config/paths.h"
#include "msend/letter.h"
#include "msend/outcome.h"
#include "msend/queue.h"
#include "msend/queue_settings.h"
#include "msend/recipient_status.h"
#include "msend/send_options.h"

struct queue *
queue_add_open(struct err *e)
{
	char *dir = paths_state("queue");
	struct queue *q = dir ? queue_new(dir) : NULL;

	if (!q)
		err_set(e, ERR_CONFIG, "HOME is not set, so there is no place for a queue");
	free(dir);
	return q;
}

/* With the Bcc fields, where the sender's copy is made from it: they are not sent
 * (letter_again()). */
static bool
pour_copy(void *ctx, eol_put put, void *to, struct err *e)
{
	return outgoing_pour_copy(ctx, put, to, e);
}

static bool
pour(void *ctx, eol_put put, void *to, struct err *e)
{
	return outgoing_pour(ctx, false, put, to, e);
}

/* Fills in the queue's entry for a letter. */
static void
describe(struct queue_entry *entry, const struct send_account *a, const struct letter *l,
	 const struct outcome *o, const struct err *why)
{
	*entry = (struct queue_entry){.account = mem_strdup(a->base.name),
				      .from = mem_strdup(l->from),
				      .maybe_sent = o->maybe_sent};
	queue_settings_add(entry, &a->base, o->keeps_copy || !a->settings.save.is_wanted,
			   l->unfiltered.code == ERR_NONE);
	for (size_t i = 0; i < l->envelope.count; i++)
		if (recipient_status_of(l, i, o, false) == RECIPIENT_DEFERRED)
			queue_entry_add_recipient(entry, l->envelope.recipients[i].address, NULL);
	queue_entry_tried(entry, why->text);
}

static bool
add(const struct send_account *a, const struct letter *l, struct outcome *o, struct err *e)
{
	struct queue *q = queue_add_open(e);
	struct queue_entry entry;
	bool ok;

	describe(&entry, a, l, o, &o->delay);
	ok = q && queue_add(q, &entry, o->keeps_copy ? pour_copy : pour, l->message, e);
	if (ok)
		o->queued = mem_strdup(entry.id);
	o->is_waiting = ok;
	queue_entry_free(&entry);
	queue_free(q);
	return ok;
}

/* Will a later attempt help, as far as can be told, and does nobody stop us? */
static bool
may_wait(const struct letter *l, const struct outcome *o, const struct err *failure)
{
	const bool is_sealed = recipient_status_is_final(l, o, failure);

	if (stop_signal() != 0 || recipient_status_count_deferred(l, o, is_sealed) == 0)
		return false;
	return o->delay.code == ERR_TEMPORARY || o->maybe_sent;
}

/* The user is told in any case that it may go out twice. */
static void
tell(struct run *run, const struct outcome *o)
{
	struct err e = o->delay;

	if (!o->maybe_sent) {
		run_remark(run, "kept in the queue as %s: %s", o->queued, e.text);
		return;
	}
	e.hint[0] = '\0';
	err_hint(&e,
		 "it may have been sent, the reply was not seen: kept in the queue as %s, it "
		 "is sent again",
		 o->queued);
	run_warn(run, &e);
}

static void
complain_of_refused(struct run *run, const struct letter *l, struct outcome *o)
{
	for (size_t i = 0; i < l->envelope.count; i++) {
		struct err e;

		if (recipient_status_of(l, i, o, false) != RECIPIENT_REJECTED)
			continue;
		smtp_explain(o->server, &l->envelope.recipients[i], &e);
		o->worst = err_worse(o->worst, e.code);
		run_complain(run, &e);
	}
}

bool
queue_add_message(struct run *run, const struct send_account *a, const struct letter *l,
		  struct outcome *o, bool ok, struct err *e)
{
	struct err problem = {0};

	recipient_status_explain_delay(l, o, ok ? NULL : e, &o->delay);
	if (!may_wait(l, o, ok ? NULL : e)) {
		outcome_complain(o, l, run, ok ? NULL : e);
		return ok;
	}
	complain_of_refused(run, l, o);
	if (add(a, l, o, &problem)) {
		tell(run, o);
		return true;
	}
	run_complain(run, &o->delay);
	*e = problem;
	return false;
}
