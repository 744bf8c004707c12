/* SPDX-License-Identifier: ISC */
#include "auth/sasl.h"

#include <gsasl.h>
#include <stdlib.h>
#include <string.h>

#include "auth/mechanism.h"
#include "auth/secret.h"
#include "auth/token.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

/*
 * SCRAM lets the server say how often the password is hashed (RFC 5802 section 5.1). So many rounds
 * keep a core busy for some eight seconds; beyond that it is an attack. Where somebody may read
 * along, fewer rounds than RFC 7677 section 4 asks for would make guessing the password cheap.
 */
enum { ROUNDS_MAX = 10 * 1000 * 1000, ROUNDS_MIN_IN_CLEAR = 4096 };

/* More than any mechanism has; a server could keep us answering empty challenges for ever. */
enum { STEPS_MAX = 16 };

struct sasl {
	const struct mechanism *mechanism;
	const struct sasl_params *params;
	const char *secret; /* borrowed of params->secret; NULL: none needed */
	Gsasl *library;     /* both NULL for tokens */
	Gsasl_session *session;
	struct buf hint;
	unsigned steps;
	bool is_complete;
	bool is_failed; /* the server said "e=": it owes its refusal */
	bool is_rounds_refused;
};

/* The meaning of libgsasl's results for the user; the others are ERR_LOGIN in the library's
 * words. */
static const struct {
	int result;
	enum err_code code;
	const char *text;
} failures[] = {
    {GSASL_MALLOC_ERROR, ERR_TEMPORARY, "out of memory"},
    {GSASL_MECHANISM_PARSE_ERROR, ERR_PROTOCOL, "the server's challenge makes no sense"},
    {GSASL_BASE64_ERROR, ERR_PROTOCOL, "the server's challenge has invalid base64 in it"},
    {GSASL_MECHANISM_CALLED_TOO_MANY_TIMES, ERR_PROTOCOL, "the server sent a challenge too many"},
    {GSASL_AUTHENTICATION_ERROR, ERR_LOGIN, "the server did not prove that it knows the password"},
    {GSASL_SASLPREP_ERROR, ERR_LOGIN,
     "the user name or password is not UTF-8, or has characters that SASLprep forbids"},
    {GSASL_UNKNOWN_MECHANISM, ERR_UNAVAILABLE, "this libgsasl was built without it"},
    {GSASL_GSSAPI_INIT_SEC_CONTEXT_ERROR, ERR_LOGIN,
     "there is no Kerberos ticket that this server takes (kinit gets one)"},
};

static bool
set_failure(const struct sasl *s, int result, struct err *e)
{
	const char *name = s->mechanism->name;

	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].result == result)
			return err_set(e, failures[i].code, "%s: %s", name, failures[i].text);
	return err_set(e, ERR_LOGIN, "%s: %s", name, gsasl_strerror(result));
}

static bool
are_rounds_fine(const struct sasl *s, Gsasl_session *session)
{
	const char *text = gsasl_property_fast(session, GSASL_SCRAM_ITER);
	uint64_t rounds;

	if (!text)
		return true; /* no SCRAM */
	return text_number(text, ROUNDS_MAX, &rounds) &&
	       (s->params->is_private || rounds >= ROUNDS_MIN_IN_CLEAR);
}

/*
 * libgsasl asks for the password at the moment it needs it. For SCRAM that is after it has read the
 * number of rounds and before it begins to hash: the place to refuse.
 */
static int
on_property(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
	struct sasl *s = gsasl_session_hook_get(session);

	(void)library;
	if (property != GSASL_PASSWORD || !s->secret)
		return GSASL_NO_CALLBACK;
	if (!are_rounds_fine(s, session)) {
		s->is_rounds_refused = true;
		return GSASL_NO_PASSWORD;
	}
	return gsasl_property_set(session, GSASL_PASSWORD, s->secret);
}

/* Overwrites and releases what libgsasl gave us; it may be a password. */
static void
give_back(char *bytes, size_t len)
{
	if (bytes)
		mem_wipe(bytes, len);
	gsasl_free(bytes);
}

static void
add_base64(struct buf *out, const char *bytes, size_t len)
{
	char *text = NULL;
	size_t text_len = 0;

	/* It fails for lack of memory alone; and then mem_grow() does not return. */
	if (gsasl_base64_to(bytes ? bytes : "", len, &text, &text_len) != GSASL_OK)
		mem_grow(NULL, SIZE_MAX, 2);
	buf_add(out, text, text_len);
	give_back(text, text_len);
}

