/* SPDX-License-Identifier: ISC */
#include "auth/secret.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/secret_source.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

struct secret {
	struct secret_params params;
	struct buf text;    /* empty until fetched */
	const char *origin; /* NULL until fetched */
	bool is_renewed;
};

static enum secret_outcome
from_text(const struct secret_params *p, struct buf *text, struct err *e)
{
	(void)e;
	if (!p->text)
		return SECRET_ABSENT;
	buf_add_str(text, p->text);
	return SECRET_FOUND;
}

/* In the order in which they are tried. */
static const struct source {
	const char *name; /* as the user knows it */
	const char *origin;
	enum secret_outcome (*fetch)(const struct secret_params *p, struct buf *text,
				     struct err *e);
} sources[] = {
    {"password-command", "password from password-command", secret_from_command},
    {"password-file", "password from password-file", secret_from_file},
    {"password", "password from the configuration", from_text},
    {"token", "token held by maccount", secret_from_token},
    {"netrc", "password from ~/.netrc", secret_from_netrc},
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

void
secret_free(struct secret *s)
{
	if (!s)
		return;
	buf_wipe(&s->text);
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
			   "~/.netrc, or run this on a terminal to be asked");
}

static bool
fetch(const struct secret_params *p, struct buf *text, const char **origin, struct err *e)
{
	for (size_t i = 0; i < SOURCES; i++) {
		const enum secret_outcome outcome = sources[i].fetch(p, text, e);

		if (outcome == SECRET_ABSENT)
			continue;
		if (outcome == SECRET_FOUND && is_usable(text, e)) {
			*origin = sources[i].origin;
			return true;
		}
		return err_prefix(e, "%s", sources[i].name);
	}
	return none_is_set(p, e);
}

const char *
secret_text(struct secret *s, struct err *e)
{
	if (s->text.len == 0 && !fetch(&s->params, &s->text, &s->origin, e)) {
		buf_wipe(&s->text);
		return NULL;
	}
	return s->text.data;
}

bool
secret_is_token(const struct secret *s)
{
	const struct secret_params *p = &s->params;

	return !p->command && !p->file && !p->text && p->token_file &&
	       access(p->token_file, F_OK) == 0;
}

bool
secret_renew(struct secret *s, struct err *e)
{
	if (!secret_is_token(s) || s->is_renewed)
		return false;
	s->is_renewed = true;
	buf_wipe(&s->text);
	return secret_renewed_token(&s->params, &s->text, e) == SECRET_FOUND;
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
	struct buf text = {0};
	struct err unused; /* given, though it cannot be read: it is read again to log in */
	bool is_given = p->command || p->file || p->text || secret_is_token(s);

	if (!is_given) {
		is_given = secret_from_netrc(p, &text, &unused) != SECRET_ABSENT;
		buf_wipe(&text);
	}
	return is_given;
}
