/* SPDX-License-Identifier: ISC */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "maccount/https.h"
#include "maccount/oauth.h"
#include "net/wait.h"

enum {
	ANSWER_MAX = 256 * 1024,
	TRIES = 4,
	PAUSE_MAX_S = 30,
	LIFETIME_S =
	    3600, /* where the server does not tell (RFC 6749 section 5.1 recommends it to) */
	SKEW_S = 300,
	GRACE_S =
	    5 /* the server forgets the refresh token, or the code, that the answer replaces */
};

static char *
string_of(const json_t *root, const char *name)
{
	return mem_strdup(json_string_value(json_object_get(root, name)));
}

static bool
is_token(const char *text)
{
	for (const char *p = text; p && *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return text && *text;
}

/* Some servers write the number as a string. */
static int64_t
lifetime_of(const json_t *root)
{
	const json_t *value = json_object_get(root, "expires_in");
	const char *text = json_string_value(value);
	uint64_t n;

	if (json_is_number(value) && json_number_value(value) > 0 && json_number_value(value) < 1e9)
		return (int64_t)json_number_value(value);
	return text && text_number(text, 1000000000, &n) ? (int64_t)n : LIFETIME_S;
}

static void
replace(char **old, char *new)
{
	mem_free_secret(*old);
	*old = new;
}

static bool
take_tokens(const struct oauth *o, const json_t *root, struct held_token *t, struct err *e)
{
	char *access = string_of(root, "access_token"), *refresh = string_of(root, "refresh_token");
	const char *type = json_string_value(json_object_get(root, "token_type"));

	if (!is_token(access) || (refresh && !is_token(refresh)) ||
	    (type && !text_equal_case(type, "bearer"))) {
		replace(&access, NULL);
		replace(&refresh, NULL);
		return err_set(e, ERR_PROTOCOL, "%s: the answer has no bearer token", o->token);
	}
	replace(&t->access, access);
	if (refresh)
		replace(&t->refresh, refresh);
	t->issued = (int64_t)time(NULL);
	t->expires = t->issued + lifetime_of(root);
	return true;
}

/* A wrong clock makes what is signed here too old or too young. */
static void
hint_at_clock(const struct https_answer *a, struct err *e)
{
	const int64_t off = a->date > 0 ? (int64_t)time(NULL) - a->date : 0;

	if (off > SKEW_S || off < -SKEW_S)
		err_hint(e, "this machine's clock is %lld seconds %s the server's",
			 (long long)(off > 0 ? off : -off), off > 0 ? "ahead of" : "behind");
}

/* The server may repeat secrets in its words, which go to the screen. */
static void
mask_secrets(const struct oauth *o, const struct held_token *t, struct err *e)
{
	const char *const secrets[] = {o->secret, t->refresh, t->access};

	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		if (secrets[i])
			e->text[text_mask(e->text, strlen(e->text), secrets[i])] = '\0';
}

static bool
is_worth_another_try(const struct https_answer *a)
{
	return a->status >= 500 || a->status == 429;
}

static enum oauth_outcome
read_answer(const struct oauth *o, const struct https_answer *a, struct held_token *t,
	    char error[64], struct err *e)
{
	json_t *root = json_loadb(a->body.data ? a->body.data : "", a->body.len, 0, NULL);
	const char *word = json_string_value(json_object_get(root, "error"));
	const char *text = json_string_value(json_object_get(root, "error_description"));
	enum oauth_outcome outcome = OAUTH_FAILED;

	if (a->status == 200 && !word) {
		outcome = take_tokens(o, root, t, e) ? OAUTH_DONE : OAUTH_FAILED;
	} else if (word) {
		snprintf(error, 64, "%s", word);
		err_set(e, ERR_LOGIN, "%s: %s%s%.300s", o->token, word, text ? ": " : "",
			text ? text : "");
		mask_secrets(o, t, e);
		hint_at_clock(a, e);
		outcome = OAUTH_REFUSED;
	} else {
		err_set(e, is_worth_another_try(a) ? ERR_TEMPORARY : ERR_PROTOCOL,
			"%s: status %ld without an OAuth 2 error", o->token, a->status);
	}
	json_decref(root);
	return outcome;
}

/* False: a signal asked to stop. */
static bool
pause_for(unsigned seconds)
{
	return wait_fds(NULL, 0, wait_deadline(seconds)) != WAIT_STOPPED;
}

enum oauth_outcome
oauth_ask_token(struct oauth *o, struct buf *body, struct held_token *t, char error[64],
		struct err *e)
{
	struct https_request r = {.url = o->token,
				  .ca_file = o->ca_file,
				  .type = "application/x-www-form-urlencoded",
				  .size_max = ANSWER_MAX,
				  .timeout_s = o->timeout_s,
				  .grace_s = GRACE_S};
	enum oauth_outcome outcome = OAUTH_FAILED;
	unsigned pause = 1;

	oauth_add(body, "client_id", o->client);
	oauth_add(body, "client_secret", o->secret);
	r.body = body->data;
	error[0] = '\0';
	for (int i = 0; i < TRIES; i++, pause *= 2) {
		struct https_answer a;
		bool again;

		if (!https_fetch(&r, &a, e))
			return OAUTH_FAILED;
		outcome = read_answer(o, &a, t, error, e);
		again = outcome != OAUTH_DONE && is_worth_another_try(&a) && i + 1 < TRIES;
		if (a.retry_after_s > pause)
			pause = a.retry_after_s < PAUSE_MAX_S ? a.retry_after_s : PAUSE_MAX_S;
		https_free(&a);
		if (!again || !pause_for(pause))
			break;
	}
	return outcome;
}

bool
oauth_revoke(const struct held_token *t, const char *ca_file, unsigned timeout_s, struct err *e)
{
	struct https_request r = {.url = t->revoke,
				  .ca_file = ca_file,
				  .type = "application/x-www-form-urlencoded",
				  .size_max = ANSWER_MAX,
				  .timeout_s = timeout_s};
	struct https_answer a;
	struct buf body = {0};
	bool ok;

	oauth_add(&body, "token", t->refresh ? t->refresh : t->access);
	oauth_add(&body, "token_type_hint", t->refresh ? "refresh_token" : "access_token");
	oauth_add(&body, "client_id", t->client);
	oauth_add(&body, "client_secret", t->client_secret);
	r.body = body.data;
	ok = https_fetch(&r, &a, e);
	buf_wipe(&body);
	if (!ok)
		return false;
	ok = a.status == 200;
	if (!ok)
		err_set(e, ERR_UNAVAILABLE, "%s: the tokens were not revoked (status %ld)",
			t->revoke, a.status);
	https_free(&a);
	return ok;
}
