/* SPDX-License-Identifier: ISC */
#include "proto/smtp/smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/login.h"
#include "proto/smtp/smtp_talk.h"

enum {
	COMMAND_MAX = 512,  /* RFC 5321 section 4.5.3.1.4 */
	AUTH_MAX = 8 * 1024 /* octets of mechanisms: a longer list is rejected */
};

static bool
is_address_char(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr("<>()[]:;,\"'", c);
}

/* Is the address at AT, LEN octets of a reply, a whole word, not part of a longer address? */
static bool
is_whole(const char *text, const char *at, size_t len)
{
	const char *end = at + len;

	if (at > text && is_address_char(at[-1]))
		return false;
	end += strspn(end, ".!"); /* of a sentence */
	return !is_address_char(*end);
}

/* An address without a domain is a word like any other, and not looked for. */
static bool
has_address(const char *text, const char *address)
{
	const size_t len = strlen(address);

	if (!address_domain(address))
		return false;
	for (const char *at = text; strlen(at) >= len; at++)
		if (text_starts(at, len, address) && is_whole(text, at, len))
			return true;
	return false;
}

void
smtp_explain(const char *server, const struct smtp_recipient *r, struct err *e)
{
	/* 421 is about the conversation. */
	const bool names = r->reply.code != 421 && !has_address(r->reply.text, r->address);

	err_set(e, smtp_code_of(&r->reply, ERR_RECIPIENT), "%s: %s%s%s%s", server,
		names ? r->address : "", names ? ": " : "",
		r->reply.code < 400 ? "an answer to something else: " : "", r->reply.text);
}

/* EHLO's lines. */

static void
take_size(struct smtp_features *f, const char *rest)
{
	f->size = true;
	if (!text_number(rest, UINT64_MAX, &f->size_max))
		f->size_max = 0;
}

static void
take_deliverby(struct smtp_features *f, const char *rest)
{
	f->deliverby = true;
	if (!text_number(rest, UINT64_MAX, &f->deliver_by_min))
		f->deliver_by_min = 0;
}

static void
take_futurerelease(struct smtp_features *f, const char *rest)
{
	f->futurerelease = true;
	if (!text_number_n(rest, strcspn(rest, " "), UINT64_MAX, &f->hold_for_max))
		f->hold_for_max = 0;
}

#define FLAG_FEATURE(member)                                                 \
	static void take_##member(struct smtp_features *f, const char *rest) \
	{                                                                    \
		(void)rest;                                                  \
		f->member = true;                                            \
	}
FLAG_FEATURE(starttls)
FLAG_FEATURE(pipelining)
FLAG_FEATURE(chunking)
FLAG_FEATURE(eightbit)
FLAG_FEATURE(smtputf8)
FLAG_FEATURE(dsn)
FLAG_FEATURE(mt_priority)
FLAG_FEATURE(requiretls)

static const struct {
	const char *keyword;
	void (*take)(struct smtp_features *, const char *rest);
} keywords[] = {
    {"STARTTLS", take_starttls},
    {"PIPELINING", take_pipelining},
    {"CHUNKING", take_chunking},
    {"8BITMIME", take_eightbit},
    {"SMTPUTF8", take_smtputf8},
    {"SIZE", take_size},
    {"DSN", take_dsn},
    {"REQUIRETLS", take_requiretls},
    {"DELIVERBY", take_deliverby},
    {"FUTURERELEASE", take_futurerelease},
    {"MT-PRIORITY", take_mt_priority},
};

/* "AUTH A B" and, as servers of before RFC 2554 have it, "AUTH=A B": there may be several lines,
 * and the list is what all of them name. */
static void
take_auth(struct smtp *c, const char *words)
{
	while (*(words += strspn(words, " \t=")) != '\0') {
		const size_t len = strcspn(words, " \t=");
		char *word = mem_strndup(words, len);

		if (c->auth.len + len < AUTH_MAX && !text_has_word(c->auth.data, word))
			buf_addf(&c->auth, "%s%s", c->auth.len ? " " : "", word);
		free(word);
		words += len;
	}
	c->features.auth = c->auth.data;
}

static void
forget_features(struct smtp *c)
{
	buf_clear(&c->auth);
	buf_add_str(&c->auth, "");
	c->features = (struct smtp_features){.auth = c->auth.data};
}

static void
take_ehlo_line(struct smtp *c, const char *line)
{
	const size_t len = strcspn(line, " =");
	const char *rest = line + len + (line[len] ? 1 : 0);

	buf_addf(&c->described, "%s\n", line);
	if (text_equal_n(line, len, "AUTH"))
		take_auth(c, rest);
	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (text_equal_n(line, len, keywords[i].keyword))
			keywords[i].take(&c->features, rest);
}

static bool
hello(struct smtp *c, struct err *e)
{
	struct smtp_reply reply;

	forget_features(c);
	buf_clear(&c->described);
	dialog_ask(c->dialog, "%s %s", c->params.is_lmtp ? "LHLO" : "EHLO", c->params.domain);
	if (!smtp_await(c, &reply, take_ehlo_line))
		return smtp_refused(c, &reply, ERR_UNAVAILABLE, e);
	if (reply.code >= 500 && !c->params.is_lmtp) {
		/* Section 3.2: a server that does not know EHLO is asked in the old way. It has
		 * offered nothing, whatever its refusal lists. */
		forget_features(c);
		dialog_ask(c->dialog, "HELO %s", c->params.domain);
		smtp_await(c, &reply, NULL);
	}
	if (!smtp_is_positive(&reply))
		return smtp_refused(c, &reply, ERR_UNAVAILABLE, e);
	c->features.pipelining &= !dialog_is_strict(c->dialog);
	if (c->features.pipelining)
		dialog_window(c->dialog, 0);
	return true;
}

