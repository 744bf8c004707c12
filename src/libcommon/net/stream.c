/* SPDX-License-Identifier: ISC */
#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/mem.h"
#include "base/trace.h"
#include "net/connect.h"
#include "net/deflate.h"
#include "net/tls.h"
#include "net/wait.h"
#include "net/wire.h"

enum { RECORD = 16 * 1024 }; /* the most plaintext in one TLS record (RFC 8446 section 5.1) */
enum { CHILD_GRACE_MS = 500 };

struct stream {
	struct wire wire;
	struct tls *tls;         /* NULL: plaintext; then the input is the wire's */
	struct input input;      /* decrypted */
	struct deflate *deflate; /* NULL: not compressed */
	struct input inflated;
	char *record; /* the plaintext of the next record */
	size_t record_len;
	uint64_t mark;   /* bytes at the end of the wire's buffer after the mark */
	bool mark_waits; /* it is not among them yet: in `record`, or nowhere */
	bool has_secret; /* in `record` */
	bool has_read;   /* plaintext was exchanged before TLS */
	bool is_local;
	bool was_bare;      /* the last line ended in LF alone */
	bool only_looks;    /* in stream_is_idle() */
	struct child child; /* the tunnel's; its descriptors are the wire's */
	char *name;
	void (*write_more)(void *ctx);
	void *write_ctx;
	struct err err;
};

/* The first words of servers that do not begin with TLS. */
static const struct {
	char first;
	const char *scheme;
} greetings[] = {
    {'2', "smtp"},
    {'+', "pop3"},
    {'*', "imap"},
};

static struct stream *
new_stream(const struct connection *c, char *name, unsigned timeout_s)
{
	struct stream *s = mem_alloc(sizeof *s);

	wire_init(&s->wire, c->in, c->out, timeout_s);
	s->child = c->child;
	s->child.to = s->child.from = -1;
	s->is_local = c->is_local;
	s->name = name;
	return s;
}

static char *
name_of(const struct connect_params *p)
{
	if (p->unix_path && !p->tunnel)
		return mem_strdup(p->unix_path);
	if (!p->host || *p->host == '\0')
		return mem_strdup("tunnel");
	return mem_printf(strchr(p->host, ':') ? "[%s]:%u" : "%s:%u", p->host, p->port);
}

struct stream *
stream_open(const struct connect_params *p, struct err *e)
{
	char *name = name_of(p);
	struct connection c;

	if (!connect_open(p, &c, e)) {
		err_prefix(e, "%s", name);
		free(name);
		return NULL;
	}
	return new_stream(&c, name, p->timeout_s);
}

bool
stream_check(const struct connect_params *p, const struct tls_params *tls, struct err *e)
{
	char *name = name_of(p);
	const bool ok = connect_check(p, e) && (!tls || tls_check(tls, e));

	if (!ok)
		err_prefix(e, "%s", name);
	free(name);
	return ok;
}

struct stream *
stream_from_fds(int in, int out, const char *name, unsigned timeout_s)
{
	const struct connection c = {
	    .in = in, .out = out, .child = {.pid = -1, .to = -1, .from = -1}};
	struct stream *s;

	fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
	fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
	s = new_stream(&c, mem_strdup(name), timeout_s);
	s->is_local = !s->wire.is_tcp;
	return s;
}

bool
stream_timed_out(const struct stream *s)
{
	return s->wire.has_timed_out;
}

static size_t
unread(const struct input *in)
{
	return in->end - in->at;
}

static void
drop_record(struct stream *s)
{
	if (s->has_secret)
		mem_wipe(s->record, RECORD);
	s->has_secret = false;
	s->record_len = 0;
}

/* A close_notify after bytes that never went out would not be valid. */
static void
say_bye(struct stream *s)
{
	const struct wire *w = &s->wire;

	if (!s->tls || s->err.code || w->failed.code || w->is_ended || w->output_len > 0)
		return;
	tls_bye(s->tls);
	wire_send_rest(&s->wire);
}

void
stream_close(struct stream *s)
{
	if (!s)
		return;
	say_bye(s);
	drop_record(s);
	deflate_free(s->deflate);
	tls_free(s->tls);
	wire_free(&s->wire);
	if (!child_wait_ms(&s->child, CHILD_GRACE_MS, NULL))
		child_end(&s->child);
	free(s->record);
	free(s->input.bytes);
	free(s->inflated.bytes);
	free(s->name);
	free(s);
}

