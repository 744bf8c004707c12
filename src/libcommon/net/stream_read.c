/* SPDX-License-Identifier: ISC */
/* Reading from a stream: from the wire up through TLS and DEFLATE. */
#include <string.h>

#include "base/err.h"
#include "net/deflate.h"
#include "net/stream.h"
#include "net/stream_layers.h"
#include "net/tls.h"

bool
stream_fill_wire(struct stream *s, struct err *e)
{
	const size_t before = input_unread(&s->wire.input);

	if (s->write_more)
		s->write_more(s->write_ctx);
	stream_flush(s);
	if (!stream_ok(s, e))
		return false;
	return input_unread(&s->wire.input) > before || wire_fill(&s->wire, e);
}

static bool
more_plaintext(struct stream *s, struct err *e)
{
	const size_t before = input_unread(&s->wire.input);

	s->has_read = true;
	if (!stream_fill_wire(s, e))
		return false;
	if (input_unread(&s->wire.input) == before)
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
	if (n > 0) {
		in->end += (size_t)n;
		s->barren = 0;
	}
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
	const size_t before = input_unread(in);

	while (input_unread(in) == before) {
		size_t n = input_unread(from), room;

		if (deflate_has_ended(s->deflate))
			return err_set(e, ERR_TEMPORARY, "the server closed the connection");
		if (n == 0 && !deflate_has_more(s->deflate) && !more_below(s, e))
			return false;
		input_make_room(in);
		n = input_unread(from);
		room = WIRE_BUFFER - in->end;
		if (!deflate_read(s->deflate, from->bytes + from->at, &n, in->bytes + in->end,
				  &room, e))
			return false;
		from->at += n;
		in->end += room;
	}
	return true;
}

static struct input *
input_of(struct stream *s)
{
	return s->deflate ? &s->inflated : input_below(s);
}

/* At least one more byte of input, or the stream fails. Only that is progress: not what TLS or the
 * compression took from the wire and made nothing of. */
static bool
more(struct stream *s)
{
	const size_t before = input_unread(input_of(s));
	struct err e = {0};
	bool ok;

	if (s->err.code != ERR_NONE)
		return false;
	ok = s->deflate ? more_inflated(s, &e) : more_below(s, &e);
	pace_move(&s->wire.pace, input_unread(input_of(s)) - before);
	if (!ok && e.code == ERR_TEMPORARY && s->wire.failed.code != ERR_NONE)
		e = s->wire.failed;
	if (!ok)
		stream_keep_error(s, &e);
	return ok;
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
		const size_t n = input_unread(in);
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

	if (s->err.code != ERR_NONE || (input_unread(in) == 0 && !more(s)))
		return NULL;
	*n = input_unread(in);
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

	return input_unread(below) > 0 || (s->tls && tls_pending(s->tls) > 0) ||
	       (s->deflate && (input_unread(&s->inflated) > 0 || deflate_has_more(s->deflate)));
}

bool
stream_is_idle(struct stream *s)
{
	struct err e = {0};

	if (s->err.code != ERR_NONE || stream_has_input(s) || !wire_look(&s->wire, &e))
		return false;
	if (s->tls && input_unread(&s->wire.input) > 0) {
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
