/* SPDX-License-Identifier: ISC */
#include "msend/queue_settle.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "app/tool.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "msend/queue.h"
#include "msend/queue_attempt.h"
#include "msend/queue_route.h"
#include "msend/recipient_status.h"
#include "msend/save.h"
#include "msend/send_options.h"

/* The last attempts lie so far apart: an hour, or less of a short life. */
enum { LATE_MAX_S = 60 * 60, LATE_PARTS = 10 };

/*
 * Its time is over, and attempts failed since that lie apart: a computer that was asleep, or whose
 * clock was wrong, has tried only once. The first of them is written down.
 */
static bool
is_expired(struct queue_attempt *a)
{
	struct queue_entry *entry = &a->waiting->entry;
	const int64_t now = (int64_t)time(NULL),
		      lifetime = a->waiting->route->account.settings.queue_lifetime_s;
	const int64_t apart =
	    lifetime / LATE_PARTS < LATE_MAX_S ? lifetime / LATE_PARTS : LATE_MAX_S;

	if (stop_signal() != 0 || !clock_is_set(now) || now - entry->arrived < lifetime)
		return false;
	if (entry->late != 0 && entry->late <= now)
		return now - entry->late >= apart;
	entry->late = now;
	a->is_old_news = false; /* this is to be written */
	return false;
}

/* The remaining recipients never get it. */
static void
refuse_all(struct queue_entry *entry, const struct err *why)
{
	for (size_t i = 0; i < entry->count; i++)
		if (queue_recipient_is_due(&entry->recipients[i]))
			entry->recipients[i].refusal = mem_strdup(why->text);
}

/* Settles the recipient TO, who was due, by his status as recipient number I of the letter. A
 * refusal of him alone is reported. */
static void
settle_recipient(struct queue_attempt *a, struct queue_recipient *to, size_t i)
{
	struct err e;

	switch (recipient_status_of(&a->letter, i, &a->outcome, false)) {
	case RECIPIENT_ACCEPTED:
		to->has_it = true;
		break;
	case RECIPIENT_REJECTED:
		smtp_explain(a->outcome.server, &a->letter.envelope.recipients[i], &e);
		to->refusal = mem_strdup(e.text);
		a->outcome.worst = err_worse(a->outcome.worst, e.code);
		run_complain(a->run, &e);
		break;
	case RECIPIENT_DEFERRED:
		break;
	}
}

/* The letter's recipients are those who were due, in the same order. */
static void
settle_recipients(struct queue_attempt *a)
{
	struct queue_entry *entry = &a->waiting->entry;

	for (size_t at = 0, i = 0; i < a->letter.envelope.count; at++)
		if (queue_recipient_is_due(&entry->recipients[at]))
			settle_recipient(a, &entry->recipients[at], i++);
}

/* Nobody is due any more. That is written down, then reported, and then the message is moved: a
 * process that is killed before it reported it does so the next time. */
static void
fail(struct queue_attempt *a, struct err *e)
{
	const struct queue_entry *entry = &a->waiting->entry;
	struct err problem;
	const bool is_noted = queue_update(a->queue, entry, true, &problem);

	e->hint[0] = '\0';
	if (is_noted && queue_has_message(a->queue, entry))
		err_hint(e, "the message is in %s/%s.eml", queue_failed_directory(a->queue),
			 entry->id);
	a->outcome.worst = err_worse(a->outcome.worst, e->code);
	run_complain(a->run, e);
	if (!is_noted || !queue_fail(a->queue, entry, &problem))
		run_complain(a->run, &problem);
}

/* The message is kept. If the server cannot be reached at all, that is reported once, not for each
 * message. */
static void
say_delay(struct queue_attempt *a, const struct err *why)
{
	struct run *run = a->run;
	struct queue_route *r = a->waiting->route;
	const bool is_blocked = !a->outcome.server && a->is_open;

	a->outcome.is_waiting = true;
	a->outcome.worst = err_worse(a->outcome.worst, why->code);
	run->worst = err_worse(run->worst, why->code);
	if (is_blocked && atomic_exchange(r->is_blocked, true))
		return;
	if (is_blocked)
		run->about = NULL;
	if (why->code != ERR_TEMPORARY || a->outcome.maybe_sent)
		run_complain(run, why);
	else
		run_remark(run, "%s", why->text);
}

