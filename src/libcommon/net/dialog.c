/* SPDX-License-Identifier: ISC */
#include "net/dialog.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/trace.h"
#include "net/stream.h"

enum { NOT_SECRET = -1 };

struct command {
	uint32_t len;  /* with CRLF */
	int32_t shown; /* bytes of it that the trace may show, or NOT_SECRET: all */
};

/*
 * commands[0 … answered) have their answers; [answered … written) went out and wait for theirs;
 * [written … count) are queued, and `text` from `text_at` on is theirs. The answer being read
 * belongs to commands[awaited - 1]; it is complete only when the next one is awaited.
 */
struct dialog {
	struct stream *stream;
	struct command *commands;
	size_t answered, awaited, written, count, cap;
	size_t unanswered_bytes; /* of those written */
	size_t window;           /* 0: no limit but the bytes */
	bool is_strict;          /* the window stays 1 */
	struct buf text;
	size_t text_at;
	bool hides_challenges;
	struct buf hidden; /* secrets, each ended by NUL */
	size_t sent_bytes; /* by dialog_send() since the last command, for the trace */
};

static void write_allowed(void *ctx);

struct dialog *
dialog_new(struct stream *s)
{
	struct dialog *d = mem_alloc(sizeof *d);

	d->stream = s;
	d->window = 1;
	stream_before_wait(s, write_allowed, d);
	return d;
}

void
dialog_free(struct dialog *d)
{
	if (!d)
		return;
	stream_before_wait(d->stream, NULL, NULL);
	buf_wipe(&d->text);
	buf_wipe(&d->hidden);
	free(d->commands);
	free(d);
}

/* Moves the counts down once half of the list is done with, so that it doesn't grow for ever. */
static void
forget_answered(struct dialog *d)
{
	const size_t n = d->answered;

	if (n < d->cap / 2 || n == 0)
		return;
	memmove(d->commands, d->commands + n, (d->count - n) * sizeof *d->commands);
	d->answered = 0;
	d->awaited -= n;
	d->written -= n;
	d->count -= n;
}

static void
add_command(struct dialog *d, size_t len, int32_t shown)
{
	if (d->count == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 16;
		d->commands = mem_grow(d->commands, d->cap, sizeof *d->commands);
	}
	d->commands[d->count++] = (struct command){.len = (uint32_t)len, .shown = shown};
}

/* Takes the text added after FROM as a command, unless it is more than one line. */
static void
end_command(struct dialog *d, size_t from, int32_t shown)
{
	struct buf *b = &d->text;
	const size_t len = b->len - from;

	if (memchr(b->data + from, '\r', len) || memchr(b->data + from, '\n', len) ||
	    memchr(b->data + from, '\0', len) || len > INT32_MAX) {
		mem_wipe(b->data + from, len);
		b->len = from;
		stream_fail(d->stream, ERR_BUG, "a command with a line end or a NUL inside");
		return;
	}
	buf_add(b, "\r\n", 2);
	add_command(d, b->len - from, shown);
}

void
dialog_ask(struct dialog *d, const char *fmt, ...)
{
	const size_t from = d->text.len;
	va_list ap;

	if (!stream_ok(d->stream, &(struct err){0}))
		return;
	va_start(ap, fmt);
	if (buf_addv(&d->text, fmt, ap))
		end_command(d, from, NOT_SECRET);
	else
		stream_fail(d->stream, ERR_BUG, "a command that cannot be put into words");
	va_end(ap);
}

void
dialog_ask_secret(struct dialog *d, const char *prefix, const char *secret)
{
	const size_t from = d->text.len;

	if (!stream_ok(d->stream, &(struct err){0}))
		return;
	buf_add_str(&d->text, prefix);
	buf_add_str(&d->text, secret);
	end_command(d, from, (int32_t)strlen(prefix));
	dialog_hide(d, secret);
}

static void
trace_command(const struct command *c, const char *text)
{
	struct buf shown = {0};

	if (c->shown == NOT_SECRET) {
		trace_line(TRACE_PROTOCOL, "C: ", text, c->len - 2);
		return;
	}
	buf_add(&shown, text, (size_t)c->shown);
	buf_add_str(&shown, "***");
	trace_line(TRACE_PROTOCOL, "C: ", shown.data, shown.len);
	buf_free(&shown);
}

static void
trace_sent(struct dialog *d)
{
	if (d->sent_bytes > 0)
		trace_note(TRACE_PROTOCOL, "%zu bytes sent", d->sent_bytes);
	d->sent_bytes = 0;
}

static void
write_next(struct dialog *d)
{
	const struct command *c = &d->commands[d->written++];
	char *text = d->text.data + d->text_at;

	trace_sent(d);
	if (trace_wants(TRACE_PROTOCOL) && stream_is_writable(d->stream))
		trace_command(c, text);
	if (c->shown == NOT_SECRET) {
		stream_write(d->stream, text, c->len);
	} else {
		stream_write_secret(d->stream, text, c->len);
		mem_wipe(text, c->len);
	}
	d->unanswered_bytes += c->len;
	d->text_at += c->len;
	if (d->text_at == d->text.len) {
		buf_clear(&d->text);
		d->text_at = 0;
	}
}

