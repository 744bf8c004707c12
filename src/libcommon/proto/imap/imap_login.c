/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"
#include "auth/secret.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/trace.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_refusal.h"
#include "proto/imap/imap_talk.h"
#include "proto/login.h"

enum { LINE_MAX_SASL = 8192 }; /* RFC 9051 section 4 (long lines): servers take so much at least */

static bool
is_silent(const struct imap *c)
{
	return c->reader.parse.tokens == 0 && c->reader.parse.held.len == 0;
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
	if (text_starts(c->words.data, c->words.len, "BYE")) {
		buf_add_str(&c->bye, c->words.data);
		return imap_refused(c, ERR_TEMPORARY, e);
	}
	c->stage.is_authenticated = text_starts(c->words.data, c->words.len, "PREAUTH");
	if (!c->stage.is_authenticated && !text_starts(c->words.data, c->words.len, "OK"))
		return imap_refused(c, ERR_UNAVAILABLE, e);
	/* RFC 9051 section 11.1: it would have to be believed before TLS, and STARTTLS is not
	 * possible any more. */
	if (c->stage.is_authenticated && l->starttls)
		return imap_complain(c, ERR_PROTOCOL,
				     "the server says PREAUTH before TLS has begun", e);
	return true;
}

/* Known from the greeting or from the answer to the login, or else asked for now. */
static bool
need_capabilities(struct imap *c, struct err *e)
{
	if (c->capabilities.is_known)
		return true;
	imap_ask(c, "CAPABILITY");
	if (!imap_ok(c, imap_await(c), ERR_UNAVAILABLE, e))
		return false;
	return c->capabilities.is_known ||
	       imap_complain(c, ERR_PROTOCOL, "the server does not say what it can do", e);
}

/* Text received in the clear may come from anybody, so it must not be shown to the user as the
 * server's words (RFC 9051 section 7.1, ALERT). */
static void
forget_what_was_said(struct imap *c)
{
	imap_capabilities_forget(&c->capabilities);
	c->capabilities.message_limit = 0;
	c->alerts.taken = 0;
	buf_clear(&c->alerts.lines);
	buf_clear(&c->bye);
}

static bool
start_tls(struct imap *c, const struct login *l, struct err *e)
{
	if (c->capabilities.is_known && !imap_can(c, IMAP_STARTTLS)) {
		imap_complain(c, ERR_UNAVAILABLE, "the server does not offer STARTTLS", e);
		return err_hint(e, "try imaps:// (port 993)");
	}
	imap_ask(c, "STARTTLS");
	if (!imap_ok(c, imap_await(c), ERR_UNAVAILABLE, e) ||
	    !stream_start_tls(c->stream, l->starttls, e))
		return false;
	forget_what_was_said(c);
	return true;
}

/* AUTHENTICATE (section 6.2.2). */

/* The meaning of NO or BAD as the answer to a login. */
static enum login_answer
refusal(struct imap *c, enum imap_status status)
{
	static const char *const about_mechanism[] = {"mechanism", "not supported", "unsupported",
						      "[CANNOT]"};
	const char *words = c->words.data;

	for (size_t i = 0; i < sizeof about_mechanism / sizeof about_mechanism[0]; i++)
		if (text_contains(words, about_mechanism[i]))
			return LOGIN_INCAPABLE;
	if (imap_refusal_is_explained(words))
		return LOGIN_REFUSED;
	return status == IMAP_BAD ? LOGIN_INCAPABLE : LOGIN_DOUBTFUL;
}

static enum login_answer
answer(void *conversation, const char **challenge, struct err *e)
{
	struct imap *c = conversation;
	const enum imap_status status = imap_await_last(c);

	switch (status) {
	case IMAP_OK:
		return LOGIN_ACCEPTED;
	case IMAP_CONTINUE:
		*challenge = c->words.data;
		return LOGIN_CHALLENGE;
	case IMAP_NO:
	case IMAP_BAD:
		imap_refused(c, ERR_LOGIN, e);
		return refusal(c, status);
	case IMAP_FAILED:
		break;
	}
	imap_stream_ok(c, e);
	return LOGIN_BROKEN;
}

/* Each command has a tag of its own. */
static void
authenticate_command(void *conversation, char *words)
{
	char tag[16];

	imap_take_tag(conversation, tag);
	snprintf(words, 32, "%s AUTHENTICATE", tag);
}

/* LOGIN (section 6.2.3). */

/* Quoted strings hold 7-bit text (RFC 3501 section 9). */
static bool
needs_literal(const char *text)
{
	return text_has_8bit(text, strlen(text));
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

/* False: *e. *STATUS is the answer's, if there was one. */
static bool
log_in_plainly(struct imap *c, const struct login *l, enum imap_status *status, struct err *e)
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
	dialog_hide(c->dialog, password); /* what is sent is a quoted form of it */
	*status = needs_literal(password) || needs_literal(l->user)
		      ? say_by_literals(c, l->user, password)
		      : say_quoted(c, l->user, password);
	return imap_ok(c, *status, ERR_LOGIN, e);
}

/* As struct login_protocol has it. */
static enum login_answer
plain(void *conversation, const struct login *l, struct err *e)
{
	enum imap_status status = IMAP_FAILED;

	if (log_in_plainly(conversation, l, &status, e))
		return LOGIN_ACCEPTED;
	if (e->code != ERR_LOGIN || (status != IMAP_NO && status != IMAP_BAD))
		return LOGIN_BROKEN;
	return refusal(conversation, status) == LOGIN_INCAPABLE ? LOGIN_INCAPABLE : LOGIN_REFUSED;
}

/* Choosing the command. */

static bool
authenticate(struct imap *c, const struct login *l, struct err *e)
{
	const struct login_protocol p = {.service = "imap",
					 .line_max = imap_can(c, IMAP_SASL_IR) ? LINE_MAX_SASL : 0,
					 .command = authenticate_command,
					 .answer = answer,
					 .plain = imap_can(c, IMAP_LOGINDISABLED) ? NULL : plain,
					 .plain_name = "LOGIN command"};

	if (l->mechanism && text_has_word("apop user", l->mechanism))
		return imap_complain(c, ERR_CONFIG, "--auth=user and --auth=apop are for POP3", e);
	return login_run(c->dialog, l, &p, c, c->capabilities.sasl, e) == LOGIN_DONE;
}

/*
 * The server may have more capabilities after the login. It is asked for them if it does not
 * announce them itself, as section 7.1 wants (Coremail and others do not).
 */
static bool
log_in(struct imap *c, const struct login *l, struct err *e)
{
	c->capabilities.is_known = false;
	if (!authenticate(c, l, e))
		return false;
	c->stage.is_authenticated = true;
	return true;
}

static bool
probe_again(struct imap *c, const struct login *l, struct err *e)
{
	if (!l->probe)
		return true;
	if (!need_capabilities(c, e))
		return false;
	login_tell_offers(l, c->stream, &c->capabilities.described, true);
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
	login_tell_offers(l, c->stream, &c->capabilities.described, c->stage.is_authenticated);
	if (!c->stage.is_authenticated && !l->is_skipped &&
	    (!log_in(c, l, e) || !probe_again(c, l, e)))
		return false;
	dialog_window(c->dialog, 0);
	return true;
}

/*
 * This costs another flight, so it is used only if requested by name. Nothing may be sent before
 * the answer (section 3). A refusal is not an error: the mail arrives uncompressed.
 */
bool
imap_compress(struct imap *c, struct err *e)
{
	enum imap_status status;

	if (!c->stage.is_authenticated)
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
