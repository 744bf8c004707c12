/* SPDX-License-Identifier: ISC */
#include "msend/transactions.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "message/address.h"
#include "msend/send_options.h"

bool
transactions_begin(struct transactions *t, const struct letter *l, const struct send_account *a,
		   const struct send_options *o, struct err *e)
{
	*t = (struct transactions){.whole = l, .part = *l};
	t->part.from = NULL;
	t->part.may_shrink = true;
	t->part.envelope.count = 0;
	t->has_verp = o->verp;
	t->limit = o->each ? 1 : a->settings.max_recipients;
	if (t->has_verp && !o->each)
		return err_set(e, ERR_USAGE, "--verp needs --each");
	if (t->has_verp && l->from[0] == '\0')
		return err_set(e, ERR_USAGE, "--verp needs a sender that is not <>");
	return true;
}

/* The sender to whom reports about this part go. */
static void
settle_sender(struct transactions *t)
{
	struct buf from = {0};

	free(t->part.from);
	if (t->has_verp)
		address_add_verp(&from, t->whole->from, t->part.envelope.recipients[0].address);
	else
		buf_add_str(&from, t->whole->from);
	t->part.from = buf_take(&from);
	t->part.envelope.from = t->part.from;
}

bool
transactions_next(struct transactions *t)
{
	const struct smtp_envelope *all = &t->whole->envelope;
	size_t left;

	t->start += t->part.envelope.count;
	left = all->count - t->start;
	if (left == 0) {
		free(t->part.from);
		t->part.from = NULL;
		return false;
	}
	t->part.envelope.recipients = all->recipients + t->start;
	t->part.envelope.count = t->limit > 0 && t->limit < left ? t->limit : left;
	t->is_last = t->part.envelope.count == left;
	t->part.is_part = t->start > 0 || !t->is_last;
	settle_sender(t);
	return true;
}
