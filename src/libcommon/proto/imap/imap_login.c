/* SPDX-License-Identifier: ISC */
/*
 * From the greeting to the authenticated state (RFC 9051 section 6.2).
 */
#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"
#include "auth/secret.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/trace.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_talk.h"
#include "proto/login.h"

enum { LINE_MAX_SASL = 8192 }; /* RFC 9051 section 4 (long lines): servers take so much at least */

static bool
is_silent(const struct imap *c)
{
	return c->parse.tokens == 0 && c->parse.held.len == 0;
}

static bool
greeting(struct imap *c, const struct login *l, struct err *e)
{
	if (!imap_greeting(c)) {
		imap_stream_ok(c, e);
		if (is_silent(c))
			login_hint_silence(c->stream, "imaps", e);
		return false;
	}
	if (text_starts(c->words.data, c->words.len, "BYE"))
		return imap_refused(c, ERR_TEMPORARY, e);
	c->is_authenticated = text_starts(c->words.data, c->words.len, "PREAUTH");
	if (!c->is_authenticated && !text_starts(c->words.data, c->words.len, "OK"))
		return imap_refused(c, ERR_UNAVAILABLE, e);
	/* RFC 9051 section 11.1: it would have to be believed before TLS, and STARTTLS is not
	 * possible any more. */
	if (c->is_authenticated && l->starttls)
		return imap_complain(c, ERR_PROTOCOL,
				     "the server says PREAUTH before TLS has begun", e);
	return true;
}

/* Told in the greeting, behind a login, or asked for now. */
static bool
need_capabilities(struct imap *c, struct err *e)
{
	if (c->knows_capabilities)
		return true;
	imap_ask(c, "CAPABILITY");
	if (!imap_ok(c, imap_await(c), ERR_UNAVAILABLE, e))
		return false;
	return c->knows_capabilities ||
	       imap_complain(c, ERR_PROTOCOL, "the server does not say what it can do", e);
}

/* What was said in the clear, anybody may have said: nor shall the user see it as the server's
 * words (RFC 9051 section 7.1, ALERT). */
static void
forget_what_was_said(struct imap *c)
{
	imap_forget_capabilities(c);
	c->message_limit = 0;
	c->alerts_taken = 0;
	buf_clear(&c->alerts);
	buf_clear(&c->bye);
}

static bool
start_tls(struct imap *c, const struct login *l, struct err *e)
{
	if (c->knows_capabilities && !imap_can(c, IMAP_STARTTLS)) {
		imap_complain(c, ERR_UNAVAILABLE, "the server does not offer STARTTLS", e);
		return err_hint(
		    e, "try imaps:// (port 993); imap+insecure:// does without encryption");
	}
	imap_ask(c, "STARTTLS");
	if (!imap_ok(c, imap_await(c), ERR_UNAVAILABLE, e) ||
	    !stream_start_tls(c->stream, l->starttls, e))
		return false;
	forget_what_was_said(c);
	return true;
}

/* AUTHENTICATE (section 6.2.2). */

static enum login_answer
answer(void *conversation, const char **challenge, struct err *e)
{
	struct imap *c = conversation;

	c->awaited = c->asked;
	switch (imap_await_more(c)) {
	case IMAP_OK:
		return LOGIN_ACCEPTED;
	case IMAP_CONTINUE:
		*challenge = c->words.data;
		return LOGIN_CHALLENGE;
	case IMAP_NO:
	case IMAP_BAD:
		imap_refused(c, ERR_LOGIN, e);
		return LOGIN_REFUSED;
	case IMAP_FAILED:
		break;
	}
	imap_stream_ok(c, e);
	return LOGIN_BROKEN;
}

static struct login_protocol
login_protocol(struct imap *c, const char *command)
{
	return (struct login_protocol){.service = "imap",
				       .command = command,
				       .line_max = imap_can(c, IMAP_SASL_IR) ? LINE_MAX_SASL : 0,
				       .answer = answer};
}

static bool
log_in_by_sasl(struct imap *c, const struct login *l, const char *mechanism, struct err *e)
{
	char tag[16], *command;
	struct login_protocol p;
	bool ok;

	imap_take_tag(c, tag);
	command = mem_printf("%s AUTHENTICATE", tag);
	p = login_protocol(c, command);
	ok = login_exchange(c->dialog, l, &p, c, mechanism, e);
	free(command);
	return ok;
}

/* LOGIN (section 6.2.3). */

/* Quoted strings hold 7-bit text (RFC 3501 section 9). */
static bool
needs_literal(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return true;
	return false;
}

/* How long it is, is half a secret: no trace shows it. */
static void
ask_password_length(struct imap *c, const char *user, size_t len)
{
	char *prefix = mem_printf("%s ", user);
	char *literal = mem_printf("{%zu%s}", len, imap_literal_sign(c, len));

	dialog_ask_secret(c->dialog, prefix, literal);
	free(prefix);
	free(literal);
}