static void
delay(struct queue_attempt *a, const struct err *why, bool is_durable)
{
	struct err problem;

	if (!a->is_old_news && !queue_update(a->queue, &a->waiting->entry, is_durable, &problem))
		run_complain(a->run, &problem);
	say_delay(a, why);
}

void
queue_settle_sent(struct queue_attempt *a)
{
	struct err e;

	if (queue_remove(a->queue, &a->waiting->entry, &e))
		return;
	err_hint(&e, "it was sent; as long as this file is there it will be sent again");
	run_complain(a->run, &e);
}

/* Its time is over; WHY says why it could not be sent. */
static void
give_up(struct queue_attempt *a, struct err *why)
{
	const int64_t waited = (int64_t)time(NULL) - a->waiting->entry.arrived;

	err_prefix(why, "not sent for %" PRId64 " hours, which is too long", waited / 3600);
	refuse_all(&a->waiting->entry, why);
}

/* After the message that found the way blocked nothing is tried; thousands that wait for a server
 * which is away need not be written anew to say the same. */
static bool
is_old_news(const struct queue_attempt *a, const struct err *why)
{
	const char *reply = a->waiting->entry.reply;

	return atomic_load(a->waiting->route->is_blocked) && a->is_open && !a->outcome.server &&
	       reply && strcmp(reply, why->text) == 0;
}

/* The entry as it is after the attempt, and WHY it is not gone. FAILURE: NULL where it was sent. */
static void
settle_entry(struct queue_attempt *a, const struct err *failure, struct err *why)
{
	struct queue_entry *entry = &a->waiting->entry;

	entry->maybe_sent = a->maybe_sent_before || a->outcome.maybe_sent;
	recipient_status_explain_delay(&a->letter, &a->outcome, failure, why);
	a->is_old_news = !a->is_dated && is_old_news(a, why);
	if (!a->is_old_news)
		queue_entry_tried(entry, why->text);
	if (a->is_late || recipient_status_is_final(&a->letter, &a->outcome, failure)) {
		refuse_all(entry, why);
		return;
	}
	settle_recipients(a);
	if (queue_entry_count_due(entry) == 0)
		err_set(why, ERR_RECIPIENT, "who was refused does not get it");
	else if (is_expired(a))
		give_up(a, why);
}

/*
 * The first time that a server accepts the message. That is written down before the copy is begun,
 * and the entry stays until it is over: a run that is killed in between leaves one that is neither
 * sent nor filed once more, and tells the next run that nobody knows of the copy.
 */
static void
file_copy(struct queue_attempt *a)
{
	const struct send_account *account = &a->waiting->route->account;
	struct queue_entry *entry = &a->waiting->entry;
	struct err problem;

	if (entry->copy != QUEUE_COPY_NONE || !save_is_due(&a->letter) ||
	    !account->settings.save.is_wanted)
		return;
	entry->copy = QUEUE_COPYING;
	if (!queue_update(a->queue, entry, true, &problem))
		run_complain(a->run, &problem);
	save_end(a->run, save_begin(a->run, account, &a->letter, -1));
	entry->copy = QUEUE_COPIED;
	a->is_old_news = false; /* this is to be written */
}

void
queue_settle(struct queue_attempt *a, const struct err *failure)
{
	struct queue_entry *entry = &a->waiting->entry;
	const size_t due = queue_entry_count_due(entry);
	struct err why;

	settle_entry(a, failure, &why);
	file_copy(a);
	if (queue_entry_is_done(entry))
		queue_settle_sent(a);
	else if (queue_entry_count_due(entry) == 0)
		fail(a, &why);
	else
		delay(a, &why, queue_entry_count_due(entry) < due);
}

void
queue_settle_copy(struct queue_attempt *a)
{
	struct queue_entry *entry = &a->waiting->entry;
	struct err e;

	save_set_doubt(&e);
	run_warn(a->run, &e);
	entry->copy = QUEUE_COPIED;
	if (entry->count > 0 && !queue_update(a->queue, entry, true, &e))
		run_complain(a->run, &e);
}

bool
queue_settle_failed(struct queue_attempt *a, struct err *e)
{
	const char *reply = a->waiting->entry.reply;

	err_set(e, ERR_RECIPIENT, "%s", reply ? reply : "it was refused");
	fail(a, e);
	return false;
}