static void
keep_error(struct stream *s, const struct err *e)
{
	if (s->err.code != ERR_NONE)
		return;
	s->err = *e;
	err_prefix(&s->err, "%s", s->name);
}

void
stream_fail(struct stream *s, enum err_code code, const char *fmt, ...)
{
	char text[sizeof s->err.text];
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(&e, code, "%s", text);
	keep_error(s, &e);
}

bool
stream_ok(const struct stream *s, struct err *e)
{
	if (s->err.code == ERR_NONE)
		return true;
	*e = s->err;
	return false;
}

static void
send_record(struct stream *s, const char *bytes, size_t n)
{
	struct err e;

	if (!tls_send(s->tls, bytes, n, &e))
		keep_error(s, &e);
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
	drop_record(s);
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

/* To what is below the compression. */
static void
write_below(void *ctx, const void *bytes, size_t n)
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
		write_below(s, bytes, n);
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

/* The one place that waits for the peer while no handshake is under way. */
static bool
wait_for_peer(struct stream *s, struct err *e)
{
	const size_t before = unread(&s->wire.input);

	if (s->write_more)
		s->write_more(s->write_ctx);
	stream_flush(s);
	if (!stream_ok(s, e))
		return false;
	return unread(&s->wire.input) > before || wire_fill(&s->wire, e);
}

static bool
more_plaintext(struct stream *s, struct err *e)
{
	const size_t before = unread(&s->wire.input);

	s->has_read = true;
	if (!wait_for_peer(s, e))
		return false;
	if (unread(&s->wire.input) == before)
		return err_set(e, ERR_TEMPORARY, "the server closed the connection");
	return true;
}

static bool
more_decrypted(struct stream *s, struct err *e)
{
	struct input *in = &s->input;
	ssize_t n;

	input_make_room(in);
	n = tls_recv(s->tls, in->bytes + in->end, WIRE_BUFFER - in->end, e);
	if (n == 0)
		return err_set(e, ERR_TEMPORARY, "the server closed the connection");
	if (n > 0)
		in->end += (size_t)n;
	return n > 0;
}

/* The layer below the compression. */
static struct input *
input_below(struct stream *s)
{
	return s->tls ? &s->input : &s->wire.input;
}

static bool
more_below(struct stream *s, struct err *e)
{
	return s->tls ? more_decrypted(s, e) : more_plaintext(s, e);
}

/* Bytes may come to nothing: the end of a block, say. */
static bool
more_inflated(struct stream *s, struct err *e)
{
	struct input *from = input_below(s), *in = &s->inflated;
	const size_t before = unread(in);

	while (unread(in) == before) {
		size_t n = unread(from), room;

		if (deflate_has_ended(s->deflate))
			return err_set(e, ERR_TEMPORARY, "the server closed the connection");
		if (n == 0 && !deflate_has_more(s->deflate) && !more_below(s, e))
			return false;
		input_make_room(in);
		n = unread(from);
		room = WIRE_BUFFER - in->end;
		if (!deflate_read(s->deflate, from->bytes + from->at, &n, in->bytes + in->end,
				  &room, e))
			return false;
		from->at += n;
		in->end += room;
	}
	return true;
}

/* At least one more byte of input, or the stream fails. */
static bool
more(struct stream *s)
{
	struct err e = {0};
	bool ok;

	if (s->err.code != ERR_NONE)
		return false;
	ok = s->deflate ? more_inflated(s, &e) : more_below(s, &e);
	if (!ok && e.code == ERR_TEMPORARY && s->wire.failed.code != ERR_NONE)
		e = s->wire.failed;
	if (!ok)
		keep_error(s, &e);
	return ok;
}

static struct input *
input_of(struct stream *s)
{
	return s->deflate ? &s->inflated : input_below(s);
}

/* The line that ends at LF. */
static char *
cut_line(struct stream *s, char *lf, size_t *len)
{
	struct input *in = input_of(s);
	char *line = in->bytes + in->at;
	char *end = lf > line && lf[-1] == '\r' ? lf - 1 : lf;

	s->was_bare = end == lf;
	in->at += (size_t)(lf + 1 - line);
	*end = '\0';
	*len = (size_t)(end - line);
	if (*len > STREAM_LINE_MAX)
		stream_fail(s, ERR_PROTOCOL, "a line of more than %d bytes", STREAM_LINE_MAX);
	else if (memchr(line, '\0', *len))
		stream_fail(s, ERR_PROTOCOL, "a line with a NUL in it");
	return s->err.code == ERR_NONE ? line : NULL;
}

char *
stream_line(struct stream *s, size_t *len)
{
	const struct input *in = input_of(s);
	size_t searched = 0;

	while (s->err.code == ERR_NONE) {
		const size_t n = unread(in);
		char *start = in->bytes + in->at;
		char *lf = memchr(start + searched, '\n', n - searched);

		if (lf)
			return cut_line(s, lf, len);
		searched = n;
		if (n > STREAM_LINE_MAX + 1)
			stream_fail(s, ERR_PROTOCOL, "a line of more than %d bytes",
				    STREAM_LINE_MAX);
		else
			more(s);
	}
	return NULL;
}

bool
stream_line_was_bare(const struct stream *s)
{
	return s->was_bare;
}

const char *
stream_block(struct stream *s, size_t *n)
{
	const struct input *in = input_of(s);

	if (s->err.code != ERR_NONE || (unread(in) == 0 && !more(s)))
		return NULL;
	*n = unread(in);
	return in->bytes + in->at;
}

void
stream_consume(struct stream *s, size_t n)
{
	input_of(s)->at += n;
}

bool
stream_has_input(const struct stream *s)
{
	const struct input *below = s->tls ? &s->input : &s->wire.input;

	return unread(below) > 0 || (s->tls && tls_pending(s->tls) > 0) ||
	       (s->deflate && (unread(&s->inflated) > 0 || deflate_has_more(s->deflate)));
}

bool
stream_is_idle(struct stream *s)
{
	struct err e = {0};

	if (s->err.code != ERR_NONE || stream_has_input(s) || !wire_look(&s->wire, &e))
		return false;
	if (s->tls && unread(&s->wire.input) > 0) {
		s->only_looks = true;
		more_decrypted(s, &e);
		s->only_looks = false;
	}
	return e.code == ERR_NONE && !stream_has_input(s);
}

enum wait_result
stream_wait(struct stream *s, int64_t deadline)
{
	enum wait_result result = WAIT_READY;

	stream_flush(s);
	while (result == WAIT_READY && stream_is_idle(s))
		result = wait_fd(s->wire.in, POLLIN, deadline);
	return result;
}

/* tls_transport: never waits, never fails; the wire keeps its failures for the reader. */
static void
push(void *ctx, const void *bytes, size_t n)
{
	struct stream *s = ctx;

	wire_put(&s->wire, bytes, n);
}

static ssize_t
pull(void *ctx, void *bytes, size_t n)
{
	struct stream *s = ctx;
	struct input *in = &s->wire.input;
	const size_t there = unread(in);
	const size_t take = n < there ? n : there;

	if (take == 0 && !s->wire.is_ended) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(bytes, in->bytes + in->at, take);
	in->at += take;
	return (ssize_t)take;
}

/* A TLS record begins with its content type, 20 to 24 (RFC 8446 section 5.1, RFC 6520). */
static bool
check_is_tls(const struct stream *s, struct err *e)
{
	const char first = s->wire.input.bytes[s->wire.input.at];

	if (s->wire.is_ended || (first >= 20 && first <= 24))
		return true;
	if (s->has_read)
		return err_set(e, ERR_PROTOCOL, "the server went on in plaintext, not in TLS");
	err_set(e, ERR_PROTOCOL, "the server does not speak TLS on this port");
	for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++)
		if (greetings[i].first == first)
			err_hint(e, "%s:// is for a port that begins in plaintext (STARTTLS)",
				 greetings[i].scheme);
	return false;
}

