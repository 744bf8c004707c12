/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/tool.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "config/account.h"
#include "msend/letter.h"
#include "msend/mailq.h"
#include "msend/outcome.h"
#include "msend/queue.h"
#include "msend/queue_add.h"
#include "msend/queue_settings.h"
#include "msend/recipient_status.h"
#include "msend/save.h"
#include "msend/submission.h"

enum { LIFETIME = 5 * 24 * 60 * 60 };

/* The last attempts lie so far apart: an hour, or less of a short life. */
enum { LATE_MAX_S = 60 * 60, LATE_PARTS = 10 };

/* The messages of one connection have the same account, and the same changes to it by the command
 * line. */
struct route {
	char *key;
	struct account account;
	struct err problem; /* of the configuration; ERR_NONE: there is none */
	struct submission *handover;
	size_t left;     /* messages */
	bool is_blocked; /* nothing gets there, and that is said */
};

/* A message that waits. */
struct waiting {
	struct queue_entry entry;
	struct route *route;
};

struct flush {
	struct run *run;
	struct queue *queue;
	struct waiting *all; /* oldest first */
	size_t count;
	struct route **routes;
	size_t route_count;
	struct account wanted; /* where -a names one */
	struct err problem;    /* ... and this is why it is none; ERR_NONE: there is none */
};

/* One attempt. */
struct attempt {
	struct flush *flush;
	struct waiting *waiting;
	struct account wishes; /* only these */
	struct letter letter;
	struct outcome outcome;
	int fd; /* of the message, or -1 */
	char deliver_by[32], hold_for[32];
	bool maybe_sent_before;
	bool is_late;     /* for what it asked */
	bool is_dated;    /* its entry has another time than before */
	bool is_old_news; /* nothing came of it that the entry does not say */
};

/* Routes. */

static void
copy_given(struct values *to, const struct values *from)
{
	for (size_t i = 0; i < SETTING_IDS; i++)
		to->of[i] = (struct value){.text = mem_strdup(from->of[i].text),
					   .origin = mem_strdup(from->of[i].origin)};
}

/* The command line of now goes before the one of then. */
static struct route *
make_route(struct flush *f, char *key, const struct queue_entry *entry)
{
	struct route *r = mem_alloc(sizeof *r);
	struct values given = {0};

	r->key = key;
	r->handover = submission_open(NULL);
	copy_given(&given, &f->run->given);
	queue_settings_read_route(entry, &given);
	if (account_resolve(&r->account, TOOL_MSEND, &given, entry->from, &r->problem))
		r->problem.code = ERR_NONE;
	values_free(&given);
	f->routes = mem_grow(f->routes, f->route_count + 1, sizeof(struct route *));
	return f->routes[f->route_count++] = r;
}

static struct route *
find_route(struct flush *f, const struct queue_entry *entry)
{
	char *key = queue_settings_route_key(entry);

	for (size_t i = 0; i < f->route_count; i++)
		if (strcmp(f->routes[i]->key, key) == 0) {
			free(key);
			return f->routes[i];
		}
	return make_route(f, key, entry);
}

/* With -a, messages for other accounts are left alone. An account has a name and an address; one
 * that is no longer in the configuration, or in another, has only what the queue calls it. */

static void
find_account(struct flush *f)
{
	if (f->run->given.of[SET_ACCOUNT].text &&
	    account_resolve(&f->wanted, TOOL_MSEND, &f->run->given, NULL, &f->problem))
		f->problem.code = ERR_NONE;
}

static bool
is_wanted(const struct flush *f, const struct queue_entry *entry)
{
	const char *account = f->run->given.of[SET_ACCOUNT].text;

	return !account || strcmp(account, entry->account) == 0 ||
	       (f->wanted.name && strcmp(f->wanted.name, entry->account) == 0);
}

static void
take_entry(struct flush *f, const char *id)
{
	struct queue_entry entry;
	struct err e;

	if (!queue_read(f->queue, id, &entry, &e)) {
		run_complain(f->run, &e);
		queue_entry_free(&entry);
	} else if (!is_wanted(f, &entry)) {
		queue_entry_free(&entry);
	} else {
		struct waiting w = {.entry = entry, .route = find_route(f, &entry)};

		w.route->left++;
		f->all[f->count++] = w;
	}
}