/*
 * The binding is for the -PLUS mechanisms alone. For the others, libgsasl 2.2.0 would have to turn
 * it into the flag "y" (we could bind, you do not offer it: RFC 5802 section 6), but it then takes
 * its own first message for invalid, so they get "n".
 */
static void
set_binding(struct sasl *s)
{
	const struct sasl_params *p = s->params;
	const bool is_exporter = p->binding_type && strcmp(p->binding_type, "tls-exporter") == 0;
	struct buf text = {0};

	if (!(s->mechanism->traits & NEEDS_BINDING) || !p->binding)
		return;
	add_base64(&text, p->binding->data, p->binding->len);
	gsasl_property_set(s->session, is_exporter ? GSASL_CB_TLS_EXPORTER : GSASL_CB_TLS_UNIQUE,
			   text.data);
	buf_wipe(&text);
}

static void
set_properties(struct sasl *s)
{
	const struct sasl_params *p = s->params;
	const bool is_authzid = s->mechanism->traits & SENDS_AUTHZID;
	const struct {
		Gsasl_property property;
		const char *value;
	} known[] = {
	    {GSASL_AUTHID, p->user},
	    {GSASL_AUTHZID, is_authzid ? p->user : NULL},
	    {GSASL_SERVICE, p->service},
	    {GSASL_HOSTNAME, p->host},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].value)
			gsasl_property_set(s->session, known[i].property, known[i].value);
	set_binding(s);
}

static bool
start_library(struct sasl *s, struct err *e)
{
	int result = gsasl_init(&s->library);

	if (result == GSASL_OK) {
		gsasl_callback_set(s->library, on_property);
		result = gsasl_client_start(s->library, s->mechanism->name, &s->session);
	} else {
		s->library = NULL; /* gsasl_init() has freed it, and still points to it */
	}
	if (result != GSASL_OK)
		return set_failure(s, result, e);
	gsasl_session_hook_set(s->session, s);
	set_properties(s);
	return true;
}

static bool
fetch_secret(struct sasl *s, struct err *e)
{
	if (!(s->mechanism->traits & NEEDS_SECRET))
		return true;
	if (!s->params->secret)
		return err_set(e, ERR_LOGIN, "%s needs a password", s->mechanism->name);
	s->secret = secret_text(s->params->secret, e);
	return s->secret;
}

static bool
check_token(const struct sasl *s, struct err *e)
{
	if (!token_is_clean(s->params->user))
		return err_set(e, ERR_CONFIG, "the user name has control characters in it");
	if (!token_is_clean(s->secret))
		return err_set(e, ERR_CONFIG, "the access token has control characters in it");
	return true;
}

struct sasl *
sasl_start(const char *mechanism, const struct sasl_params *p, struct err *e)
{
	struct sasl *s = mem_alloc(sizeof *s);

	s->mechanism = mechanism_find(mechanism);
	s->params = p;
	if (!s->mechanism)
		err_set(e, ERR_BUG, "no such mechanism: %s", mechanism);
	else if (fetch_secret(s, e) &&
		 (s->mechanism->token_message ? check_token(s, e) : start_library(s, e)))
		return s;
	sasl_free(s);
	return NULL;
}

/* libgsasl keeps copies of what it was told and frees them as they are. */
static void
wipe_property(Gsasl_session *session, Gsasl_property property)
{
	const char *value = gsasl_property_fast(session, property);

	if (value)
		mem_wipe((char *)value, strlen(value));
}

void
sasl_free(struct sasl *s)
{
	if (!s)
		return;
	if (s->session) {
		wipe_property(s->session, GSASL_PASSWORD);
		wipe_property(s->session, GSASL_SCRAM_SALTED_PASSWORD);
		gsasl_finish(s->session);
	}
	if (s->library)
		gsasl_done(s->library);
	buf_free(&s->hint);
	free(s);
}

bool
sasl_client_first(const struct sasl *s)
{
	return s->mechanism->traits & CLIENT_FIRST;
}

static bool
refuse_rounds(const struct sasl *s, struct err *e)
{
	return err_set(
	    e, ERR_LOGIN, "%s: the server wants the password hashed %.20s times, which is %s",
	    s->mechanism->name, gsasl_property_fast(s->session, GSASL_SCRAM_ITER),
	    s->params->is_private ? "too often" : "too often, or too seldom without TLS");
}

/* SCRAM's server-final-message can be "e=" and a reason (RFC 5802 section 7). */
static bool
is_scram_error(const struct sasl *s, const char *challenge, size_t len)
{
	return text_begins(s->mechanism->name, "SCRAM-") && text_starts(challenge, len, "e=");
}

