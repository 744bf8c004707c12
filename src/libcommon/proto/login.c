/* SPDX-License-Identifier: ISC */
#include "proto/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"
#include "auth/secret.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"

enum { STEPS_MAX = 20 }; /* no mechanism has more; a server that goes on asking is playing */
enum { TRIED_MAX = 256 };

struct exchange {
	struct dialog *dialog;
	const struct login *login;
	const struct login_protocol *protocol;
	void *conversation;
	struct sasl_params params;
	char tried[TRIED_MAX]; /* params.excluded: what did not work */
	bool plain_was_tried;
	bool in_two_steps; /* the initial response only after an empty challenge */
	bool is_broken;    /* nothing can be tried in this conversation any more */
	/* of the mechanism under way */
	struct sasl *sasl;
	struct buf response;
	bool was_one_line;  /* the initial response went out with the command */
	unsigned responses; /* sent so far */
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
	    .mechanism = l->mechanism,
	    .is_preset = l->mechanism_is_preset,
	    .is_private = stream_is_tls(s) || stream_is_local(s),
	    .has_client_cert = l->has_client_cert,
	};

	if (stream_channel_binding(s, &p.binding_type, binding))
		p.binding = binding;
	return p;
}

void
login_tell_offers(const struct login *l, struct stream *s, const struct buf *described,
		  bool is_logged_in)
{
	if (l->probe)
		l->probe->offers(l->probe->ctx, s, described, is_logged_in);
}

