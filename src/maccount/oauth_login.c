/* SPDX-License-Identifier: ISC */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "maccount/https.h"
#include "maccount/loopback.h"
#include "maccount/oauth.h"
#include "net/wait.h"

enum { ANSWER_MAX = 64 * 1024, VERIFIER_BYTES = 32, STATE_BYTES = 16, SLOWER_S = 5, PAUSE_S = 5 };

/* One sign-in by authorization code with PKCE (RFC 7636). */
struct signing_in {
	struct oauth *oauth;
	char *verifier, *state, *redirect;
	struct buf url;
};

static void
begin(struct signing_in *s, struct oauth *o, char *redirect)
{
	unsigned char digest[DIGEST_SIZE];
	struct buf challenge = {0};

	*s = (struct signing_in){.oauth = o,
				 .verifier = oauth_random(VERIFIER_BYTES),
				 .state = oauth_random(STATE_BYTES),
				 .redirect = redirect};
	digest_sha256(s->verifier, strlen(s->verifier), digest);
	oauth_base64url(&challenge, digest, sizeof digest);
	oauth_add(&s->url, "response_type", "code");
	oauth_add(&s->url, "client_id", o->client);
	oauth_add(&s->url, "redirect_uri", redirect);
	oauth_add(&s->url, "scope", o->scope);
	oauth_add(&s->url, "state", s->state);
	oauth_add(&s->url, "code_challenge", challenge.data);
	oauth_add(&s->url, "code_challenge_method", "S256");
	oauth_add(&s->url, "login_hint", o->user);
	if (strstr(o->authorize, "accounts.google.com/")) { /* else it gives no refresh token */
		oauth_add(&s->url, "access_type", "offline");
		oauth_add(&s->url, "prompt", "consent");
	}
	buf_free(&challenge);
}

static void
end(struct signing_in *s)
{
	mem_free_secret(s->verifier);
	free(s->state);
	free(s->redirect);
	buf_free(&s->url);
}

/* The parameters of the server's answer (RFC 6749 section 4.1.2, RFC 9207). */
static bool
check_answer(const struct signing_in *s, const char *query, char **code, struct err *e)
{
	char *state = loopback_parameter(query, "state"), *iss = loopback_parameter(query, "iss"),
	     *error = loopback_parameter(query, "error"),
	     *text = loopback_parameter(query, "error_description");
	const struct oauth *o = s->oauth;
	bool ok = false;

	*code = loopback_parameter(query, "code");
	if (!state || strcmp(state, s->state) != 0)
		err_set(e, ERR_LOGIN,
			"the answer does not belong to this sign-in: its state is wrong");
	else if (iss ? o->issuer && strcmp(iss, o->issuer) != 0 : o->has_iss)
		err_set(e, ERR_LOGIN, "the answer is of another server: its iss is %s",
			iss ? "wrong" : "missing");
	else if (error)
		err_set(e, ERR_LOGIN, "%.64s%s%.300s", error, text ? ": " : "", text ? text : "");
	else if (!*code)
		err_set(e, ERR_PROTOCOL, "the answer has no code");
	else
		ok = true;
	free(state);
	free(iss);
	free(error);
	free(text);
	return ok || err_prefix(e, "%s", o->authorize);
}

static bool
exchange_code(const struct signing_in *s, const char *query, struct held_token *t, struct err *e)
{
	struct buf body = {0};
	char *code = NULL, error[64];
	bool ok = check_answer(s, query, &code, e);

	if (ok) {
		oauth_add(&body, "grant_type", "authorization_code");
		oauth_add(&body, "code", code);
		oauth_add(&body, "redirect_uri", s->redirect);
		oauth_add(&body, "code_verifier", s->verifier);
		ok = oauth_ask_token(s->oauth, &body, t, error, e) == OAUTH_DONE;
	}
	buf_wipe(&body);
	free(code);
	return ok;
}

static void
show_url(const struct signing_in *s)
{
	const char *mark = strchr(s->oauth->authorize, '?') ? "&" : "?";

	printf("Open this address in a browser and sign in:\n\n%s%s%s\n\n", s->oauth->authorize,
	       mark, s->url.data);
	fflush(stdout);
}

/* Only letters, digits and what an URL is made of: nothing that a shell reads in single quotes. */
static void
open_browser(const struct signing_in *s)
{
	const char *mark = strchr(s->oauth->authorize, '?') ? "&" : "?";
	char *command;
	struct child child;
#ifdef __APPLE__
	const char *opener = "open";
#else
	const char *opener = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY") ? "xdg-open" : NULL;
#endif

	if (!opener || strchr(s->oauth->authorize, '\''))
		return;
	command =
	    mem_printf("%s '%s%s%s' 2>/dev/null", opener, s->oauth->authorize, mark, s->url.data);
	if (child_start(&child, command, CHILD_STDIN_EMPTY, CHILD_STDOUT_NONE, NULL,
			&(struct err){0}) &&
	    !child_wait_ms(&child, 2000, NULL))
		child.pid = -1; /* a browser that stays: it is not ours to end */
	free(command);
}

static bool
need_authorize(const struct oauth *o, struct err *e)
{
	return o->authorize || err_set(e, ERR_CONFIG, "the server's oauth2-authorize is not known");
}

