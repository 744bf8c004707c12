/* SPDX-License-Identifier: ISC */
#include "msend/queue_run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/tool.h"
#include "app/workers.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "config/account.h"
#include "msend/mailq.h"
#include "msend/queue.h"
#include "msend/queue_access.h"
#include "msend/queue_add.h"
#include "msend/queue_attempt.h"
#include "msend/queue_route.h"
#include "msend/queue_settle.h"
#include "msend/queue_share.h"
#include "msend/rate.h"
#include "msend/send_options.h"
#include "msend/submission.h"
#include "msend/tally.h"

struct flush {
	struct run *run;
	const struct send_options *options;
	struct tally *tally;
	struct shared shared; /* by all routes */
	struct queue *queue;
	struct queue_waiting *all; /* oldest first */
	size_t count;
	struct queue_routes routes;
	struct queue_access access;
	struct queue_share *share;
	struct account wanted; /* the one that -a names */
	struct err problem;    /* why there is no such account; ERR_NONE: there is */
};

/* With -a, messages for other accounts are left alone. An account has a name and an address; one
 * that is no longer in the configuration, or in another, has only what the queue calls it. */

static void
find_account(struct flush *f)
{
	if (f->options->account &&
	    account_resolve(&f->wanted, TOOL_MSEND, &f->run->given, NULL, &f->problem))
		f->problem.code = ERR_NONE;
}

static bool
is_wanted(const struct flush *f, const struct queue_entry *entry)
{
	const char *account = f->options->account;

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
		f->all[f->count++] = (struct queue_waiting){
		    .entry = entry, .route = queue_route_find(&f->routes, &f->run->given, &entry)};
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
	queue_routes_free(&f->routes);
	queue_share_close(f->share);
	queue_access_free(&f->access);
	account_free(&f->wanted);
	free(f->all);
	queue_free(f->queue);
}

static bool
try_again(struct queue_attempt *a, struct err *e)
{
	const bool ok = queue_attempt_send(a, e);

	a->outcome.queued = mem_strdup(a->waiting->entry.id);
	queue_settle(a, ok ? NULL : e);
	return ok;
}

static bool
attempt(struct queue_attempt *a, struct err *e)
{
	const struct queue_entry *entry = &a->waiting->entry;

	if (entry->copy == QUEUE_COPYING)
		queue_settle_copy(a);
	if (queue_entry_count_due(entry) > 0)
		return try_again(a, e);
	if (!queue_entry_is_done(entry))
		return queue_settle_failed(a, e);
	queue_settle_sent(a);
	return true;
}

static enum tally_kind
kind_of(const struct queue_attempt *a, bool ok, const struct err *why)
{
	if (a->outcome.is_waiting)
		return TALLY_DEFERRED;
	return ok ? TALLY_SENT : tally_kind_of(why);
}

/* Sends one message. A message that was not even tried is not logged. */
static void
serve(struct flush *f, struct queue_waiting *w)
{
	struct queue_attempt a = {.run = f->run,
				  .queue = f->queue,
				  .waiting = w,
				  .fd = -1,
				  .maybe_sent_before = w->entry.maybe_sent};
	struct err e = {0};
	bool ok;

	f->run->about = w->entry.id;
	a.is_dated = queue_attempt_date(&w->entry);
	ok = attempt(&a, &e);
	f->run->about = NULL;
	tally_count(f->tally, kind_of(&a, ok, &e));
	if (a.outcome.server || !a.outcome.is_waiting)
		queue_attempt_log(&a, &a.outcome, ok ? NULL : &e);
	queue_attempt_free(&a);
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

static void
hang_up(struct flush *f, const struct queue_lane *l)
{
	for (size_t i = 0; i < f->routes.count; i++) {
		struct queue_route *r = f->routes.items[i];

		if (r->lane == l) {
			submission_close(r->submission);
			r->submission = NULL;
		}
	}
}

/* As one of its processes. */
static void
serve_lane(struct flush *f, struct queue_lane *l)
{
	struct queue_waiting *w;

	f->shared.answered_at = l->is_shared ? &l->answered_at : NULL;
	while (stop_signal() == 0 && (w = queue_share_take(f->share, l)))
		serve(f, w);
	hang_up(f, l);
}

/* A stranger who took the process over at the server of LANE must not find them. */
static void
forget_other_passwords(struct flush *f, const struct queue_lane *lane)
{
	for (size_t i = 0; i < f->routes.count; i++)
		if (f->routes.items[i]->lane != lane)
			account_forget_password(&f->routes.items[i]->account.base);
}

/* One of the processes. If there is one for each turn, it gets no file, command and password of the
 * other lanes, and takes no second turn, which it could not serve. */
static bool
serve_turns(struct run *run, const char *name, void *ctx, struct err *e)
{
	struct flush *f = ctx;
	struct queue_lane *l = queue_share_take_turn(f->share);
	struct queue_lane *only = queue_share_is_even(f->share) ? l : NULL;

	(void)run;
	(void)name;
	(void)e;
	queue_access_share(&f->access, &f->routes, only, f->all, f->count);
	if (only)
		forget_other_passwords(f, only);
	for (; l && stop_signal() == 0; l = only ? NULL : queue_share_take_turn(f->share))
		serve_lane(f, l);
	return true;
}

/* Nobody can answer several prompts at a time. */
static bool
serve_side_by_side(struct flush *f, size_t processes, struct err *e)
{
	const struct workers workers = {.run = f->run,
					.kind = "queue process",
					.count = processes,
					.side_by_side = true,
					.job = serve_turns,
					.ctx = f};

	for (size_t i = 0; i < f->routes.count; i++)
		f->routes.items[i]->account.base.is_unattended = true;
	return workers_run(&workers, e);
}

static bool
share_out(struct flush *f, struct err *e)
{
	const size_t connections = f->options->connections > 0 ? f->options->connections : 1;
	size_t processes;

	f->share = queue_share_open(&f->routes, f->all, f->count, connections, e);
	if (!f->share)
		return false;
	processes = queue_share_processes(f->share);
	return processes > 1 ? serve_side_by_side(f, processes, e) : serve_turns(f->run, "", f, e);
}

static bool
send_all(struct flush *f, struct err *e)
{
	bool ok;

	if (!queue_lock(f->queue, e))
		return leave_to_other(f, e);
	if (!queue_tidy(f->queue, e))
		run_complain(f->run, e);
	if (!take_queue(f, e))
		return false;
	if (f->count > 0 && !clock_is_set((int64_t)time(NULL)))
		run_remark(f->run, "the clock is not set, so no message is given up");
	if (f->count > 0 && !(f->tally = tally_open(f->run, f->count, e)))
		return false;
	ok = share_out(f, e);
	tally_close(f->tally, f->run);
	if (stop_signal() != 0)
		f->run->worst = err_worse(f->run->worst, ERR_TEMPORARY);
	return ok;
}

bool
queue_run(struct run *run, const struct send_options *o, struct err *e)
{
	struct flush f = {.run = run, .options = o, .shared = {.options = o}};
	bool ok;

	if (o->connections > QUEUE_PROCESSES_MAX)
		return err_set(e, ERR_USAGE, "at most %d connections", QUEUE_PROCESSES_MAX);
	if (run->options.dry_run)
		return mailq_show(run, e);
	f.routes.shared = &f.shared;
	find_account(&f);
	ok = (!o->rate || (f.shared.rate = rate_open(o->rate, e))) &&
	     (f.queue = queue_add_open(e)) && send_all(&f, e);
	flush_free(&f);
	rate_close(f.shared.rate);
	return ok;
}