void
login_hint_silence(struct stream *s, const char *scheme, struct err *e)
{
	if (e->code == ERR_TEMPORARY && stream_timed_out(s) && !stream_is_tls(s))
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

/* Says where an error of ours happened. */
static enum login_answer
at_server(const struct exchange *x, enum login_answer answer, struct err *e)
{
	err_prefix(e, "%s", stream_name(dialog_stream(x->dialog)));
	return answer;
}

static enum login_answer
read_answer(struct exchange *x, const char **challenge, struct err *e)
{
	return x->protocol->answer(x->conversation, challenge, e);
}

static void
respond(struct exchange *x, const char *prefix, const char *response)
{
	dialog_ask_secret(x->dialog, prefix, response);
	x->responses++;
}

/* The initial response as the answer to an empty challenge: it is too long for the line, or the
 * server does not take it there. */
static enum login_answer
ask_in_two_steps(struct exchange *x, const char *command, const char *mechanism, struct err *e)
{
	const char *challenge;
	enum login_answer answer;

	dialog_ask(x->dialog, "%s %s", command, mechanism);
	answer = read_answer(x, &challenge, e);
	if (answer == LOGIN_CHALLENGE)
		respond(x, "", x->response.data);
	if (answer != LOGIN_ACCEPTED)
		return answer;
	err_set(e, ERR_PROTOCOL, "the server accepts a login that has not been made");
	return at_server(x, LOGIN_BROKEN, e);
}

/* The command, with the initial response if there is one and the line has room for it (RFC 4954
 * section 4, RFC 5034 section 4). LOGIN_CHALLENGE: go on. */
static enum login_answer
ask_first(struct exchange *x, const char *mechanism, struct err *e)
{
	const struct login_protocol *p = x->protocol;
	char command[32], *prefix;

	p->command(x->conversation, command);
	if (!sasl_client_first(x->sasl)) {
		dialog_ask(x->dialog, "%s %s", command, mechanism);
		return LOGIN_CHALLENGE;
	}
	if (!sasl_step(x->sasl, NULL, &x->response, e))
		return at_server(x, LOGIN_BROKEN, e);
	if (x->in_two_steps ||
	    strlen(command) + 1 + strlen(mechanism) + 1 + x->response.len + 2 > p->line_max)
		return ask_in_two_steps(x, command, mechanism, e);
	prefix = mem_printf("%s %s ", command, mechanism);
	respond(x, prefix, x->response.len ? x->response.data : "=");
	free(prefix);
	x->was_one_line = true;
	return LOGIN_CHALLENGE;
}

/* Our own error *E is kept, whatever the server answers to the cancellation. An invalid challenge
 * is a failure of the mechanism, if the conversation goes on. */
static enum login_answer
cancel(struct exchange *x, struct err *e)
{
	const bool is_nonsense = e->code == ERR_PROTOCOL;
	const char *challenge;
	struct err unused; /* ours is the reason */
	enum login_answer answer;

	dialog_ask(x->dialog, "*");
	answer = read_answer(x, &challenge, &unused);
	return at_server(x,
			 is_nonsense && answer != LOGIN_ACCEPTED && answer != LOGIN_CHALLENGE &&
				 answer != LOGIN_BROKEN
			     ? LOGIN_INCAPABLE
			     : LOGIN_BROKEN,
			 e);
}

/* A refusal before anything was sent that depends on the password is not about the password. */
static enum login_answer
judge(struct exchange *x, enum login_answer answer, struct err *e)
{
	const char *hint = sasl_hint(x->sasl);

	if (hint && answer != LOGIN_BROKEN)
		err_hint(e, "the server adds: %s", hint);
	if (e->code == ERR_TEMPORARY && answer != LOGIN_BROKEN)
		return LOGIN_REFUSED;
	if (answer == LOGIN_DOUBTFUL && x->responses < sasl_proof_at(x->sasl))
		return LOGIN_INCAPABLE;
	return answer;
}

static enum login_answer
go_through(struct exchange *x, struct err *e)
{
	for (int step = 0; step < STEPS_MAX; step++) {
		const char *challenge;
		const enum login_answer answer = read_answer(x, &challenge, e);

		if (answer == LOGIN_ACCEPTED && sasl_finish(x->sasl, e))
			return LOGIN_ACCEPTED;
		if (answer == LOGIN_ACCEPTED)
			return at_server(x, LOGIN_BROKEN, e);
		if (answer != LOGIN_CHALLENGE)
			return judge(x, answer, e);
		if (!sasl_step(x->sasl, challenge, &x->response, e))
			return cancel(x, e);
		respond(x, "", x->response.data);
	}
	err_set(e, ERR_PROTOCOL, "the login has no end");
	return at_server(x, LOGIN_BROKEN, e);
}

static enum login_answer
start(struct exchange *x, const char *mechanism, struct err *e)
{
	if (sasl_needs_secret(mechanism) && x->params.secret && !secret_text(x->params.secret, e))
		return LOGIN_BROKEN;
	x->sasl = sasl_start(mechanism, &x->params, e);
	if (x->sasl)
		return LOGIN_CHALLENGE;
	return at_server(x, e->code == ERR_UNAVAILABLE ? LOGIN_INCAPABLE : LOGIN_BROKEN, e);
}

/* Goes through the exchange of MECHANISM. *NAMES_PASSWORD: the server said in it that the user or
 * the password is wrong. */
static enum login_answer
exchange(struct exchange *x, const char *mechanism, bool *names_password, struct err *e)
{
	enum login_answer answer;

	x->was_one_line = false;
	x->responses = 0;
	answer = start(x, mechanism, e);
	if (answer != LOGIN_CHALLENGE)
		return answer;
	if (sasl_needs_secret(mechanism) && x->params.secret)
		dialog_hide(x->dialog, secret_text(x->params.secret, e));
	dialog_hide_challenges(x->dialog, true);
	answer = ask_first(x, mechanism, e);
	answer = answer == LOGIN_CHALLENGE ? go_through(x, e) : judge(x, answer, e);
	dialog_hide_challenges(x->dialog, false);
	*names_password = sasl_names_password(x->sasl);
	sasl_free(x->sasl);
	x->sasl = NULL;
	buf_wipe(&x->response);
	return answer;
}

static bool
is_auto(const struct exchange *x)
{
	return !x->params.mechanism;
}

/*
 * Cyrus offers -PLUS with TLS 1.3 too, but knows no binding for it (3.6; RFC 9266 is younger), and
 * refuses as if the password were wrong; others say so by "e=" (RFC 5802 section 7). So a mechanism
 * that "auto" chose is tried once more without -PLUS: a server that does not offer -PLUS would have
 * got as much.
 */
static bool
drop_binding(struct exchange *x, const char *mechanism)
{
	const size_t len = strlen(mechanism), plus = strlen("-PLUS");

	if (!is_auto(x) || !x->params.binding_type || len < plus ||
	    !text_equal_case(mechanism + len - plus, "-PLUS"))
		return false;
	x->params.binding_type = NULL;
	return true;
}

/* MECHANISM failed with ANSWER: is there another one to try? */
static bool
may_go_on(struct exchange *x, const char *mechanism, enum login_answer answer, bool names_password,
	  const struct err *e)
{
	const size_t len = strlen(x->tried);

	if (answer == LOGIN_BROKEN || e->code == ERR_TEMPORARY)
		return false;
	if (!names_password && drop_binding(x, mechanism))
		return true;
	if (answer == LOGIN_INCAPABLE && x->was_one_line) {
		x->in_two_steps = true;
		return true;
	}
	if (answer == LOGIN_REFUSED || len + 1 + strlen(mechanism) >= sizeof x->tried)
		return false;
	snprintf(x->tried + len, sizeof x->tried - len, " %s", mechanism);
	/* If it may have been the password, one that shows it decides: no attempt is wasted. */
	x->params.is_doubted |= answer == LOGIN_DOUBTFUL;
	return answer == LOGIN_INCAPABLE || !sasl_reveals(mechanism);
}

/* May the protocol's own command be used in place of what --auth says, and now? */
static bool
is_turn_of_plain(const struct exchange *x, const char *mechanism)
{
	if (!x->protocol->plain || x->plain_was_tried ||
	    (x->params.secret && secret_is_token(x->params.secret)) ||
	    !(is_auto(x) || text_has_word("plain login", x->params.mechanism)))
		return false;
	if (!mechanism) /* in clear it would only hide why what was tried failed */
		return x->params.is_private || !is_auto(x) || x->tried[0] == '\0';
	return is_auto(x) && x->params.is_private && sasl_yields_to_plain(mechanism);
}

/* The server's words are in the hint, which has to be another one. */
static void
blame_token(const struct exchange *x, struct err *e)
{
	char *words = mem_strdup(e->hint);

	e->hint[0] = '\0';
	if (words[0])
		snprintf(e->text + strlen(e->text), sizeof e->text - strlen(e->text), " (%s)",
			 words);
	err_hint(e, "maccount login %s", secret_account(x->params.secret));
	free(words);
}

/* Once more with a new token, if the held one was rejected. One that cannot be renewed for now is
 * no reason to sign in again. */
static enum login_answer
exchange_token(struct exchange *x, const char *mechanism, enum login_answer answer,
	       bool *names_password, struct err *e)
{
	struct err why = {0};

	if (answer == LOGIN_ACCEPTED || answer == LOGIN_BROKEN || e->code != ERR_LOGIN ||
	    !x->params.secret || !sasl_is_token(mechanism) || !secret_is_token(x->params.secret))
		return answer;
	if (secret_renew(x->params.secret, &why)) {
		*e = (struct err){0};
		answer = exchange(x, mechanism, names_password, e);
	} else if (why.code == ERR_TEMPORARY) {
		*e = why;
		return at_server(x, answer, e);
	}
	if (answer != LOGIN_ACCEPTED && e->code == ERR_LOGIN)
		blame_token(x, e);
	return answer;
}

void
login_conceal(const struct dialog *d, struct err *e)
{
	dialog_mask(d, e->text);
	dialog_mask(d, e->hint);
}

void
login_tell_who(const struct login *l, const char *mechanism, struct err *e)
{
	const char *origin = l->secret ? secret_origin(l->secret) : NULL;
	const size_t len = strlen(e->text);
	char *who;

	if (e->code != ERR_LOGIN)
		return;
	who = mem_printf(" (user %s, %s%s%s)", l->user ? l->user : "unknown", mechanism,
			 origin ? ", " : "", origin ? origin : "");
	if (len + strlen(who) < sizeof e->text) /* else the server's words count for more */
		strcpy(e->text + len, who);
	free(who);
}

/* The next attempt. LOGIN_NONE: go on. */
static enum login_result
attempt(struct exchange *x, const char *mechanism, struct err *e)
{
	const bool plain = is_turn_of_plain(x, mechanism);
	bool names_password = false;
	enum login_answer answer;

	if (plain) {
		x->plain_was_tried = true;
		answer = x->protocol->plain(x->conversation, x->login, e);
	} else {
		answer = exchange(x, mechanism, &names_password, e);
		answer = exchange_token(x, mechanism, answer, &names_password, e);
	}
	if (answer == LOGIN_ACCEPTED)
		return LOGIN_DONE;
	login_conceal(x->dialog, e);
	x->is_broken = answer == LOGIN_BROKEN;
	if (answer != LOGIN_BROKEN)
		login_tell_who(x->login, plain ? x->protocol->plain_name : mechanism, e);
	if (plain)
		return answer == LOGIN_INCAPABLE ? LOGIN_NONE : LOGIN_FAILED;
	return may_go_on(x, mechanism, answer, names_password, e) ? LOGIN_NONE : LOGIN_FAILED;
}

/* The mechanisms in turn, with one password. */
static enum login_result
try_mechanisms(struct exchange *x, const char *offered, struct err *e)
{
	enum login_result result = LOGIN_NONE;
	bool was_tried = false;

	while (result == LOGIN_NONE) {
		struct err why = {0};
		const char *mechanism = sasl_choose(&x->params, offered, &why);

		if (!mechanism && !was_tried)
			*e = why;
		if (!mechanism && (why.code != ERR_LOGIN || !is_turn_of_plain(x, NULL)))
			break;
		result = attempt(x, mechanism, e);
		was_tried = true;
	}
	if (result == LOGIN_NONE && !was_tried)
		at_server(x, LOGIN_BROKEN, e);
	if (result == LOGIN_NONE && x->params.is_doubted && !x->params.is_private)
		err_hint(e, "if the password is right, the server may be unable to check it this "
			    "way; over TLS, other mechanisms would be tried");
	return result;
}

bool
login_ask_again(const struct login *l, const struct err *e)
{
	return e->code == ERR_LOGIN && l->secret && secret_ask_again(l->secret, e->text);
}

/* Then all that was tried is forgotten. If no mechanism works, it was not the password. */
static bool
may_try_again(struct exchange *x, enum login_result result, const struct err *e)
{
	if (result == LOGIN_DONE || (result == LOGIN_NONE && !x->params.is_doubted) ||
	    x->is_broken || !login_ask_again(x->login, e))
		return false;
	x->tried[0] = '\0';
	x->plain_was_tried = false;
	x->params.is_doubted = false;
	return true;
}

/* A server that hangs up instead of judging the next password has said its last word before. */
static enum login_result
try_again(struct exchange *x, const char *offered, struct err *e)
{
	const struct err refusal = *e;
	struct err unused; /* *e has it */
	enum login_result result;

	*e = (struct err){0};
	result = try_mechanisms(x, offered, e);
	if (x->is_broken && !dialog_ok(x->dialog, &unused))
		*e = refusal;
	return result;
}

enum login_result
login_run(struct dialog *d, const struct login *l, const struct login_protocol *p,
	  void *conversation, const char *offered, struct err *e)
{
	struct buf binding = {0};
	struct exchange x = {.dialog = d, .login = l, .protocol = p, .conversation = conversation};
	enum login_result result;

	x.params = sasl_params(dialog_stream(d), l, p->service, &binding);
	x.params.excluded = x.tried;
	result = try_mechanisms(&x, offered, e);
	while (may_try_again(&x, result, e))
		result = try_again(&x, offered, e);
	dialog_hide_nothing(d);
	buf_free(&binding);
	return result;
}
