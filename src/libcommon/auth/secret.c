/* SPDX-License-Identifier: ISC */
#include "auth/secret.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/secret_source.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/locked.h"
#include "base/mem.h"
#include "base/text.h"

struct secret {
	struct secret_params params;
	char *text;         /* NULL until fetched; base/locked.h */
	const char *origin; /* NULL until fetched */
	bool is_renewed;
	int typed;     /* how often the user was asked */
	char *refusal; /* params.refusal */
};

enum { TRIES = 3 }; /* as login(1) and ssh(1) have it */

static enum secret_outcome
from_text(const struct secret_params *p, struct buf *text, struct err *e)
{
	(void)e;
	if (!p->text)
		return SECRET_ABSENT;
	buf_add_str(text, p->text);
	return SECRET_FOUND;
}

static void
keep(struct secret_answer *k, const struct secret_params *p, enum secret_outcome outcome,
     const struct buf *text, const struct err *e)
{
	*k = (struct secret_answer){.is_known = true,
				    .machine = mem_strdup(p->machine),
				    .user = mem_strdup(p->user),
				    .port = p->port};
	if (outcome == SECRET_FOUND)
		k->text = locked_text(text->data);
	if (outcome == SECRET_FAILED)
		k->failure = *e;
}

static enum secret_outcome
from_kept(const struct secret_answer *k, struct buf *text, struct err *e)
{
	if (k->failure.code != ERR_NONE) {
		*e = k->failure;
		return SECRET_FAILED;
	}
	if (!k->text)
		return SECRET_ABSENT;
	buf_add_str(text, k->text);
	return SECRET_FOUND;
}

/* K, the answer kept, may be NULL; FETCH reads the file. */
static enum secret_outcome
from_file_once(const struct secret_params *p, struct secret_answer *k, secret_fetch *fetch,
	       struct buf *text, struct err *e)
{
	enum secret_outcome outcome;

	if (k && k->is_known && text_equal(k->machine, p->machine) &&
	    text_equal(k->user, p->user) && k->port == p->port)
		return from_kept(k, text, e);
	outcome = fetch(p, text, e);
	if (k && !k->is_known && !memchr(text->data ? text->data : "", '\0', text->len))
		keep(k, p, outcome, text, e);
	return outcome;
}

static enum secret_outcome
from_netrc(const struct secret_params *p, struct buf *text, struct err *e)
{
	return from_file_once(p, p->kept ? &p->kept->netrc : NULL, secret_from_netrc, text, e);
}

static enum secret_outcome
from_authinfo(const struct secret_params *p, struct buf *text, struct err *e)
{
	return from_file_once(p, p->kept ? &p->kept->authinfo : NULL, secret_from_authinfo, text,
			      e);
}

/* Whether the first of the two files with an entry for us can be used or not. */
static bool
has_entry(const struct secret_params *p)
{
	struct buf text = {0};
	struct err unused; /* it is said when a login needs the password */
	const bool has_one = from_netrc(p, &text, &unused) != SECRET_ABSENT ||
			     from_authinfo(p, &text, &unused) != SECRET_ABSENT;

	buf_wipe(&text);
	return has_one;
}

/* In the order in which they are tried. */
static const struct source {
	const char *name; /* as the user knows it */
	const char *origin;
	secret_fetch *fetch;
} sources[] = {
    {"password-command", "password from password-command", secret_from_command},
    {"password-file", "password from password-file", secret_from_file},
    {"password", "password from the configuration", from_text},
    {"token", "token held by maccount", secret_from_token},
    {"netrc", "password from ~/.netrc", from_netrc},
    {"authinfo", "password from ~/.authinfo", from_authinfo},
    {"password prompt", "password from the prompt", secret_from_terminal},
};

enum { SOURCES = sizeof sources / sizeof *sources };

struct secret *
secret_new(const struct secret_params *p)
{
	struct secret *s = mem_alloc(sizeof *s);

	s->params = *p;
	return s;
}

static void
forget(struct secret *s)
{
	locked_free(s->text);
	s->text = NULL;
}

void
secret_free(struct secret *s)
{
	if (!s)
		return;
	forget(s);
	free(s->refusal);
	free(s);
}

/* An empty line, or one with a NUL in it, would turn into a refused login that explains nothing. */
static bool
is_usable(const struct buf *text, struct err *e)
{
	if (text->len == 0)
		return err_set(e, ERR_LOGIN, "the password is empty");
	if (memchr(text->data, '\0', text->len))
		return err_set(e, ERR_LOGIN, "the password has a NUL byte in it");
	return true;
}

static bool
none_is_set(const struct secret_params *p, struct err *e)
{
	err_set(e, ERR_LOGIN, "no password for %s at %s", p->user ? p->user : "this account",
		p->machine ? p->machine : "this server");
	return err_hint(e, "set password-command, password-file or password, add a line to "
			   "~/.netrc or ~/.authinfo, or run this on a terminal to be asked");
}

static bool
fetch(struct secret *s, struct buf *text, struct err *e)
{
	for (size_t i = 0; i < SOURCES; i++) {
		const enum secret_outcome outcome = sources[i].fetch(&s->params, text, e);

		if (outcome == SECRET_ABSENT)
			continue;
		if (outcome == SECRET_FOUND && is_usable(text, e)) {
			s->origin = sources[i].origin;
			return true;
		}
		return err_prefix(e, "%s", sources[i].name);
	}
	return none_is_set(&s->params, e);
}

const char *
secret_text(struct secret *s, struct err *e)
{
	struct buf text = {0};

	if (!s->text && fetch(s, &text, e))
		s->text = locked_text(text.data);
	buf_wipe(&text);
	return s->text;
}

bool
secret_is_token(const struct secret *s)
{
	const struct secret_params *p = &s->params;

	return !p->command && !p->file && !p->text && p->token_file &&
	       access(p->token_file, F_OK) == 0;
}

const char *
secret_token_file(const struct secret *s)
{
	return secret_is_token(s) ? s->params.token_file : NULL;
}

void
secret_machine_files(const struct secret *s, const char *files[SECRET_MACHINE_FILES])
{
	files[0] = s->params.netrc;
	files[1] = s->params.authinfo;
}

bool
secret_renew(struct secret *s, struct err *e)
{
	struct buf text = {0};
	bool ok;

	if (!secret_is_token(s) || s->is_renewed)
		return false;
	s->is_renewed = true;
	forget(s);
	ok = secret_renewed_token(&s->params, &text, e) == SECRET_FOUND;
	if (ok && text.len > 0)
		s->text = locked_text(text.data);
	buf_wipe(&text);
	return ok;
}

static bool
was_typed(const struct secret *s)
{
	return s->origin && s->origin == sources[SOURCES - 1].origin;
}

bool
secret_ask_again(struct secret *s, const char *why)
{
	if (!was_typed(s) || ++s->typed >= TRIES)
		return false;
	free(s->refusal);
	s->params.refusal = s->refusal = mem_strdup(why);
	s->origin = NULL;
	forget(s);
	return true;
}

const char *
secret_origin(const struct secret *s)
{
	return s->origin;
}

const char *
secret_account(const struct secret *s)
{
	return s->params.account;
}

bool
secret_is_given(const struct secret *s)
{
	const struct secret_params *p = &s->params;

	return p->command || p->file || p->text || secret_is_token(s) || has_entry(p);
}

char *
secret_renewal(const struct secret *s, bool is_forced)
{
	return secret_token_command(&s->params, is_forced);
}

void
secret_prepare(struct secret *s, struct secret_kept *k)
{
	s->params.kept = k;
	(void)secret_is_given(s);
}
