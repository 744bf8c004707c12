/* SPDX-License-Identifier: ISC */
#include "msend/recipient_status.h"

#include "base/err.h"
#include "msend/letter.h"
#include "msend/outcome.h"

/* Errors that a later attempt would not change. Errors of the login, a certificate or the
 * configuration are not among them: a person can correct those. */
static bool
is_final(enum err_code code)
{
	return code == ERR_MALFORMED || code == ERR_RECIPIENT || code == ERR_UNAVAILABLE;
}

static bool
is_refused(const struct smtp_recipient *r, const struct outcome *o)
{
	struct err e;

	if (r->is_taken || r->is_postponed || r->reply.code < 500)
		return false;
	smtp_explain(o->server, r, &e);
	return is_final(e.code);
}

bool
recipient_status_is_final(const struct letter *l, const struct outcome *o,
			  const struct err *failure)
{
	size_t refused = 0, refused_or_later = 0;

	if (!failure || !o->server || o->maybe_sent)
		return false;
	for (size_t i = 0; i < l->envelope.count; i++) {
		refused_or_later += l->envelope.recipients[i].reply.code >= 400;
		refused += is_refused(&l->envelope.recipients[i], o);
	}
	/* the failure is the letter's own where nobody, or not everybody, was what it failed for */
	if (refused_or_later == 0 || (l->envelope.partial && refused_or_later < l->envelope.count))
		return is_final(failure->code);
	return !l->envelope.partial && refused > 0;
}

enum recipient_status
recipient_status_of(const struct letter *l, size_t i, const struct outcome *o, bool is_sealed)
{
	const struct smtp_recipient *r = &l->envelope.recipients[i];

	if (r->is_taken)
		return RECIPIENT_ACCEPTED;
	return is_sealed || is_refused(r, o) ? RECIPIENT_REJECTED : RECIPIENT_DEFERRED;
}

size_t
recipient_status_count_deferred(const struct letter *l, const struct outcome *o, bool is_sealed)
{
	size_t due = 0;

	for (size_t i = 0; i < l->envelope.count; i++)
		due += recipient_status_of(l, i, o, is_sealed) == RECIPIENT_DEFERRED;
	return due;
}

void
recipient_status_explain_delay(const struct letter *l, const struct outcome *o,
			       const struct err *failure, struct err *why)
{
	for (size_t i = 0; i < l->envelope.count; i++) {
		const struct smtp_recipient *r = &l->envelope.recipients[i];

		if (r->is_taken || r->reply.code < 400 || r->reply.code >= 500)
			continue;
		smtp_explain(o->server, r, why);
		return;
	}
	if (failure)
		*why = *failure;
	else
		err_set(why, ERR_TEMPORARY, "not everybody got it yet");
}
