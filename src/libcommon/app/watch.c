/* SPDX-License-Identifier: ISC */
#include "app/watch.h"

#include <signal.h>

#include "app/hush.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/stop.h"
#include "net/wait.h"

enum { PAUSE_MAX_S = 15 * 60 };

/* What only a server that is out of order says of itself may pass, once it has been in order; at
 * the first attempt it is more likely the configuration. */
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

static unsigned
pause_s(unsigned interval_s, unsigned failures)
{
	unsigned pause = interval_s;

	for (unsigned i = 1; i < failures && pause < PAUSE_MAX_S; i++)
		pause *= 2;
	if (pause > PAUSE_MAX_S)
		pause = PAUSE_MAX_S;
	return pause > interval_s ? pause : interval_s;
}

/* By a signal. */
static bool
end(struct run *run, struct err *e)
{
	run->worst = ERR_NONE;
	return stop_signal() == SIGTERM || err_set(e, ERR_TEMPORARY, "interrupted");
}

static bool
turn_until_stopped(struct run *run, const unsigned *interval_s,
		   bool (*poll)(void *ctx, struct err *e), void *ctx, struct err *e)
{
	unsigned failures = 0;
	bool has_worked = false;

	do {
		bool ok;

		run->worst = ERR_NONE; /* what went wrong before has been said */
		ok = poll(ctx, e);
		if (stop_signal() != 0)
			break;
		if (!ok && !may_pass(e->code, has_worked))
			return false;
		if (!ok)
			run_complain(run, e);
		failures = ok ? 0 : failures + 1;
		has_worked = has_worked || ok;
		hush_turn(run->hush);
	} while (wait_fds(NULL, 0, wait_deadline(pause_s(*interval_s, failures))) != WAIT_STOPPED);
	return end(run, e);
}

bool
watch_run(struct run *run, const unsigned *interval_s, bool (*poll)(void *ctx, struct err *e),
	  void *ctx, struct err *e)
{
	struct hush hush = {0};
	bool ok;

	run->hush = &hush;
	ok = turn_until_stopped(run, interval_s, poll, ctx, e);
	run->hush = NULL;
	hush_free(&hush);
	return ok;
}
