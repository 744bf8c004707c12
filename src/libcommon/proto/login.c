/* SPDX-License-Identifier: ISC */
#include "proto/login.h"

#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "net/dialog.h"
#include "net/stream.h"

enum { STEPS_MAX = 20 }; /* no mechanism has more; a server that goes on asking is playing */

struct exchange {
	struct dialog *dialog;
	const struct login_protocol *protocol;
	void *conversation;
	struct sasl *sasl;
	struct buf response;
	bool is_refused; /* by the server's own words */
};

static struct sasl_params
sasl_params(struct stream *s, const struct login *l, const char *service, struct buf *binding)
{
	struct sasl_params p = {
	    .service = service,
	    .host = l->host,
	    .port = l->port,
	    .user = l->user,
	    .secret = l->secret,
	    .mechanism = l->auth,
	    .is_preset = l->auth_is_preset,
	    .is_private = stream_is_tls(s) || stream_is_local(s),
	    .has_client_cert = l->has_client_cert,
	};

	if (stream_channel_binding(s, &p.binding_type, binding))
		p.binding = binding;
	return p;
}

void
login_hint_silence(struct stream *s, const char *scheme, struct err *e)
{
	if (e->code == ERR_TEMPORARY && !stream_is_tls(s) && stop_signal() == 0)
		err_hint(e, "%s:// is for a port that begins with TLS", scheme);
}

bool
login_need_user(struct stream *s, const struct login *l, struct err *e)
{
	if (l->user)
		return true;
	err_set(e, ERR_CONFIG, "%s: no user is known for the login", stream_name(s));
	return err_hint(e, "give --user=NAME, or an account");
}

bool
login_may_reveal(struct stream *s, const struct login *l, const char *what, struct err *e)
{
	struct buf binding = {0};
	const struct sasl_params p = sasl_params(s, l, "", &binding);
	const bool may = sasl_may_reveal(&p, what, e);

	buf_free(&binding);
	return may;
}

/* The initial response as the answer to an empty challenge: tokens are long. */
static bool
ask_in_two_steps(struct exchange *x, const char *mechanism, struct err *e)
{
	const char *challenge;

	dialog_ask(x->dialog, "%s %s", x->protocol->command, mechanism);
	switch (x->protocol->answer(x->conversation, &challenge, e)) {
	case LOGIN_CHALLENGE:
		dialog_ask_secret(x->dialog, "", x->response.data);
		return true;
	case LOGIN_ACCEPTED:
		return err_set(e, ERR_PROTOCOL,
			       "the server accepts a login that has not been made");
	case LOGIN_REFUSED:
	case LOGIN_BROKEN:
		break;
	}
	return false;
}

/* The command, with the initial response where there is one and the line has room for it (RFC 4954
 * section 4, RFC 5034 section 4). */
static bool
ask_first(struct exchange *x, const char *mechanism, struct err *e)
{
	const struct login_protocol *p = x->protocol;
	char *prefix;

	if (!sasl_client_first(x->sasl)) {
		dialog_ask(x->dialog, "%s %s", p->command, mechanism);
		return true;
	}
	if (!sasl_step(x->sasl, NULL, &x->response, e))
		return false;
	if (strlen(p->command) + 1 + strlen(mechanism) + 1 + x->response.len + 2 > p->line_max)
		return ask_in_two_steps(x, mechanism, e);
	prefix = mem_printf("%s %s ", p->command, mechanism);
	dialog_ask_secret(x->dialog, prefix, x->response.len ? x->response.data : "=");
	free(prefix);
	return true;
}

static void
cancel(struct exchange *x)
{
	const char *challenge;
	struct err unused;

	dialog_ask(x->dialog, "*");
	x->protocol->answer(x->conversation, &challenge, &unused);
}

static bool
go_through(struct exchange *x, struct err *e)
{
	const char *challenge;

	for (int step = 0; step < STEPS_MAX; step++) {
		switch (x->protocol->answer(x->conversation, &challenge, e)) {
		case LOGIN_ACCEPTED:
			return sasl_finish(x->sasl, e);
		case LOGIN_CHALLENGE:
			if (!sasl_step(x->sasl, challenge, &x->response, e)) {
				cancel(x);
				return false;
			}
			dialog_ask_secret(x->dialog, "", x->response.data);
			break;
		case LOGIN_REFUSED:
			x->is_refused = true;
			if (sasl_hint(x->sasl))
				err_hint(e, "the server adds: %s", sasl_hint(x->sasl));
			return false;
		case LOGIN_BROKEN:
			return false;
		}
	}
	return err_set(e, ERR_PROTOCOL, "the login has no end");
}

const char *
login_choose(struct dialog *d, const struct login *l, const struct login_protocol *p,
	     const char *offered, struct err *e)
{
	struct buf binding = {0};
	const struct sasl_params params = sasl_params(dialog_stream(d), l, p->service, &binding);
	const char *mechanism = sasl_choose(&params, offered, e);

	buf_free(&binding);
	return mechanism;
}

static bool
exchange(struct exchange *x, const char *mechanism, const struct sasl_params *params, struct err *e)
{
	bool ok = false;

	x->is_refused = false;
	x->sasl = sasl_start(mechanism, params, e);
	dialog_hide_challenges(x->dialog, true);
	if (x->sasl)
		ok = ask_first(x, mechanism, e) && go_through(x, e);
	dialog_hide_challenges(x->dialog, false);
	sasl_free(x->sasl);
	buf_wipe(&x->response);
	return ok;
}

/*
 * Cyrus offers -PLUS with TLS 1.3 too, but knows no binding that there is in it (3.6; RFC 9266 is
 * younger), and refuses as if the password were wrong. So what "auto" chose is tried once more
 * without: that is no more than a server would have got that does not offer -PLUS.
 */
static const char *
without_binding(const char *mechanism, const struct sasl_params *p)
{
	static const char *const bound[][2] = {
	    {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"},
	    {"SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"},
	};
	const bool is_auto = !p->mechanism || strcmp(p->mechanism, "auto") == 0;

	if (is_auto && p->binding_type && strcmp(p->binding_type, "tls-exporter") == 0)
		for (size_t i = 0; i < sizeof bound / sizeof bound[0]; i++)
			if (strcmp(mechanism, bound[i][0]) == 0)
				return bound[i][1];
	return NULL;
}

bool
login_exchange(struct dialog *d, const struct login *l, const struct login_protocol *p,
	       void *conversation, const char *mechanism, struct err *e)
{
	struct buf binding = {0};
	const struct sasl_params params = sasl_params(dialog_stream(d), l, p->service, &binding);
	struct exchange x = {.dialog = d, .protocol = p, .conversation = conversation};
	const char *unbound = without_binding(mechanism, &params);
	bool ok = exchange(&x, mechanism, &params, e);

	if (!ok && x.is_refused && unbound) {
		*e = (struct err){0};
		ok = exchange(&x, unbound, &params, e);
	}
	buf_free(&binding);
	return ok;
}