/*
 * TLS 1.3's ChangeCipherSpec says nothing, it exists for middleboxes (RFC 8446 appendix D.4): it
 * can go with the Finished that follows.
 */
static bool
is_message(const struct wire *w)
{
	enum { CHANGE_CIPHER_SPEC = 20, ITS_SIZE = 6 };

	return w->output_len != ITS_SIZE || w->output[0] != CHANGE_CIPHER_SPEC;
}

static bool
wait_for_handshake(struct stream *s, struct err *e)
{
	struct wire *w = &s->wire;
	const bool is_first = w->input.end == 0;

	if (is_message(w))
		wire_send(w);
	if (unread(&w->input) == 0 && !wire_fill(w, e))
		return false;
	return !is_first || check_is_tls(s, e);
}

static bool
wait(void *ctx, struct err *e)
{
	struct stream *s = ctx;

	if (!s->tls)
		return wait_for_handshake(s, e);
	/* GnuTLS says "again" after a session ticket too, with the server's next record at hand. */
	return unread(&s->wire.input) > 0 || (!s->only_looks && wait_for_peer(s, e));
}

/* Plaintext that came before TLS would be taken for the server's protected words. */
static bool
check_nothing_buffered(const struct stream *s, struct err *e)
{
	if (s->tls || s->deflate)
		return err_set(e, ERR_BUG, "TLS or compression was started already");
	if (unread(&s->wire.input) > 0)
		return err_set(e, ERR_PROTOCOL,
			       "the server sent plaintext after its consent to TLS");
	if (s->wire.output_len > 0)
		return err_set(e, ERR_PROTOCOL, "plaintext is still to be written before TLS");
	return true;
}

