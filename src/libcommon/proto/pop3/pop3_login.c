/* SPDX-License-Identifier: ISC */
/* pop3_login - from the greeting to the transaction state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"
#include "auth/secret.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/login.h"
#include "proto/pop3/pop3_talk.h"

enum {
	COMMAND_MAX = 255, /* RFC 2449 section 4 */
	CAPABILITIES_MAX = 200,
	CAPABILITY_OCTETS_MAX = 64 * 1024 /* of all: at the least rate more would take hours */
};

/* Capabilities. */

/* "600", "600 USER" (RFC 2449 sections 6.5 and 6.7); NEVER is none. */
static bool
parse_period(const char *text, uint32_t *n)
{
	uint64_t number;

	if (!text_number_n(text, strcspn(text, " "), UINT32_MAX, &number))
		return false;
	*n = (uint32_t)number;
	return true;
}

static void
take_capability(struct pop3_features *f, const char *line)
{
	const size_t len = strcspn(line, " ");
	const char *rest = line + len + (line[len] ? 1 : 0);
	const struct {
		const char *word;
		bool *flag;
	} flags[] = {{"STLS", &f->stls}, {"PIPELINING", &f->pipelining},
		     {"USER", &f->user}, {"TOP", &f->top},
		     {"UTF8", &f->utf8}, {"LANG", &f->lang}};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		*flags[i].flag |= text_equal_n(line, len, flags[i].word);
	if (text_equal_n(line, len, "UTF8"))
		f->utf8_user = text_has_word(rest, "USER");
	else if (text_equal_n(line, len, "SASL"))
		snprintf(f->sasl, sizeof f->sasl, "%s", rest);
	else if (text_equal_n(line, len, "LOGIN-DELAY"))
		parse_period(rest, &f->facts.customs.login_delay_s);
	else if (text_equal_n(line, len, "EXPIRE"))
		f->facts.customs.has_expire = parse_period(rest, &f->facts.customs.expire_days);
}

static bool
ask_capabilities(struct pop3 *c, struct err *e)
{
	char *line;
	size_t len, lines = 0;

	c->features = (struct pop3_features){0};
	buf_clear(&c->described);
	dialog_ask(c->dialog, "CAPA");
	switch (pop3_await(c)) {
	case POP3_OK:
		break;
	case POP3_ERR:
		return true; /* a server of before 1998 */
	default:
		return pop3_refused(c, ERR_PROTOCOL, e);
	}
	c->features.known = true;
	while ((line = pop3_line(c, &len)) && lines++ < CAPABILITIES_MAX &&
	       c->described.len < CAPABILITY_OCTETS_MAX) {
		take_capability(&c->features, line);
		buf_addf(&c->described, "%s\n", line);
	}
	if (line)
		stream_fail(c->stream, ERR_PROTOCOL, "capabilities without end");
	c->features.pipelining &= !dialog_is_strict(c->dialog);
	dialog_window(c->dialog, c->features.pipelining ? 0 : 1);
	return stream_ok(c->stream, e);
}

/* Opening. */

static bool
greeting(struct pop3 *c, struct err *e)
{
	const char *from, *to;

	if (!pop3_ok(c, ERR_UNAVAILABLE, e)) {
		if (c->words.len == 0)
			login_hint_silence(c->stream, "pop3s", e);
		return false;
	}
	from = strchr(c->words.data, '<');
	to = from ? strchr(from, '>') : NULL;
	if (to)
		c->timestamp = mem_strndup(from, (size_t)(to + 1 - from));
	return true;
}

static bool
lacks_stls(struct pop3 *c, struct err *e)
{
	pop3_complain(c, ERR_UNAVAILABLE, "the server does not offer STLS", e);
	return err_hint(e, "try pop3s:// (port 995)");
}

/* RFC 2595 section 4. */
static bool
start_tls(struct pop3 *c, const struct login *l, struct err *e)
{
	if (c->features.known && !c->features.stls)
		return lacks_stls(c, e);
	dialog_window(c->dialog, 1);
	dialog_ask(c->dialog, "STLS");
	if (!pop3_ok(c, ERR_UNAVAILABLE, e))
		/* popa3d knows neither CAPA nor STLS, and has no words for it */
		return strcmp(c->words.data, "-ERR") == 0 ? lacks_stls(c, e) : false;
	return stream_start_tls(c->stream, l->starttls, e) && ask_capabilities(c, e);
}

