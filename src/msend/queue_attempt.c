/* SPDX-License-Identifier: ISC */
#include "msend/queue_attempt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/tool.h"
#include "base/clock.h"
#include "base/err.h"
#include "msend/queue_route.h"
#include "msend/queue_settings.h"
#include "msend/send_options.h"
#include "msend/submission.h"

/* Times that the message asked for go on while it waits. */

static void
settle_hold(struct queue_attempt *a, int64_t waited)
{
	struct smtp_parameters *w = &a->letter.envelope.wishes;
	struct tm until = {0};

	if (w->hold_for) {
		const int64_t left = atoll(w->hold_for) - waited;

		snprintf(a->hold_for, sizeof a->hold_for, "%" PRId64, left);
		w->hold_for = left > 0 ? a->hold_for : NULL;
	}
	if (w->hold_until && strptime(w->hold_until, "%Y-%m-%dT%H:%M:%SZ", &until) &&
	    timegm(&until) <= time(NULL))
		w->hold_until = NULL;
}

/* RFC 2852 section 4: it may be late already, unless it has to be returned then. False: *e. */
static bool
settle_deliver_by(struct queue_attempt *a, int64_t waited, struct err *e)
{
	struct smtp_parameters *w = &a->letter.envelope.wishes;
	const char *mode = w->deliver_by ? w->deliver_by + strcspn(w->deliver_by, ";") : "";
	const int64_t left = w->deliver_by ? atoll(w->deliver_by) - waited : 0;

	if (!w->deliver_by)
		return true;
	if (left <= 0 && strcmp(mode, ";R") == 0)
		return err_set(e, ERR_UNAVAILABLE,
			       "the time in which it had to be delivered is over");
	snprintf(a->deliver_by, sizeof a->deliver_by, "%" PRId64 "%s", left, mode);
	w->deliver_by = a->deliver_by;
	return true;
}

bool
queue_attempt_date(struct queue_entry *entry)
{
	const int64_t now = (int64_t)time(NULL);

	if (!clock_is_set(now) || (clock_was_set(entry->arrived) && entry->arrived <= now))
		return false;
	entry->arrived = now;
	return true;
}

static bool
settle_times(struct queue_attempt *a, struct err *e)
{
	const int64_t waited = (int64_t)time(NULL) - a->waiting->entry.arrived;

	settle_hold(a, waited);
	return settle_deliver_by(a, waited, e);
}

void
queue_attempt_log(const struct queue_attempt *a, const struct outcome *o, const struct err *failure)
{
	const struct send_account *account = &a->waiting->route->account;

	outcome_log(o, &a->letter, account->base.name, account->settings.log, a->run, failure);
}

/* The log has it before it is done: a process that is killed afterwards cannot write it any
 * more. */
static void
say_again(struct queue_attempt *a)
{
	struct run *run = a->run;
	const struct outcome ahead = {.server = a->outcome.server,
				      .queued = a->waiting->entry.id,
				      .is_again = true,
				      .is_ahead = true};
	struct err e;

	if (a->outcome.is_again)
		return;
	a->outcome.is_again = true;
	err_set(&e, ERR_TEMPORARY,
		"it may have been sent before, the reply was not seen; it is sent again");
	run_warn(run, &e);
	run->about = NULL; /* the id has a field of its own */
	queue_attempt_log(a, &ahead, NULL);
	run->about = a->waiting->entry.id;
}

/* From here on nobody knows whether it was sent, until the reply is seen; who comes after a kill is
 * to know that too. */
static bool
note_end(void *ctx, struct err *e)
{
	struct queue_attempt *a = ctx;
	struct queue_entry *entry = &a->waiting->entry;

	if (a->maybe_sent_before)
		say_again(a);
	if (entry->maybe_sent)
		return true;
	entry->maybe_sent = true;
	return queue_update(a->queue, entry, true, e);
}

static bool
open_letter(struct queue_attempt *a, struct err *e)
{
	struct queue_entry *entry = &a->waiting->entry;
	struct wishes wishes;

	a->fd = queue_open_message(a->queue, entry, e);
	queue_settings_read_parameters(entry, &a->wishes);
	wishes = wishes_read(&a->wishes);
	if (a->fd < 0 || !letter_again(&a->letter, a->fd, &wishes, entry->account, entry->from, e))
		return false;
	for (size_t i = 0; i < entry->count; i++)
		if (queue_recipient_is_due(&entry->recipients[i]))
			letter_add_recipient(&a->letter, entry->recipients[i].address);
	a->letter.envelope.before_end = note_end;
	a->letter.envelope.before_end_ctx = a;
	return true;
}

bool
queue_attempt_send(struct queue_attempt *a, struct err *e)
{
	struct queue_route *r = a->waiting->route;
	const bool is_last = a->waiting->following == QUEUE_NO_MESSAGE;

	a->is_open = open_letter(a, e);
	if (!a->is_open)
		return false;
	if (r->problem.code != ERR_NONE) {
		*e = r->problem;
		return false;
	}
	a->is_late = !settle_times(a, e);
	return !a->is_late &&
	       submission_send(r->submission, &r->account, &a->letter, is_last, &a->outcome, e);
}

void
queue_attempt_free(struct queue_attempt *a)
{
	outcome_free(&a->outcome);
	letter_free(&a->letter);
	values_free(&a->wishes);
	if (a->fd >= 0)
		close(a->fd);
}
