/* SPDX-License-Identifier: ISC */
#include "app/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/screen.h"
#include "base/text.h"
#include "config/account.h"
#include "net/stream.h"
#include "proto/login.h"

struct probe {
	struct probe_report report;
	probe_show *show; /* NULL: lines */
};

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
show_server(const struct probe_report *r)
{
	screen_printf("server: %s\n", r->server.data);
	if (r->tls.len > 0)
		show_lines("tls", &r->tls);
	else
		puts("tls: none");
	show_lines("offers", &r->offers);
	fflush(stdout);
}

static void
show_login(const struct probe_report *r)
{
	if (r->user)
		screen_printf("login: %s: %s\n", r->user, r->login);
	show_lines("offers after login", &r->offers_after_login);
	fflush(stdout);
}

/* Before the login, so that it is shown even if the login fails or hangs. */
static void
note_server(struct probe *p, struct stream *s)
{
	struct probe_report *r = &p->report;

	buf_add_str(&r->server, stream_name(s));
	if (stream_is_tls(s))
		stream_describe_tls(s, &r->tls);
	if (!p->show)
		show_server(r);
}

static void
note_offers(void *ctx, struct stream *s, const struct buf *described, bool is_logged_in)
{
	struct probe *p = ctx;
	struct probe_report *r = &p->report;

	if (described->len > 0)
		buf_add_str(is_logged_in ? &r->offers_after_login : &r->offers, described->data);
	if (r->server.len == 0)
		note_server(p, s);
}

/* A refusal names the place; what failed before anything was said does not. */
static const char *
result_of(const struct probe_report *r, bool ok, const struct err *e)
{
	if (ok)
		return "works";
	return e->code == ERR_LOGIN && text_begins(e->text, r->server.data) ? "refused" : "failed";
}

static void
free_report(struct probe_report *r)
{
	buf_free(&r->server);
	buf_free(&r->tls);
	buf_free(&r->offers);
	buf_free(&r->offers_after_login);
}

bool
probe_run(const struct probe_protocol *p, void *ctx, const struct account *a, probe_show *show,
	  struct err *e)
{
	struct probe x = {.show = show};
	const struct login_probe probe = {.offers = note_offers, .ctx = &x};
	const struct login_settings *l = &a->settings.login;
	const bool logs_in = l->user && !l->is_skipped;
	const bool ok = p->open(ctx, a, !logs_in, &probe, e);

	if (x.report.server.len > 0) {
		x.report.user = logs_in ? l->user : NULL;
		x.report.login = result_of(&x.report, ok, e);
		(show ? show : show_login)(&x.report);
	}
	if (ok)
		p->close(ctx);
	free_report(&x.report);
	return ok;
}