bool
oauth_login_browser(struct oauth *o, struct held_token *t, struct err *e)
{
	struct loopback l;
	struct signing_in s;
	char *query = NULL;
	bool ok;

	if (!need_authorize(o, e) || !loopback_open(&l, e))
		return false;
	begin(&s, o, mem_printf("http://127.0.0.1:%u/", l.port));
	show_url(&s);
	open_browser(&s);
	ok = loopback_await(&l, &query, e) && exchange_code(&s, query, t, e);
	loopback_close(&l);
	free(query);
	end(&s);
	return ok;
}

/* Nothing listens there: the browser shows an error, and the address in its bar. */
bool
oauth_login_paste(struct oauth *o, struct held_token *t, struct err *e)
{
	struct signing_in s;
	char line[8192], *query;
	bool ok;

	if (!need_authorize(o, e))
		return false;
	begin(&s, o, mem_strdup("http://127.0.0.1:1/"));
	show_url(&s);
	printf("At the end the browser cannot reach 127.0.0.1. Paste the address that it shows:\n");
	fflush(stdout);
	ok = fgets(line, sizeof line, stdin) ||
	     err_set(e, ERR_NO_INPUT, "no address came on standard input");
	if (ok) {
		line[strcspn(line, "\r\n")] = '\0';
		query = strchr(line, '?');
		ok = exchange_code(&s, query ? query + 1 : line, t, e);
	}
	mem_wipe(line, sizeof line);
	end(&s);
	return ok;
}

/* The server's answer to the request for a code (RFC 8628 section 3.2). */
struct device {
	char *code, *user_code, *uri;
	unsigned interval_s;
	int64_t deadline;
};

static bool
read_device(const struct oauth *o, const struct https_answer *a, struct device *d, struct err *e)
{
	json_t *root = json_loadb(a->body.data ? a->body.data : "", a->body.len, 0, NULL);
	const char *uri = json_string_value(json_object_get(root, "verification_uri"));
	const char *other = json_string_value(json_object_get(root, "verification_url"));
	const json_int_t interval = json_integer_value(json_object_get(root, "interval"));
	const json_int_t life = json_integer_value(json_object_get(root, "expires_in"));
	const char *error = json_string_value(json_object_get(root, "error"));

	*d = (struct device){
	    .code = mem_strdup(json_string_value(json_object_get(root, "device_code"))),
	    .user_code = mem_strdup(json_string_value(json_object_get(root, "user_code"))),
	    .uri = mem_strdup(uri ? uri : other),
	    .interval_s = interval > 0 && interval < 60 ? (unsigned)interval : PAUSE_S,
	    .deadline = wait_deadline(life > 0 && life < 3600 ? (unsigned)life : 900)};
	if (!d->code || !d->user_code || !d->uri)
		err_set(e, error ? ERR_LOGIN : ERR_PROTOCOL, "%s: %.64s", o->device,
			error ? error : "the answer has no device code");
	json_decref(root);
	return d->code && d->user_code && d->uri;
}

static bool
ask_device(struct oauth *o, struct device *d, struct err *e)
{
	struct https_request r = {.url = o->device,
				  .ca_file = o->ca_file,
				  .type = "application/x-www-form-urlencoded",
				  .size_max = ANSWER_MAX,
				  .timeout_s = o->timeout_s};
	struct https_answer a;
	struct buf body = {0};
	bool ok;

	*d = (struct device){0};
	oauth_add(&body, "client_id", o->client);
	oauth_add(&body, "scope", o->scope);
	r.body = body.data;
	ok = https_fetch(&r, &a, e);
	buf_free(&body);
	if (!ok)
		return false;
	ok = read_device(o, &a, d, e);
	https_free(&a);
	return ok;
}

/* Asks until the person has answered (RFC 8628 section 3.5). */
static bool
poll_device(struct oauth *o, struct device *d, struct held_token *t, struct err *e)
{
	for (;;) {
		const int64_t next = wait_deadline(d->interval_s);
		struct buf body = {0};
		char error[64];
		enum oauth_outcome outcome;

		if (next > d->deadline)
			return err_set(e, ERR_LOGIN, "%s: nobody signed in in time", o->device);
		if (wait_fds(NULL, 0, next) == WAIT_STOPPED)
			return err_set(e, ERR_TEMPORARY, "interrupted");
		oauth_add(&body, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
		oauth_add(&body, "device_code", d->code);
		outcome = oauth_ask_token(o, &body, t, error, e);
		buf_wipe(&body);
		if (outcome == OAUTH_DONE)
			return true;
		if (outcome == OAUTH_FAILED && e->code == ERR_TEMPORARY)
			d->interval_s *= 2; /* RFC 8628: exponential back-off on a timeout */
		else if (strcmp(error, "slow_down") == 0)
			d->interval_s += SLOWER_S;
		else if (strcmp(error, "authorization_pending") != 0)
			return false;
		*e = (struct err){0};
	}
}

bool
oauth_login_device(struct oauth *o, struct held_token *t, struct err *e)
{
	struct device d;
	struct buf uri = {0}, code = {0};
	bool ok;

	if (!o->device)
		return err_set(e, ERR_CONFIG,
			       "the server has no device flow that is known "
			       "(oauth2-device)");
	ok = ask_device(o, &d, e);
	if (ok) {
		text_printable(&uri, d.uri, strlen(d.uri));
		text_printable(&code, d.user_code, strlen(d.user_code));
		printf("Open this address on any device, and enter the code %s:\n\n%s\n\n",
		       code.data, uri.data);
		fflush(stdout);
		ok = poll_device(o, &d, t, e);
	}
	buf_free(&uri);
	buf_free(&code);
	free(d.code);
	free(d.user_code);
	free(d.uri);
	return ok;
}
