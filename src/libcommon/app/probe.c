/* SPDX-License-Identifier: ISC */
#include "app/probe.h"

#include <stdio.h>
#include <string.h>

#include "app/session.h"
#include "base/buf.h"
#include "base/screen.h"
#include "base/text.h"
#include "config/account.h"
#include "net/stream.h"

static void
show_lines(const char *title, const struct buf *lines)
{
	struct buf out = {0};

	for (const char *p = lines->data; p && *p;) {
		const size_t len = strcspn(p, "\n");

		buf_addf(&out, "%s: ", title);
		text_printable(&out, p, len);
		buf_add_char(&out, '\n');
		p += len + (p[len] == '\n');
	}
	if (out.len > 0)
		screen_write(stdout, out.data, out.len);
	buf_free(&out);
}

static void
show_server(const struct session *s, const struct buf *described)
{
	struct buf tls = {0};

	screen_printf("server: %s\n", session_place(s));
	if (stream_is_tls(s->stream))
		stream_describe_tls(s->stream, &tls);
	else
		buf_add_str(&tls, "none\n");
	show_lines("tls", &tls);
	show_lines("offers", described);
	buf_free(&tls);
	fflush(stdout);
}

/* First without a login, so that what the server offers is shown even if the login fails. */
bool
probe_run(const struct probe_protocol *p, void *ctx, const struct account *a, enum tool_id tool,
	  struct err *e)
{
	const char *auth = account_text(a, SET_AUTH);
	bool tells_more;

	if (!p->open(ctx, a, tool, "none", e))
		return false;
	show_server(p->session(ctx), p->described(ctx));
	tells_more = p->described(ctx)->len == 0; /* some servers tell only those who log in */
	p->close(ctx);
	if (!session_user(a) || (auth && text_equal_case(auth, "none")))
		return true;
	if (!p->open(ctx, a, tool, NULL, e))
		return false;
	screen_printf("login: %s: works\n", session_user(a));
	if (tells_more)
		show_lines("offers", p->described(ctx));
	p->close(ctx);
	return true;
}