static bool
take_queue(struct flush *f, struct err *e)
{
	struct queue_list l;
	const bool ok = queue_list(f->queue, &l, e);

	f->all = mem_grow(NULL, l.count + 1, sizeof *f->all);
	for (size_t i = 0; ok && i < l.count; i++)
		take_entry(f, l.ids[i]);
	queue_list_free(&l);
	if (!ok || f->count > 0 || f->problem.code == ERR_NONE)
		return ok;
	*e = f->problem;
	return false;
}

static void
flush_free(struct flush *f)
{
	for (size_t i = 0; i < f->count; i++)
		queue_entry_free(&f->all[i].entry);
	for (size_t i = 0; i < f->route_count; i++) {
		submission_close(f->routes[i]->handover);
		account_free(&f->routes[i]->account);
		free(f->routes[i]->key);
		free(f->routes[i]);
	}
	account_free(&f->wanted);
	free(f->all);
	free(f->routes);
	queue_free(f->queue);
}

/* The letter. */

/* Times that the message asked for go on while it waits. */

static void
settle_hold(struct attempt *a, int64_t waited)
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
settle_deliver_by(struct attempt *a, int64_t waited, struct err *e)
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

/* One that was queued while the clock was not set, or will be set, waits from now on. */
static bool
date_entry(struct queue_entry *entry)
{
	const int64_t now = (int64_t)time(NULL);

	if (!clock_is_set(now) || (clock_was_set(entry->arrived) && entry->arrived <= now))
		return false;
	entry->arrived = now;
	return true;
}

static bool
settle_times(struct attempt *a, struct err *e)
{
	const int64_t waited = (int64_t)time(NULL) - a->waiting->entry.arrived;

	settle_hold(a, waited);
	return settle_deliver_by(a, waited, e);
}

/* The log has it before it is done: a process that is killed afterwards cannot write it any
 * more. */
static void
say_again(struct attempt *a)
{
	struct run *run = a->flush->run;
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
	outcome_log(&ahead, &a->letter, &a->waiting->route->account, run, NULL);
	run->about = a->waiting->entry.id;
}

/* From here on nobody knows whether it was sent, until the reply is seen; who comes after a kill is
 * to know that too. */
static bool
note_end(void *ctx, struct err *e)
{
	struct attempt *a = ctx;
	struct queue_entry *entry = &a->waiting->entry;

	if (a->maybe_sent_before)
		say_again(a);
	if (entry->maybe_sent)
		return true;
	entry->maybe_sent = true;
	return queue_update(a->flush->queue, entry, true, e);
}

static bool
open_letter(struct attempt *a, struct err *e)
{
	struct queue_entry *entry = &a->waiting->entry;

	a->fd = queue_open_message(a->flush->queue, entry, e);
	queue_settings_read_parameters(entry, &a->wishes.values);
	if (a->fd < 0 || !letter_again(&a->letter, a->fd, &a->wishes, entry->from, e))
		return false;
	for (size_t i = 0; i < entry->count; i++)
		if (queue_recipient_is_due(&entry->recipients[i]))
			letter_add_recipient(&a->letter, entry->recipients[i].address);
	a->letter.envelope.before_end = note_end;
	a->letter.envelope.before_end_ctx = a;
	return true;
}

static bool
hand_over(struct attempt *a, struct err *e)
{
	struct route *r = a->waiting->route;

	if (!open_letter(a, e))
		return false;
	if (r->problem.code != ERR_NONE) {
		*e = r->problem;
		return false;
	}
	a->is_late = !settle_times(a, e);
	return !a->is_late &&
	       submission_send(r->handover, &r->account, &a->letter, r->left == 0, &a->outcome, e);
}

static void
attempt_free(struct attempt *a)
{
	outcome_free(&a->outcome);
	letter_free(&a->letter);
	account_free(&a->wishes);
	if (a->fd >= 0)
		close(a->fd);
}

/* The result. */