/* -ERR is all that POP3 has: what these words say is not about the password. */
static bool
is_incapable(const struct pop3 *c)
{
	static const char *const words[] = {
	    "syntax",       "unknown command", "invalid command", "unrecognized",
	    "unrecognised", "not supported",   "unsupported",     "not implemented",
	    "mechanism",    "argument",        "parameter",       "bad command",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (text_contains(c->words.data, words[i]))
			return true;
	return false;
}

/* The meaning of -ERR, described by *E, as the answer to a login. */
static enum login_answer
refusal(const struct pop3 *c)
{
	if (pop3_says_why(c))
		return LOGIN_REFUSED;
	return is_incapable(c) ? LOGIN_INCAPABLE : LOGIN_DOUBTFUL;
}

/* RFC 5034 section 4. */
static enum login_answer
auth_answer(void *conversation, const char **challenge, struct err *e)
{
	struct pop3 *c = conversation;

	switch (pop3_await(c)) {
	case POP3_OK:
		return LOGIN_ACCEPTED;
	case POP3_CHALLENGE:
		*challenge = c->words.data + (c->words.len > 1 ? 2 : 1);
		return LOGIN_CHALLENGE;
	case POP3_ERR:
		pop3_refused(c, ERR_LOGIN, e);
		return refusal(c);
	case POP3_FAILED:
		break;
	}
	stream_ok(c->stream, e);
	return LOGIN_BROKEN;
}

static void
auth_command(void *conversation, char *words)
{
	(void)conversation;
	strcpy(words, "AUTH");
}

/*
 * RFC 6856: before the login, and ahead of it in the same flight; a refusal changes nothing. UTF8
 * is worth a round trip: without it a server may send other headers than it has. A language is not.
 */
static void
ask_for_words(struct pop3 *c, const struct login *l)
{
	const struct pop3_features *f = &c->features;

	if (f->utf8) {
		dialog_ask(c->dialog, "UTF8");
		c->ignored_answers++;
	}
	if (f->lang && f->pipelining && l->language) {
		dialog_ask(c->dialog, "LANG %s", l->language);
		c->ignored_answers++;
	}
}

/* The answers to USER and PASS. A PASS that did not go out yet after a refused USER never does. */
static bool
user_and_pass(struct pop3 *c, enum login_answer *why, struct err *e)
{
	if (pop3_ok(c, ERR_LOGIN, e)) {
		if (pop3_ok(c, ERR_LOGIN, e))
			return true;
		*why = e->code == ERR_LOGIN ? refusal(c) : LOGIN_BROKEN;
		return false;
	}
	*why = e->code == ERR_LOGIN ? refusal(c) : LOGIN_BROKEN;
	dialog_drop(c->dialog);
	if (dialog_unanswered(c->dialog) > 0)
		pop3_await(c); /* *e is kept: the first refusal is the reason for the second */
	return false;
}

/* RFC 1939 section 7. False: *e; *WHY unless it failed before a word was said. */
static bool
login_user(struct pop3 *c, const struct login *l, enum login_answer *why, struct err *e)
{
	const char *password;
	bool may_be_odd;

	if (!login_need_user(c->stream, l, e))
		return false;
	if (!login_may_reveal(c->stream, l, "USER", e))
		return err_prefix(e, "%s", stream_name(c->stream));
	password = secret_text(l->secret, e);
	if (!password)
		return false;
	if (strpbrk(password, "\r\n"))
		return pop3_complain(c, ERR_CONFIG,
				     "a password with a line end in it can't go by PASS", e);
	dialog_ask(c->dialog, "USER %s", l->user);
	dialog_ask_secret(c->dialog, "PASS ", password);
	may_be_odd = !c->features.utf8_user && (text_has_8bit(l->user, strlen(l->user)) ||
						text_has_8bit(password, strlen(password)));
	if (user_and_pass(c, why, e))
		return true;
	if (may_be_odd && e->code == ERR_LOGIN)
		err_hint(e, "the server may not know names and passwords beyond ASCII (it does not "
			    "offer UTF8 USER)");
	return false;
}

static bool
login_apop(struct pop3 *c, const struct login *l, struct err *e)
{
	char hex[33];
	char *prefix;

	if (!login_need_user(c->stream, l, e))
		return false;
	if (!c->timestamp)
		return pop3_complain(c, ERR_LOGIN, "the server does not offer APOP", e);
	if (!secret_text(l->secret, e))
		return false;
	if (!sasl_apop(c->timestamp, l->secret, hex, e))
		return err_prefix(e, "%s", stream_name(c->stream));
	prefix = mem_printf("APOP %s ", l->user);
	dialog_ask_secret(c->dialog, prefix, hex);
	free(prefix);
	mem_wipe(hex, sizeof hex);
	if (pop3_ok(c, ERR_LOGIN, e))
		return true;
	login_conceal(c->dialog, e);
	login_tell_who(l, "APOP", e);
	return false;
}

/* As struct login_protocol has it. */
static enum login_answer
plain(void *conversation, const struct login *l, struct err *e)
{
	struct pop3 *c = conversation;
	enum login_answer why = LOGIN_BROKEN;

	if (login_user(c, l, &why, e))
		return LOGIN_ACCEPTED;
	return why == LOGIN_DOUBTFUL ? LOGIN_REFUSED : why;
}

static bool
login_only_user(struct pop3 *c, const struct login *l, struct err *e)
{
	const enum login_answer answer = plain(c, l, e);

	if (answer == LOGIN_ACCEPTED)
		return true;
	login_conceal(c->dialog, e);
	if (answer != LOGIN_BROKEN)
		login_tell_who(l, "USER", e);
	return false;
}

static bool
login_until_right(struct pop3 *c, const struct login *l,
		  bool (*login)(struct pop3 *c, const struct login *l, struct err *e),
		  struct err *e)
{
	while (!login(c, l, e))
		if (!login_ask_again(l, e))
			return false;
	return true;
}

/*
 * "auto": SASL and USER, in the order of login_run(), then APOP; the last only over TLS, because
 * its MD5 lets a listener guess the password, and only if the server has nothing else.
 */
static bool
choose_login(struct pop3 *c, const struct login *l, struct err *e)
{
	const bool is_auto = !l->mechanism;
	const bool has_user = is_auto && (c->features.user || !c->features.known);
	const struct login_protocol p = {.service = "pop",
					 .line_max = COMMAND_MAX,
					 .command = auth_command,
					 .answer = auth_answer,
					 .plain = has_user ? plain : NULL,
					 .plain_name = "USER"};
	enum login_result result;

	if (!is_auto && text_equal_case(l->mechanism, "user"))
		return login_until_right(c, l, login_only_user, e);
	if (!is_auto && text_equal_case(l->mechanism, "apop"))
		return login_until_right(c, l, login_apop, e);
	result = login_run(c->dialog, l, &p, c, c->features.sasl, e);
	if (result == LOGIN_NONE && is_auto && c->timestamp && stream_is_tls(c->stream))
		return login_apop(c, l, e);
	return result == LOGIN_DONE;
}

static bool
authenticate(struct pop3 *c, const struct login *l, struct err *e)
{
	bool ok;

	if (l->is_skipped)
		return true;
	ask_for_words(c, l);
	ok = choose_login(c, l, e);
	dialog_hide_nothing(c->dialog);
	return ok;
}

/* Some servers tell their capabilities only after the login. */
static bool
know_capabilities(struct pop3 *c, const struct login *l, struct err *e)
{
	if ((!c->features.known || (l->probe && !l->is_skipped)) && !ask_capabilities(c, e))
		return false;
	if (!l->is_skipped)
		login_tell_offers(l, c->stream, &c->described, true);
	return true;
}

bool
pop3_log_in(struct pop3 *c, const struct login *l, struct err *e)
{
	if (!greeting(c, e) || !ask_capabilities(c, e) || (l->starttls && !start_tls(c, l, e)))
		return false;
	login_tell_offers(l, c->stream, &c->described, false);
	return authenticate(c, l, e) && know_capabilities(c, l, e);
}