/* May the next command go out? One alone may always, however long it is. */
static bool
may_write(const struct dialog *d)
{
	const size_t unanswered = d->written - d->answered;

	if (d->written == d->count)
		return false;
	if (unanswered == 0)
		return true;
	return (d->window == 0 || unanswered < d->window) &&
	       d->unanswered_bytes + d->commands[d->written].len <= DIALOG_UNANSWERED_BYTES;
}

/* The stream's hook: the reader is about to wait. */
static void
write_allowed(void *ctx)
{
	struct dialog *d = ctx;

	while (may_write(d))
		write_next(d);
	trace_sent(d);
}

static void
write_all(struct dialog *d)
{
	while (d->written < d->count)
		write_next(d);
}

void
dialog_send(struct dialog *d, const void *bytes, size_t n)
{
	write_all(d);
	d->sent_bytes += n;
	stream_write(d->stream, bytes, n);
}

void
dialog_mark(struct dialog *d)
{
	write_all(d);
	stream_mark(d->stream);
}

void
dialog_drop(struct dialog *d)
{
	buf_wipe(&d->text);
	d->text_at = 0;
	d->count = d->written;
	if (d->awaited > d->count) /* the server spoke before it was asked */
		d->awaited = d->count;
}

/* The answer that was being read is complete. */
static void
finish_answer(struct dialog *d)
{
	while (d->answered < d->awaited) {
		if (d->written == d->answered) /* the server spoke before it was asked: "421 …" */
			write_next(d);
		d->unanswered_bytes -= d->commands[d->answered++].len;
	}
	forget_answered(d);
}

void
dialog_flush(struct dialog *d)
{
	finish_answer(d);
	write_allowed(d);
	stream_flush(d->stream);
}

void
dialog_leave(struct dialog *d, const char *command)
{
	finish_answer(d);
	dialog_drop(d);
	if (d->written > d->answered)
		return;
	dialog_ask(d, "%s", command);
	write_allowed(d);
	stream_flush_at_once(d->stream);
}

void
dialog_await(struct dialog *d)
{
	stream_answer(d->stream);
	finish_answer(d);
	if (d->awaited < d->count)
		d->awaited++;
}

void
dialog_hide_challenges(struct dialog *d, bool hide)
{
	d->hides_challenges = hide;
}

void
dialog_hide(struct dialog *d, const char *secret)
{
	buf_add(&d->hidden, secret, strlen(secret) + 1);
}

void
dialog_hide_nothing(struct dialog *d)
{
	buf_wipe(&d->hidden);
}

/* How many of the N bytes are left. */
static size_t
mask(const struct dialog *d, char *bytes, size_t n)
{
	for (size_t at = 0; at < d->hidden.len; at += strlen(d->hidden.data + at) + 1)
		n = text_mask(bytes, n, d->hidden.data + at);
	return n;
}

void
dialog_mask(const struct dialog *d, char *text)
{
	text[mask(d, text, strlen(text))] = '\0';
}

static void
trace_masked(const struct dialog *d, const char *line, size_t len)
{
	struct buf shown = {0};

	if (!trace_wants(TRACE_PROTOCOL))
		return;
	buf_add(&shown, line, len);
	trace_line(TRACE_PROTOCOL, "S: ", shown.data, mask(d, shown.data, len));
	buf_wipe(&shown);
}

void
dialog_trace_answer(const struct dialog *d, const char *line, size_t len)
{
	static const char *const hidden[] = {"334 ***", "+ ***"};

	for (size_t i = 0; d->hides_challenges && i < sizeof hidden / sizeof hidden[0]; i++)
		if (strncmp(line, hidden[i], strcspn(hidden[i], "*")) == 0) {
			trace_line(TRACE_PROTOCOL, "S: ", hidden[i], strlen(hidden[i]));
			return;
		}
	trace_masked(d, line, len);
}

char *
dialog_line(struct dialog *d, size_t *len)
{
	char *line = stream_line(d->stream, len);

	if (line)
		dialog_trace_answer(d, line, *len);
	return line;
}

void
dialog_window(struct dialog *d, size_t unanswered_max)
{
	d->window = d->is_strict ? 1 : unanswered_max;
}

void
dialog_keep_strict(struct dialog *d)
{
	d->is_strict = true;
	d->window = 1;
}

bool
dialog_is_strict(const struct dialog *d)
{
	return d->is_strict;
}

bool
dialog_was_asked(const struct dialog *d, size_t ahead)
{
	return d->awaited + ahead <= d->written;
}

size_t
dialog_unanswered(const struct dialog *d)
{
	return d->count - d->awaited;
}

struct stream *
dialog_stream(struct dialog *d)
{
	return d->stream;
}

bool
dialog_ok(struct dialog *d, struct err *e)
{
	return stream_ok(d->stream, e);
}
