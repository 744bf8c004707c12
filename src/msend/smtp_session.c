/* SPDX-License-Identifier: ISC */
#include "msend/smtp_session.h"

#include "app/probe.h"
#include "app/smtp_account.h"
#include "base/err.h"
#include "config/account.h"
#include "proto/login.h"

/* The context of begin(). */
struct opening {
	struct smtp_session *session;
	const struct account *account;
	const struct login_probe *probe; /* NULL: it is none */
};

static bool
begin(void *ctx, struct stream *stream, const struct login *login, struct err *e)
{
	struct opening *o = ctx;
	const struct smtp_params params = smtp_account_params(o->account, &o->session->base.url);
	struct login l = *login;

	l.probe = o->probe;
	o->session->smtp = smtp_open(stream, &l, &params, e);
	return o->session->smtp != NULL;
}

static bool
open_with(struct smtp_session *s, const struct account *a, bool without_login,
	  const struct login_probe *probe, struct err *e)
{
	struct opening o = {.session = s, .account = a, .probe = probe};
	const struct session_opening opening = {.account = a,
						.url = account_server(a, e),
						.without_login = without_login,
						.begin = begin,
						.conversation = &o};

	*s = (struct smtp_session){0};
	return opening.url && session_open(&s->base, &opening, e);
}

bool
smtp_session_open(struct smtp_session *s, const struct account *a, struct err *e)
{
	return open_with(s, a, false, NULL, e);
}

bool
smtp_session_check(const struct account *a, struct err *e)
{
	const struct url *url = account_server(a, e);

	return url && session_check(a, url, e);
}

void
smtp_session_close(struct smtp_session *s)
{
	smtp_close(s->smtp);
	session_close(&s->base);
	*s = (struct smtp_session){0};
}

static bool
probe_open(void *ctx, const struct account *a, bool without_login, const struct login_probe *probe,
	   struct err *e)
{
	return open_with(ctx, a, without_login, probe, e);
}

static void
probe_close(void *ctx)
{
	smtp_session_close(ctx);
}

bool
smtp_session_probe(const struct account *a, probe_show *show, struct err *e)
{
	static const struct probe_protocol protocol = {.open = probe_open, .close = probe_close};
	struct smtp_session s;

	return probe_run(&protocol, &s, a, show, e);
}
