/* SPDX-License-Identifier: ISC */
#include "msend/sent_copy.h"

#include "app/tool.h"
#include "base/err.h"
#include "msend/outcome.h"
#include "msend/save.h"
#include "msend/send_journal.h"

static bool
add(const struct sent_copy *c, enum send_state state, struct err *e)
{
	*e = (struct err){0};
	return !c->journal ||
	       send_journal_add(c->journal, state, c->key, SEND_JOURNAL_COPY, NULL, e);
}

/* A record that cannot be written is an error of its own; the copy is filed all the same. */
static void
note(const struct sent_copy *c, enum send_state state, bool is_durable)
{
	struct err e;

	if (!add(c, state, &e) || (is_durable && c->journal && !send_journal_flush(c->journal, &e)))
		run_complain(c->run, &e);
}

static enum send_state
state_of(const struct sent_copy *c)
{
	return send_journal_state(c->journal, c->key, SEND_JOURNAL_COPY);
}

void
sent_copy_recall(struct sent_copy *c, const struct send_account *a, bool was_sent)
{
	const enum send_state state = c->is_wanted ? state_of(c) : SEND_NEW;
	const bool is_dry = c->run->options.dry_run;

	if (state == SEND_COPYING) {
		save_doubt(c->run, a);
		if (!is_dry)
			note(c, SEND_COPIED, false);
	}
	if (state == SEND_COPYING || state == SEND_COPIED)
		c->is_wanted = false;
	else if (state == SEND_COPY_DUE && was_sent && !is_dry)
		c->is_due = c->is_settled = true;
}

bool
sent_copy_note_due(const struct sent_copy *c, struct err *e)
{
	return !c->is_wanted || c->is_settled || state_of(c) == SEND_COPY_DUE ||
	       add(c, SEND_COPY_DUE, e);
}

void
sent_copy_settle(struct sent_copy *c, const struct letter *part, const struct outcome *o)
{
	c->is_unsure |= o->maybe_sent && !o->queued;
	c->is_queued |= o->queued != NULL;
	if (!c->is_wanted || c->is_settled)
		return;
	c->is_due = save_is_due(part);
	c->is_settled = c->is_due || o->queued;
	if (o->queued && !c->is_due)
		note(c, SEND_COPIED, false);
}

void
sent_copy_file(const struct sent_copy *c, const struct send_account *a, const struct letter *l)
{
	if (c->is_due) {
		note(c, SEND_COPYING, true);
		save_end(c->run, save_begin(c->run, a, l, c->spool));
		note(c, SEND_COPIED, false);
	} else if (c->is_wanted && !c->is_settled && c->is_unsure) {
		save_skip(c->run, a);
	}
}
