/* SPDX-License-Identifier: ISC */
#include "mfetch/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "net/wait.h"
#include "proto/mailbox.h"

enum { FIRST_MS = 1000, STEP_MS = 200, LINE_MAX_WIDTH = 79 };

void
progress_start(struct progress *p, const struct message_list *l, const struct message_set *set,
	       bool is_wanted)
{
	p->is_wanted = is_wanted && isatty(STDERR_FILENO) == 1;
	p->messages = set->count;
	for (size_t i = 0; i < set->count; i++)
		p->octets += l->items[set->index[i]].size;
	p->start_ms = p->shown_ms = wait_clock();
}

void
progress_hide(struct progress *p)
{
	if (!p || p->width == 0)
		return;
	/* Blanks, and no escape sequence: so every terminal can do it. */
	fprintf(stderr, "\r%*s\r", (int)p->width, "");
	p->width = 0;
}

/* "0:43", "2:05:00"; "" as long as nobody can tell. */
static void
put_time_left(const struct progress *p, int64_t elapsed_ms, char *text, size_t size)
{
	char left[32];
	double left_s;

	text[0] = '\0';
	if (p->octets_done == 0 || p->octets_done > p->octets)
		return;
	left_s = (double)(p->octets - p->octets_done) / (double)p->octets_done *
		 (double)elapsed_ms / 1000;
	text_duration(left, sizeof left, (uint64_t)left_s);
	snprintf(text, size, ", %s left", left);
}

static void
show(struct progress *p, int64_t now)
{
	const int64_t elapsed = now - p->start_ms;
	const double megabyte = 1e6;
	char left[48], line[160];
	int len;

	put_time_left(p, elapsed, left, sizeof left);
	len = snprintf(line, sizeof line, "%zu/%zu messages, %.1f/%.1f MB, %.1f MB/s%s",
		       p->messages_done, p->messages, (double)p->octets_done / megabyte,
		       (double)p->octets / megabyte,
		       (double)p->octets_done / megabyte * 1000 / (double)elapsed, left);
	if (len > LINE_MAX_WIDTH)
		len = LINE_MAX_WIDTH;
	/* The rest of a longer earlier line is overwritten with blanks. */
	fprintf(stderr, "\r%-*.*s", (int)p->width, len, line);
	if (p->width < (unsigned)len)
		p->width = (unsigned)len;
	p->shown_ms = now;
}

static void
show_in_time(struct progress *p)
{
	int64_t now;

	if (!p->is_wanted)
		return;
	now = wait_clock();
	if (now - p->start_ms >= FIRST_MS && now - p->shown_ms >= STEP_MS)
		show(p, now);
}

static bool
begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct progress *p = ctx;

	return p->inner->begin(p->inner_ctx, info, e);
}

static bool
data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	struct progress *p = ctx;

	p->octets_done += n;
	show_in_time(p);
	return p->inner->data(p->inner_ctx, bytes, n, e);
}

static bool
end(void *ctx, struct err *e)
{
	struct progress *p = ctx;
	const bool ok = p->inner->end(p->inner_ctx, e);

	p->messages_done += ok;
	show_in_time(p);
	return ok;
}

static bool
abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	struct progress *p = ctx;

	return p->inner->abandon(p->inner_ctx, info, why);
}

const struct receiver progress_receiver = {
    .begin = begin, .data = data, .end = end, .abandon = abandon};