/* Version, cipher and certificates, for -vv. */
static void
trace_tls(struct stream *s)
{
	struct buf text = {0};
	char *line, *rest;

	if (!trace_wants(TRACE_TLS))
		return;
	tls_describe(s->tls, &text);
	for (rest = text.data; rest && (line = strtok_r(rest, "\n", &rest));)
		trace_line(TRACE_TLS, "* TLS: ", line, strlen(line));
	buf_free(&text);
}

bool
stream_start_tls(struct stream *s, const struct tls_params *p, struct err *e)
{
	const struct tls_transport transport = {s, push, pull, wait};
	struct tls *tls;

	if (!stream_ok(s, e))
		return false;
	if (!check_nothing_buffered(s, e)) {
		keep_error(s, e);
		return stream_ok(s, e);
	}
	wire_start_answer(&s->wire);
	input_make_room(&s->wire.input);
	tls = tls_start(p, &transport, e);
	if (!tls) {
		wire_send_rest(&s->wire);
		keep_error(s, e);
		return stream_ok(s, e);
	}
	s->tls = tls;
	s->input.bytes = mem_alloc(WIRE_BUFFER);
	s->record = mem_alloc(RECORD);
	trace_tls(s);
	return true;
}

bool
stream_start_deflate(struct stream *s, struct err *e)
{
	if (!stream_ok(s, e))
		return false;
	if (s->deflate)
		stream_fail(s, ERR_BUG, "compression was started already");
	else if ((s->tls ? s->record_len : s->wire.output_len) > 0)
		stream_fail(s, ERR_PROTOCOL,
			    "plain text is still to be written before compression");
	else if (!(s->deflate = deflate_new(write_below, s)))
		stream_fail(s, ERR_UNAVAILABLE, "compression: zlib is not the one of its header");
	else
		s->inflated.bytes = mem_alloc(WIRE_BUFFER);
	return stream_ok(s, e);
}

bool
stream_is_tls(const struct stream *s)
{
	return s->tls != NULL;
}

bool
stream_is_local(const struct stream *s)
{
	return s->is_local;
}

bool
stream_channel_binding(struct stream *s, const char **type, struct buf *out)
{
	return s->tls && tls_channel_binding(s->tls, type, out);
}

void
stream_describe_tls(struct stream *s, struct buf *out)
{
	if (s->tls)
		tls_describe(s->tls, out);
}

const char *
stream_name(const struct stream *s)
{
	return s->name;
}

void
stream_set_timeout(struct stream *s, unsigned seconds)
{
	s->wire.timeout_s = seconds;
}

void
stream_set_grace(struct stream *s, unsigned seconds)
{
	s->wire.grace_s = seconds;
}

void
stream_answer(struct stream *s)
{
	wire_start_answer(&s->wire);
}

void
stream_before_wait(struct stream *s, void (*write_more)(void *ctx), void *ctx)
{
	s->write_more = write_more;
	s->write_ctx = ctx;
}
