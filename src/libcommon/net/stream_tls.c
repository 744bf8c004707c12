/* SPDX-License-Identifier: ISC */
/* Starting TLS on a stream, and the wire as what TLS talks over. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/trace.h"
#include "net/stream.h"
#include "net/stream_layers.h"
#include "net/tls.h"

/* Far more than any handshake has, and than TLS ever has to say to itself afterwards. */
enum { BARREN_MAX = 256 * 1024 };

/* The first words of servers that do not begin with TLS. */
static const struct {
	char first;
	const char *scheme;
} greetings[] = {
    {'2', "smtp"},
    {'+', "pop3"},
    {'*', "imap"},
};

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
	const size_t there = input_unread(in);
	const size_t take = n < there ? n : there;

	if (take == 0 && !s->wire.is_ended) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(bytes, in->bytes + in->at, take);
	in->at += take;
	s->barren += take;
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
	if (input_unread(&w->input) == 0 && !wire_fill(w, e))
		return false;
	return !is_first || check_is_tls(s, e);
}

static bool
wait(void *ctx, struct err *e)
{
	struct stream *s = ctx;

	if (s->barren > BARREN_MAX)
		return err_set(e, ERR_PROTOCOL, "%s",
			       s->tls ? "TLS records without data" : "a TLS handshake without end");
	if (!s->tls)
		return wait_for_handshake(s, e);
	/* GnuTLS says "again" after a session ticket too, with the server's next record at hand. */
	return input_unread(&s->wire.input) > 0 || (!s->only_looks && stream_fill_wire(s, e));
}

/* Plaintext that came before TLS would be taken for the server's protected words. */
static bool
check_nothing_buffered(const struct stream *s, struct err *e)
{
	if (s->tls || s->deflate)
		return err_set(e, ERR_BUG, "TLS or compression was started already");
	if (input_unread(&s->wire.input) > 0)
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
		stream_keep_error(s, e);
		return stream_ok(s, e);
	}
	wire_start_answer(&s->wire);
	input_make_room(&s->wire.input);
	tls = tls_start(p, &transport, e);
	if (!tls) {
		wire_send_rest(&s->wire);
		stream_keep_error(s, e);
		return stream_ok(s, e);
	}
	s->tls = tls;
	s->barren = 0;
	s->input.bytes = mem_alloc(WIRE_BUFFER);
	s->record = mem_alloc(RECORD);
	trace_tls(s);
	return true;
}