static int64_t
lifetime_of(const struct attempt *a)
{
	const char *text = account_text(&a->waiting->route->account, SET_QUEUE_LIFETIME);
	uint64_t lifetime;

	if (!text || !text_age(text, &lifetime))
		return LIFETIME;
	return lifetime < INT64_MAX / 2 ? (int64_t)lifetime : INT64_MAX / 2;
}

/*
 * Its time is over, and attempts failed since that lie apart: a computer that was asleep, or whose
 * clock was wrong, has tried only once. The first of them is written down.
 */
static bool
is_expired(struct attempt *a)
{
	struct queue_entry *entry = &a->waiting->entry;
	const int64_t now = (int64_t)time(NULL), lifetime = lifetime_of(a);
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

/* One who was due, and what became of him as a recipient of the letter. A refusal that is his alone
 * is complained of. */
static void
settle_recipient(struct attempt *a, struct queue_recipient *to, size_t i)
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
		run_complain(a->flush->run, &e);
		break;
	case RECIPIENT_DEFERRED:
		break;
	}
}

/* Those who were due are the letter's recipients, in the same order. */
static void
settle_recipients(struct attempt *a)
{
	struct queue_entry *entry = &a->waiting->entry;

	for (size_t at = 0, i = 0; i < a->letter.envelope.count; at++)
		if (queue_recipient_is_due(&entry->recipients[at]))
			settle_recipient(a, &entry->recipients[at], i++);
}

/* Nobody is due any more. That is written down, then said, and then the message is moved: who is
 * killed before he said it says it the next time. */
static void
fail(struct attempt *a, struct err *e)
{
	struct flush *f = a->flush;
	const struct queue_entry *entry = &a->waiting->entry;
	struct err problem;
	const bool is_noted = queue_update(f->queue, entry, true, &problem);

	e->hint[0] = '\0';
	if (is_noted && queue_has_message(f->queue, entry))
		err_hint(e, "the message is in %s/%s.eml", queue_failed_directory(f->queue),
			 entry->id);
	a->outcome.worst = err_worse(a->outcome.worst, e->code);
	run_complain(f->run, e);
	if (!is_noted || !queue_fail(f->queue, entry, &problem))
		run_complain(f->run, &problem);
}

/* The message is kept. If the server cannot be reached at all, that is reported once, not for each
 * message. */
static void
say_delay(struct attempt *a, const struct err *why)
{
	struct run *run = a->flush->run;
	struct route *r = a->waiting->route;
	const bool is_blocked = !a->outcome.server && a->fd >= 0;

	a->outcome.is_waiting = true;
	a->outcome.worst = err_worse(a->outcome.worst, why->code);
	run->worst = err_worse(run->worst, why->code);
	if (is_blocked && r->is_blocked)
		return;
	r->is_blocked |= is_blocked;
	if (is_blocked)
		run->about = NULL;
	if (why->code != ERR_TEMPORARY || a->outcome.maybe_sent)
		run_complain(run, why);
	else
		run_remark(run, "%s", why->text);
}

static void
delay(struct attempt *a, const struct err *why, bool is_durable)
{
	struct err problem;

	if (!a->is_old_news &&
	    !queue_update(a->flush->queue, &a->waiting->entry, is_durable, &problem))
		run_complain(a->flush->run, &problem);
	say_delay(a, why);
}

static void
finish(struct attempt *a)
{
	struct err e;

	if (queue_remove(a->flush->queue, &a->waiting->entry, &e))
		return;
	err_hint(&e, "it was sent; as long as this file is there it will be sent again");
	run_complain(a->flush->run, &e);
}

/* WHY it could not be sent, now that its time is over. */
static void
give_up(struct attempt *a, struct err *why)
{
	const int64_t waited = (int64_t)time(NULL) - a->waiting->entry.arrived;

	err_prefix(why, "not sent for %" PRId64 " hours, which is too long", waited / 3600);
	refuse_all(&a->waiting->entry, why);
}

/* Behind the one that found the way blocked nothing is tried; thousands that wait for a server
 * which is away need not be written anew to say the same of it. */
static bool
is_old_news(const struct attempt *a, const struct err *why)
{
	const char *reply = a->waiting->entry.reply;

	return a->waiting->route->is_blocked && !a->outcome.server && reply &&
	       strcmp(reply, why->text) == 0;
}

