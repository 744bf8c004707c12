/* SPDX-License-Identifier: ISC */
#include "net/stream.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/mem.h"
#include "net/connect.h"
#include "net/deflate.h"
#include "net/stream_layers.h"
#include "net/tls.h"
#include "net/wire.h"

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
	stream_drop_record(s);
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

void
stream_keep_error(struct stream *s, const struct err *e)
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
	stream_keep_error(s, &e);
}

bool
stream_ok(const struct stream *s, struct err *e)
{
	if (s->err.code == ERR_NONE)
		return true;
	*e = s->err;
	return false;
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
	else if (!(s->deflate = deflate_new(stream_write_below, s)))
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
stream_limit_timeout(struct stream *s, unsigned seconds)
{
	if (s->wire.timeout_s > 0 && s->wire.timeout_s <= seconds)
		return;
	stream_set_timeout(s, seconds);
	stream_answer(s);
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
