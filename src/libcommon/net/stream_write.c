/* SPDX-License-Identifier: ISC */
/* Writing to a stream: collected in records, and down to the wire. */
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/deflate.h"
#include "net/stream.h"
#include "net/stream_layers.h"
#include "net/tls.h"

void
stream_drop_record(struct stream *s)
{
	if (s->has_secret)
		mem_wipe(s->record, RECORD);
	s->has_secret = false;
	s->record_len = 0;
}

static void
send_record(struct stream *s, const char *bytes, size_t n)
{
	struct err e;

	if (!tls_send(s->tls, bytes, n, &e))
		stream_keep_error(s, &e);
}

static void
place_mark(struct stream *s)
{
	s->mark = s->wire.put;
	s->mark_waits = false;
}

static void
send_collected(struct stream *s)
{
	if (s->record_len > 0)
		send_record(s, s->record, s->record_len);
	stream_drop_record(s);
	if (s->mark_waits && s->err.code == ERR_NONE)
		place_mark(s);
}

/* Full records go from the caller's memory, what is left over is collected; and what was, goes
 * first in a record of its own, rather than that all that follows is copied. */
static void
write_tls(struct stream *s, const char *bytes, size_t n)
{
	if (n >= RECORD)
		send_collected(s);
	while (n > 0 && stream_is_writable(s)) {
		const size_t room = RECORD - s->record_len;
		const size_t take = n < room ? n : room;

		if (take == RECORD) {
			send_record(s, bytes, take);
		} else {
			memcpy(s->record + s->record_len, bytes, take);
			s->record_len += take;
			if (s->record_len == RECORD)
				send_collected(s);
		}
		bytes += take;
		n -= take;
	}
}

void
stream_write_below(void *ctx, const void *bytes, size_t n)
{
	struct stream *s = ctx;

	if (s->tls)
		write_tls(s, bytes, n);
	else
		wire_put(&s->wire, bytes, n);
}

void
stream_write(struct stream *s, const void *bytes, size_t n)
{
	if (!stream_is_writable(s))
		return;
	if (s->deflate)
		deflate_write(s->deflate, bytes, n);
	else
		stream_write_below(s, bytes, n);
}

/* Marked after the last byte: the mark would be lost if the buffer went out in between. */
void
stream_write_secret(struct stream *s, const void *bytes, size_t n)
{
	if (s->deflate) {
		stream_fail(s, ERR_BUG, "a secret in a compressed conversation");
		return;
	}
	stream_write(s, bytes, n);
	*(s->tls ? &s->has_secret : &s->wire.has_secret) = true;
}

void
stream_mark(struct stream *s)
{
	s->mark_waits = true;
	if (s->deflate)
		stream_fail(s, ERR_BUG, "a mark in a compressed conversation");
	else if (stream_is_writable(s) && s->record_len == 0)
		place_mark(s);
}

bool
stream_mark_is_out(const struct stream *s)
{
	return !s->mark_waits && s->wire.sent >= s->mark;
}

bool
stream_is_writable(const struct stream *s)
{
	return s->err.code == ERR_NONE && s->wire.failed.code == ERR_NONE;
}

bool
stream_is_all_out(const struct stream *s)
{
	return s->wire.failed.code == ERR_NONE && s->record_len == 0 && s->wire.output_len == 0;
}

bool
stream_flush(struct stream *s)
{
	if (!stream_is_writable(s))
		return false;
	if (s->deflate)
		deflate_flush(s->deflate);
	if (s->tls)
		send_collected(s);
	return wire_send(&s->wire) && s->err.code == ERR_NONE;
}

void
stream_flush_at_once(struct stream *s)
{
	if (!stream_is_writable(s))
		return;
	if (s->deflate)
		deflate_flush(s->deflate);
	if (s->tls)
		send_collected(s);
	wire_send_rest(&s->wire);
}