/* The entry as it is after the attempt, and WHY it is not gone. FAILURE: NULL where it was sent. */
static void
settle_entry(struct attempt *a, const struct err *failure, struct err *why)
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

static void
settle(struct attempt *a, const struct err *failure)
{
	struct queue_entry *entry = &a->waiting->entry;
	const size_t due = queue_entry_count_due(entry);
	struct err why;

	settle_entry(a, failure, &why);
	if (queue_entry_is_done(entry))
		finish(a);
	else if (queue_entry_count_due(entry) == 0)
		fail(a, &why);
	else
		delay(a, &why, queue_entry_count_due(entry) < due);
}

/* Nobody is due: who knew that was killed before the message was moved to what failed. */
static bool
finish_failing(struct attempt *a, struct err *e)
{
	const char *reply = a->waiting->entry.reply;

	err_set(e, ERR_RECIPIENT, "%s", reply ? reply : "it was refused");
	fail(a, e);
	return false;
}

static bool
has_been_taken(const struct queue_entry *entry)
{
	for (size_t i = 0; i < entry->count; i++)
		if (entry->recipients[i].has_it)
			return true;
	return false;
}

/*
 * The first time that a server accepts the message. The copy is on its way before the entry is
 * removed: if we are killed between the two, the message is sent again, and that is said, but no
 * copy is lost.
 */
static struct save *
begin_copy(const struct attempt *a)
{
	const struct account *account = &a->waiting->route->account;

	if (has_been_taken(&a->waiting->entry) || !save_is_due(&a->letter) ||
	    !save_is_wanted(account))
		return NULL;
	return save_begin(a->flush->run, account, &a->letter);
}

static bool
try_again(struct attempt *a, struct err *e)
{
	const bool ok = hand_over(a, e);
	struct save *copy = begin_copy(a);

	a->outcome.queued = mem_strdup(a->waiting->entry.id);
	settle(a, ok ? NULL : e);
	save_end(a->flush->run, copy);
	return ok;
}

/* Sends one message. A message that was not even tried is not logged. */
static void
serve(struct flush *f, struct waiting *w)
{
	struct attempt a = {.flush = f,
			    .waiting = w,
			    .fd = -1,
			    .wishes = {.name = mem_strdup(w->entry.account)},
			    .maybe_sent_before = w->entry.maybe_sent};
	struct err e = {0};
	bool ok;

	f->run->about = w->entry.id;
	w->route->left--;
	a.is_dated = date_entry(&w->entry);
	ok = queue_entry_count_due(&w->entry) == 0 ? finish_failing(&a, &e) : try_again(&a, &e);
	f->run->about = NULL;
	if (a.outcome.server || !a.outcome.is_waiting)
		outcome_log(&a.outcome, &a.letter, &w->route->account, f->run, ok ? NULL : &e);
	attempt_free(&a);
}

/* It is not reported as an error if another process is running the queue. */
static bool
leave_to_other(struct flush *f, const struct err *e)
{
	if (e->code != ERR_TEMPORARY || run_may_remark(f->run))
		return false;
	f->run->worst = ERR_TEMPORARY;
	return true;
}

static bool
send_all(struct flush *f, struct err *e)
{
	if (!queue_lock(f->queue, e))
		return leave_to_other(f, e);
	if (!queue_tidy(f->queue, e))
		run_complain(f->run, e);
	if (!take_queue(f, e))
		return false;
	if (f->count > 0 && !clock_is_set((int64_t)time(NULL)))
		run_remark(f->run, "the clock is not set, so no message is given up");
	for (size_t i = 0; i < f->count && stop_signal() == 0; i++)
		serve(f, &f->all[i]);
	if (stop_signal() != 0)
		f->run->worst = err_worse(f->run->worst, ERR_TEMPORARY);
	return true;
}

bool
queue_add_flush(struct run *run, struct err *e)
{
	struct flush f = {.run = run};
	bool ok;

	if (run->options.dry_run)
		return mailq_show(run, e);
	find_account(&f);
	f.queue = queue_add_open(e);
	ok = f.queue && send_all(&f, e);
	flush_free(&f);
	return ok;
}
