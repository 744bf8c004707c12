/* SPDX-License-Identifier: ISC */
#include "msend/tally.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/screen.h"
#include "base/text.h"
#include "base/trace.h"
#include "net/wait.h"

enum { FIRST_MS = 1000, STEP_MS = 200, LINE_MAX_WIDTH = 120 };

struct tally {
	_Atomic int64_t answered_at;
	_Atomic uint64_t counts[TALLY_KINDS];
	uint64_t total;
	int64_t start_ms;
	_Atomic int64_t shown_ms; /* when the line was last written */
	_Atomic unsigned width;   /* of the line on the terminal; 0: none */
	unsigned columns;         /* of the terminal; 0: nothing is shown */
};

/* Blanks, and no escape sequence: so every terminal can do it. */
static void
hide(void *tally)
{
	struct tally *t = tally;
	const unsigned width = atomic_exchange(&t->width, 0);

	if (width > 0)
		fprintf(stderr, "\r%*s\r", (int)width, "");
}

struct tally *
tally_open(struct run *run, size_t total, struct err *e)
{
	struct tally *t =
	    mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED) {
		err_set_errno(e, ERR_TEMPORARY, "no memory to share");
		return NULL;
	}
	t->total = total;
	t->start_ms = wait_clock();
	if (run_may_remark(run) && !trace_wants(TRACE_PROTOCOL) && isatty(STDERR_FILENO) == 1)
		t->columns = screen_width(STDERR_FILENO, LINE_MAX_WIDTH);
	run->clear_line = hide;
	run->progress = t;
	return t;
}

static void
say_sums(const struct tally *t, const struct run *run)
{
	static const char *const names[TALLY_KINDS] = {[TALLY_SENT] = "sent",
						       [TALLY_REFUSED] = "refused",
						       [TALLY_DEFERRED] = "deferred",
						       [TALLY_SKIPPED] = "sent before"};
	const double seconds = (double)(wait_clock() - t->start_ms) / 1000;
	char text[200];
	int len = 0;

	for (int i = 0; i < TALLY_KINDS; i++)
		len += snprintf(text + len, sizeof text - (size_t)len, "%" PRIu64 " %s, ",
				atomic_load(&t->counts[i]), names[i]);
	run_remark(run, "%sin %.1f s", text, seconds);
}

void
tally_close(struct tally *t, struct run *run)
{
	if (!t)
		return;
	hide(t);
	run->clear_line = NULL;
	run->progress = NULL;
	if (trace_wants(TRACE_PROTOCOL))
		say_sums(t, run);
	munmap(t, sizeof *t);
}

/* Adds PART to the line if there is room. */
static void
add_part(const struct tally *t, char line[static LINE_MAX_WIDTH], const char *part)
{
	const size_t len = strlen(line);

	if (len + strlen(part) < t->columns)
		memcpy(line + len, part, strlen(part) + 1);
}

static void
add_count(const struct tally *t, char line[static LINE_MAX_WIDTH], enum tally_kind kind,
	  const char *name)
{
	const uint64_t count = atomic_load(&t->counts[kind]);
	char part[48];

	snprintf(part, sizeof part, ", %" PRIu64 " %s", count, name);
	if (count > 0)
		add_part(t, line, part);
}

static void
add_speed(const struct tally *t, char line[static LINE_MAX_WIDTH], uint64_t done, int64_t elapsed)
{
	const double rate = (double)done * 1000 / (double)elapsed;
	char left[32], part[48];

	snprintf(part, sizeof part, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
	add_part(t, line, part);
	if (done == 0 || done > t->total)
		return;
	text_duration(left, sizeof left, (uint64_t)((double)(t->total - done) / rate));
	snprintf(part, sizeof part, ", %s left", left);
	add_part(t, line, part);
}

static void
show(struct tally *t, int64_t now)
{
	char line[LINE_MAX_WIDTH] = "", part[48];
	uint64_t done = 0;
	unsigned before, width;

	for (int i = 0; i < TALLY_KINDS; i++)
		done += atomic_load(&t->counts[i]);
	snprintf(part, sizeof part, t->total ? "%" PRIu64 "/%" PRIu64 " sent" : "%" PRIu64 " sent",
		 atomic_load(&t->counts[TALLY_SENT]), t->total);
	add_part(t, line, part);
	add_count(t, line, TALLY_REFUSED, "refused");
	add_count(t, line, TALLY_DEFERRED, "deferred");
	add_speed(t, line, done, now - t->start_ms);
	width = (unsigned)strlen(line);
	before = atomic_load(&t->width);
	/* The rest of a longer earlier line is overwritten with blanks. */
	fprintf(stderr, "\r%-*s", (int)before, line);
	atomic_store(&t->width, width > before ? width : before);
}

/* One of several processes writes at a time. */
static void
show_in_time(struct tally *t)
{
	const int64_t now = wait_clock();
	int64_t shown = atomic_load(&t->shown_ms);

	if (t->columns > 0 && now - t->start_ms >= FIRST_MS && now - shown >= STEP_MS &&
	    atomic_compare_exchange_strong(&t->shown_ms, &shown, now))
		show(t, now);
}

void
tally_count(struct tally *t, enum tally_kind kind)
{
	if (!t)
		return;
	atomic_fetch_add(&t->counts[kind], 1);
	show_in_time(t);
}

enum tally_kind
tally_kind_of(const struct err *why)
{
	return why->code == ERR_TEMPORARY ? TALLY_DEFERRED : TALLY_REFUSED;
}

_Atomic int64_t *
tally_answered_at(struct tally *t)
{
	return &t->answered_at;
}