/* The empty response lets the server say its refusal in full: a code, and words for people. */
static bool
take_scram_error(struct sasl *s, const char *challenge, size_t len)
{
	s->is_failed = true;
	buf_clear(&s->hint);
	buf_add(&s->hint, challenge + 2, len > 202 ? 200 : len - 2);
	return true;
}

static bool
step_library(struct sasl *s, const char *challenge, size_t len, struct buf *response, struct err *e)
{
	char *bytes = NULL;
	size_t bytes_len = 0;
	int result = GSASL_MECHANISM_CALLED_TOO_MANY_TIMES;

	if (!s->is_complete && !s->is_failed && is_scram_error(s, challenge, len))
		return take_scram_error(s, challenge, len);
	if (!s->is_complete &&
	    !s->is_failed) /* PLAIN and EXTERNAL would not mind to be asked again */
		result = gsasl_step(s->session, challenge, len, &bytes, &bytes_len);
	if (result == GSASL_OK || result == GSASL_NEEDS_MORE)
		add_base64(response, bytes, bytes_len);
	give_back(bytes, bytes_len);
	if (result != GSASL_OK && result != GSASL_NEEDS_MORE)
		return s->is_rounds_refused ? refuse_rounds(s, e) : set_failure(s, result, e);
	s->is_complete = result == GSASL_OK;
	return true;
}

/* One message; whatever comes after it is the server's error (RFC 7628 section 3.2.2). */
static bool
step_token(struct sasl *s, const char *challenge, size_t len, struct buf *response, struct err *e)
{
	const struct token_fields fields = {.user = s->params->user,
					    .host = s->params->host,
					    .port = s->params->port,
					    .token = s->secret};
	struct buf message = {0};

	if (s->steps > 2)
		return set_failure(s, GSASL_MECHANISM_CALLED_TOO_MANY_TIMES, e);
	s->is_complete = s->steps == 1;
	if (s->is_complete) {
		s->mechanism->token_message(&message, &fields);
	} else {
		buf_add(&s->hint, challenge, len);
		buf_add_str(&message, s->mechanism->after_error);
	}
	add_base64(response, message.data, message.len);
	buf_wipe(&message);
	return true;
}

/* LOGIN's challenges are prompts for people: the answers do not depend on them, and some servers
 * send them as plain text. */
static bool
is_prompt(const struct sasl *s)
{
	return strcmp(s->mechanism->name, "LOGIN") == 0;
}

/* Before the client's first message a challenge means nothing, whatever a server puts there. */
static bool
decode(const struct sasl *s, const char *challenge, char **bytes, size_t *len, struct err *e)
{
	char *decoded;

	*bytes = NULL;
	*len = 0;
	if (!challenge || is_prompt(s) || (s->steps == 0 && sasl_client_first(s)))
		return true;
	if (gsasl_base64_from(challenge, strlen(challenge), &decoded, len) == GSASL_OK) {
		/* libgsasl's DIGEST-MD5 takes for a string what its own base64 does not end by NUL.
		 */
		*bytes = mem_strndup(decoded, *len);
		give_back(decoded, *len);
		return true;
	}
	return err_set(e, ERR_PROTOCOL, "%s: the server's challenge is not base64",
		       s->mechanism->name);
}

bool
sasl_step(struct sasl *s, const char *challenge, struct buf *response, struct err *e)
{
	bool is_answered;
	char *bytes;
	size_t len;

	buf_clear(response);
	buf_add_str(response, "");
	if (!decode(s, challenge, &bytes, &len, e))
		return false;
	if (++s->steps > STEPS_MAX)
		is_answered = set_failure(s, GSASL_MECHANISM_CALLED_TOO_MANY_TIMES, e);
	else if (s->session)
		is_answered = step_library(s, bytes, len, response, e);
	else
		is_answered = step_token(s, bytes, len, response, e);
	if (bytes)
		mem_wipe(bytes, len);
	free(bytes);
	return is_answered;
}

bool
sasl_finish(struct sasl *s, struct err *e)
{
	if (s->is_complete)
		return true;
	return err_set(e, ERR_LOGIN, "%s: %s", s->mechanism->name,
		       s->mechanism->traits & PROVES_SERVER
			   ? "the server did not prove that it knows the password"
			   : "the server ended the exchange before it was complete");
}

unsigned
sasl_proof_at(const struct sasl *s)
{
	return s->mechanism->traits & PROVES_LATE ? 2 : 1;
}

bool
sasl_names_password(const struct sasl *s)
{
	static const char about_password[] = "invalid-proof unknown-user invalid-username-encoding";

	return s->is_failed && text_has_word(about_password, sasl_hint(s));
}

const char *
sasl_hint(const struct sasl *s)
{
	return s->hint.len > 0 ? s->hint.data : NULL;
}
