/* SPDX-License-Identifier: ISC */
#include "mfetch/watch.h"

#include <signal.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/trace.h"
#include "mfetch/repeats.h"
#include "net/wait.h"

enum { PAUSE_MAX_S = 15 * 60, RECONNECT_S = 1 };

/* An error that only a broken server reports may be temporary, once the server has worked; at the
 * first attempt the configuration is more likely the cause. */
static bool
may_pass(enum err_code code, bool has_worked)
{
	static const enum err_code passing[] = {ERR_NO_HOST, ERR_UNAVAILABLE, ERR_PROTOCOL};

	if (code == ERR_TEMPORARY)
		return true;
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		if (code == passing[i])
			return has_worked;
	return false;
}

/* Twice as long with each failure in a row. */
static unsigned
pause_s(unsigned first_s, unsigned failures)
{
	unsigned pause = first_s;

	for (unsigned i = 1; i < failures && pause < PAUSE_MAX_S; i++)
		pause *= 2;
	if (pause > PAUSE_MAX_S)
		pause = PAUSE_MAX_S;
	return pause > first_s ? pause : first_s;
}

static bool
pause_for(unsigned seconds)
{
	return wait_fds(NULL, 0, wait_deadline(seconds)) != WAIT_STOPPED;
}

/* By a signal. */
static bool
end(struct run *run, struct err *e)
{
	run->worst = ERR_NONE;
	return stop_signal() == SIGTERM || err_set(e, ERR_TEMPORARY, "interrupted");
}

struct watch {
	struct run *run;
	const struct watch_job *job;
	void *ctx;
	unsigned failures; /* of polls, in a row */
	unsigned losses;   /* of connections that were waited on, in a row */
	bool has_worked;
};

/* A connection that is lost while idle is not a failure: it is made anew. A server that accepts
 * each login and then hangs up must not make us loop for ever. */
static void
note_loss(struct watch *w, const struct err *why)
{
	w->losses++;
	if (stop_signal() == 0)
		trace_note(TRACE_PROTOCOL, "%s; connecting again in %u s", why->text,
			   pause_s(RECONNECT_S, w->losses));
}

/* Until the next poll. False: a signal came. */
static bool
rest(struct watch *w)
{
	struct err why;

	if (w->failures > 0 || !w->job->is_connected(w->ctx))
		return pause_for(pause_s(*w->job->interval_s, w->failures));
	if (w->job->wait(w->ctx, &why))
		w->losses = 0;
	else
		note_loss(w, &why);
	return stop_signal() == 0 && (w->losses == 0 || pause_for(pause_s(RECONNECT_S, w->losses)));
}

/* False: *e ends the watch. */
static bool
poll_once(struct watch *w, struct err *e)
{
	const bool ok = w->job->poll(w->ctx, e);

	if (stop_signal() != 0)
		return true;
	if (!ok && !may_pass(e->code, w->has_worked))
		return false;
	if (!ok)
		run_complain(w->run, e);
	w->failures = ok ? 0 : w->failures + 1;
	w->has_worked = w->has_worked || ok;
	repeats_turn(w->run->repeats);
	return true;
}

static bool
turn_until_stopped(struct watch *w, struct err *e)
{
	do {
		w->run->worst = ERR_NONE; /* what went wrong before has been said */
		if (!poll_once(w, e))
			return false;
	} while (stop_signal() == 0 && rest(w));
	return end(w->run, e);
}

static bool
is_repeated(void *repeats, const char *lines)
{
	return repeats_has(repeats, lines);
}

bool
watch_run(struct run *run, const struct watch_job *job, void *ctx, struct err *e)
{
	struct repeats repeats = {0};
	struct watch w = {.run = run, .job = job, .ctx = ctx};
	bool ok;

	run->repeats = &repeats;
	run->is_repeated = is_repeated;
	ok = turn_until_stopped(&w, e);
	run->is_repeated = NULL;
	run->repeats = NULL;
	repeats_free(&repeats);
	return ok;
}