/* Any server has literals; where each one waits for the server, it is slow. */
static enum imap_status
say_by_literals(struct imap *c, const char *user, const char *password)
{
	const size_t user_len = strlen(user), password_len = strlen(password);
	enum imap_status status;

	imap_ask(c, "LOGIN {%zu%s}", user_len, imap_literal_sign(c, user_len));
	status = imap_await_literal(c, user_len);
	if (status != IMAP_CONTINUE)
		return status;
	ask_password_length(c, user, password_len);
	status = imap_await_literal(c, password_len);
	if (status != IMAP_CONTINUE)
		return status;
	dialog_ask_secret(c->dialog, "", password);
	return imap_await_last(c);
}

static enum imap_status
say_quoted(struct imap *c, const char *user, const char *password)
{
	struct buf prefix = {0}, secret = {0};

	buf_add_str(&prefix, "LOGIN ");
	imap_quote(&prefix, user);
	buf_add_char(&prefix, ' ');
	imap_quote(&secret, password);
	imap_ask_secret(c, prefix.data, secret.data);
	buf_free(&prefix);
	buf_wipe(&secret);
	return imap_await(c);
}

static bool
log_in_plainly(struct imap *c, const struct login *l, struct err *e)
{
	const char *password;

	if (imap_can(c, IMAP_LOGINDISABLED))
		return imap_complain(c, ERR_LOGIN, "the server does not allow LOGIN", e);
	if (!login_need_user(c->stream, l, e))
		return false;
	if (!login_may_reveal(c->stream, l, "LOGIN", e))
		return err_prefix(e, "%s", stream_name(c->stream));
	password = secret_text(l->secret, e);
	if (!password)
		return false;
	if (strpbrk(password, "\r\n") || strpbrk(l->user, "\r\n"))
		return imap_complain(c, ERR_CONFIG,
				     "a user name or password with a line end in it can't be sent",
				     e);
	return imap_ok(c,
		       needs_literal(password) || needs_literal(l->user)
			   ? say_by_literals(c, l->user, password)
			   : say_quoted(c, l->user, password),
		       ERR_LOGIN, e);
}

/* Which way. */

static bool
is_word(const struct login *l, const char *word)
{
	return text_equal_case(l->auth, word);
}

/* May LOGIN stand in for the mechanism that was named, or for all of them? It sends what PLAIN and
 * SASL's LOGIN send. */
static bool
may_be_plain(const struct imap *c, const struct login *l)
{
	return !imap_can(c, IMAP_LOGINDISABLED) &&
	       (is_word(l, "auto") || is_word(l, "plain") || is_word(l, "login"));
}

static bool
authenticate(struct imap *c, const struct login *l, struct err *e)
{
	const struct login_protocol p = login_protocol(c, "");
	const char *mechanism;

	if (is_word(l, "user"))
		return log_in_plainly(c, l, e);
	if (is_word(l, "apop"))
		return imap_complain(c, ERR_LOGIN, "APOP is POP3's", e);
	mechanism = login_choose(c->dialog, l, &p, c->sasl, e);
	if (mechanism)
		return log_in_by_sasl(c, l, mechanism, e);
	if (e->code == ERR_LOGIN && may_be_plain(c, l))
		return log_in_plainly(c, l, e);
	return err_prefix(e, "%s", stream_name(c->stream));
}

/*
 * What the server can do may be more after a login. Where it does not say so by itself, it is asked
 * (section 7.1 has it say so; Coremail and others don't).
 */
static bool
log_in(struct imap *c, const struct login *l, struct err *e)
{
	c->knows_capabilities = false;
	if (!authenticate(c, l, e))
		return false;
	c->is_authenticated = true;
	return true;
}

bool
imap_log_in(struct imap *c, const struct login *l, struct err *e)
{
	if (!greeting(c, l, e))
		return false;
	if (l->starttls && !start_tls(c, l, e))
		return false;
	if (!need_capabilities(c, e))
		return false;
	if (!c->is_authenticated && !is_word(l, "none") && !log_in(c, l, e))
		return false;
	dialog_window(c->dialog, 0);
	return true;
}

/*
 * One flight more, so it is asked for by name. Nothing may be said ahead of the answer (section 3).
 * A refusal is no error: the mail comes all the same.
 */
bool
imap_compress(struct imap *c, struct err *e)
{
	enum imap_status status;

	if (!c->is_authenticated)
		return true;
	if (!need_capabilities(c, e))
		return false;
	if (!imap_can(c, IMAP_COMPRESS)) {
		trace_note(TRACE_PROTOCOL, "the server does not compress");
		return true;
	}
	imap_ask(c, "COMPRESS DEFLATE");
	status = imap_await(c);
	if (status == IMAP_OK)
		return stream_start_deflate(c->stream, e);
	return status == IMAP_NO || status == IMAP_BAD || imap_ok(c, status, ERR_UNAVAILABLE, e);
}