static bool
greeting(struct smtp *c, struct err *e)
{
	struct smtp_reply reply;

	if (smtp_await(c, &reply, NULL) && reply.code == 220)
		return true;
	smtp_refused(c, &reply, ERR_UNAVAILABLE, e);
	if (reply.code == 0)
		login_hint_silence(c->stream, "smtps", e);
	return false;
}

/* RFC 3207: what was known before the handshake is forgotten after it (section 4.2). */
static bool
start_tls(struct smtp *c, const struct login *l, struct err *e)
{
	struct smtp_reply reply;

	if (!c->features.starttls) {
		smtp_complain(c, ERR_UNAVAILABLE, "the server does not offer STARTTLS", e);
		return err_hint(e, "try smtps:// (port 465)");
	}
	dialog_window(c->dialog, 1);
	dialog_ask(c->dialog, "STARTTLS");
	if (!smtp_await(c, &reply, NULL) || reply.code != 220)
		return smtp_refused(c, &reply, ERR_UNAVAILABLE, e);
	return stream_start_tls(c->stream, l->starttls, e) && hello(c, e);
}

/* RFC 4954 section 6, RFC 5321 section 4.2.2: the server cannot do it. Gmail says 534 when it wants
 * another password. */
static bool
is_incapable(const struct smtp_reply *r)
{
	static const unsigned codes[] = {500, 501, 502, 504};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (r->code == codes[i])
			return true;
	return (r->code == 534 || r->code == 538) && text_contains(r->text, "mechanism");
}

/* RFC 4954 section 4. */
static enum login_answer
auth_answer(void *conversation, const char **challenge, struct err *e)
{
	struct smtp *c = conversation;
	struct smtp_reply reply;

	if (!smtp_await(c, &reply, NULL)) {
		stream_ok(c->stream, e);
		return LOGIN_BROKEN;
	}
	if (reply.code == 235)
		return LOGIN_ACCEPTED;
	if (reply.code == 334) {
		*challenge = c->words.data;
		return LOGIN_CHALLENGE;
	}
	smtp_refused(c, &reply, ERR_LOGIN, e);
	return is_incapable(&reply) ? LOGIN_INCAPABLE : LOGIN_REFUSED;
}

static void
auth_command(void *conversation, char *words)
{
	(void)conversation;
	strcpy(words, "AUTH");
}

static bool
authenticate(struct smtp *c, const struct login *l, struct err *e)
{
	static const struct login_protocol protocol = {.service = "smtp",
						       .line_max = COMMAND_MAX,
						       .command = auth_command,
						       .answer = auth_answer};

	if (l->is_skipped)
		return true;
	/* An open door: a server on loopback or in one's own network wants no login. */
	if (!l->mechanism && !l->user && !l->has_client_cert)
		return true;
	if (c->features.auth[0] == '\0' && c->params.is_lmtp && !l->mechanism)
		return true; /* as is usual there */
	if (c->features.auth[0] == '\0') {
		smtp_complain(c, ERR_LOGIN, "the server does not offer AUTH", e);
		return err_hint(e, "--auth=none sends without a login");
	}
	return login_run(c->dialog, l, &protocol, c, c->features.auth, e) == LOGIN_DONE;
}

/* A probe is greeted once more after the login, to which servers may well say no. */
static bool
log_in(struct smtp *c, const struct login *l, struct err *e)
{
	struct err unused; /* a server need not greet twice */

	login_tell_offers(l, c->stream, &c->described, false);
	if (!authenticate(c, l, e))
		return false;
	if (l->probe && !l->is_skipped && hello(c, &unused))
		login_tell_offers(l, c->stream, &c->described, true);
	return true;
}

struct smtp *
smtp_open(struct stream *s, const struct login *l, const struct smtp_params *p, struct err *e)
{
	struct smtp *c = mem_alloc(sizeof *c);

	c->stream = s;
	c->params = *p;
	c->dialog = dialog_new(s);
	if (l->one_at_a_time)
		dialog_keep_strict(c->dialog);
	if (greeting(c, e) && hello(c, e) && (!l->starttls || start_tls(c, l, e)) &&
	    log_in(c, l, e))
		return c;
	smtp_close(c);
	return NULL;
}

void
smtp_close(struct smtp *c)
{
	if (!c)
		return;
	if (!smtp_is_over(c)) {
		dialog_ask(c->dialog, "QUIT");
		dialog_flush(c->dialog);
	}
	dialog_free(c->dialog);
	buf_free(&c->described);
	buf_free(&c->auth);
	buf_free(&c->words);
	free(c);
}

bool
smtp_is_broken(const struct smtp *c)
{
	struct err unused; /* whoever asks next gets it, and tells it */

	return c->is_closing || !stream_ok(c->stream, &unused);
}

bool
smtp_is_closing(const struct smtp *c)
{
	return c->is_closing;
}

bool
smtp_is_over(const struct smtp *c)
{
	return c->said_quit || c->is_cut || smtp_is_broken(c);
}

bool
smtp_is_idle(struct smtp *c)
{
	c->is_silent = !smtp_is_over(c) && stream_is_idle(c->stream);
	return c->is_silent;
}

size_t
smtp_recipients_max(const struct smtp *c)
{
	return c->recipients_max;
}

const struct smtp_features *
smtp_features(const struct smtp *c)
{
	return &c->features;
}
