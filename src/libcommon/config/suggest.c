/* SPDX-License-Identifier: ISC */
#include "config/suggest.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"

enum { NAME_MAX_LEN = 40, EDITS_MAX = 3, LETTERS_PER_EDIT = 3 };

/* Keys of msmtp, mpop and other programs, if no setting of ours has about the same name. */
static const struct {
	const char *name, *key, *option;
} foreign[] = {
    {"host", "`smtp`, `imap` or `pop3` = URL names the server", NULL},
    {"server", "`smtp`, `imap` or `pop3` = URL names the server", NULL},
    {"port", "the port is part of the server's URL: imaps://HOST:PORT", NULL},
    {"tls", "the scheme of the server's URL says it: smtps://, or smtp:// for STARTTLS",
     "the scheme of the server's URL says it: smtps://, or smtp:// for STARTTLS"},
    {"tls-starttls", "the scheme of the server's URL says it: smtps://, or smtp:// for STARTTLS",
     "the scheme of the server's URL says it: smtps://, or smtp:// for STARTTLS"},
    {"tls-fingerprint", "tls-pin = sha256:BASE64; --probe shows the pin",
     "--tls-pin=sha256:BASE64; --probe shows the pin"},
    {"tls-certcheck", "certificates are always verified; see tls-ca-file and tls-pin",
     "certificates are always verified; see --tls-ca-file and --tls-pin"},
    {"proxy-host", "proxy = socks5://HOST:PORT", "--proxy=socks5://HOST:PORT"},
    {"proxy-port", "proxy = socks5://HOST:PORT", "--proxy=socks5://HOST:PORT"},
    {"delivery", "maildir = DIR, mbox = FILE or pipe = COMMAND",
     "--maildir=DIR, --mbox=FILE or --pipe=COMMAND"},
    {"only-new", "mfetch fetches new messages only; the operand all means every message",
     "mfetch fetches new messages only; the operand all means every message"},
    {"account default", "`account = NAME` above the first section", NULL},
    {"username", "did you mean 'user'?", "did you mean --user?"},
    {"login", "did you mean 'user'?", "did you mean --user?"},
    {"pass", "did you mean 'password'?", "did you mean --password-command?"},
    {"password", NULL, "a password is never an argument: use --password-command"},
    {"passcmd", "did you mean 'password-command'?", "did you mean --password-command?"},
    {"maildomain", "did you mean 'domain'?", NULL},
};

/* In lower case, and with hyphens: tls_trust_file. False: too long to be one of ours. */
static bool
normalise(char to[static NAME_MAX_LEN], const char *name, size_t len)
{
	if (len >= NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		to[i] = name[i] == '_' ? '-' : text_lower(name[i]);
	to[len] = '\0';
	return true;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters have to be added, left out, changed or swapped with the next one (optimal string
 * alignment). Both names are shorter than NAME_MAX_LEN. */
static size_t
distance(const char *a, size_t m, const char *b, size_t n)
{
	size_t d[NAME_MAX_LEN + 1][NAME_MAX_LEN + 1];

	for (size_t i = 0; i <= m; i++)
		for (size_t j = 0; j <= n; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[m][n];
}

/* As distance() to the nearest of the setting's names. */
static size_t
distance_of(const struct setting *s, const char *name)
{
	const size_t len = strlen(name);
	size_t best = distance(name, len, s->name, strlen(s->name));

	for (const char *p = s->aliases ? s->aliases : ""; *p;) {
		const size_t n = strcspn(p, " ");

		best = least(best, distance(name, len, p, n));
		p += n + strspn(p + n, " ");
	}
	return best;
}

static const struct setting *
find_nearest(const char *name, unsigned tools, unsigned places)
{
	const size_t edits = least(strlen(name) / LETTERS_PER_EDIT, EDITS_MAX);
	const struct setting *nearest = NULL;
	size_t best = edits + 1;

	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = &settings[i];
		size_t d;

		if (!s->name || !(s->tools & tools) || !(s->places & places))
			continue;
		d = distance_of(s, name);
		if (d < best) {
			best = d;
			nearest = s;
		}
	}
	return nearest;
}

/* Does WORD begin only one of them? That one. */
static const char *
find_beginning(const char *word, const char *const *names, size_t count)
{
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (strncmp(names[i], word, strlen(word)) != 0)
			continue;
		if (found)
			return NULL;
		found = names[i];
	}
	return found;
}

const char *
suggest_name(const char *word, const char *const *names, size_t count)
{
	char plain[NAME_MAX_LEN];
	const char *nearest;
	size_t best;

	if (!word[0] || !normalise(plain, word, strlen(word)))
		return NULL;
	nearest = find_beginning(plain, names, count);
	if (nearest)
		return nearest;
	best = least(1 + strlen(plain) / LETTERS_PER_EDIT, EDITS_MAX);
	for (size_t i = 0; i < count; i++) {
		const size_t d = distance(plain, strlen(plain), names[i], strlen(names[i]));

		if (d < best) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}

static const char *
foreign_advice(const char *name, bool is_option)
{
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		if (strcmp(foreign[i].name, name) == 0)
			return is_option ? foreign[i].option : foreign[i].key;
	return NULL;
}

/* A setting that may be given elsewhere. False: none has this name. */
static bool
suggest_place(struct err *e, const char *name)
{
	static const struct {
		unsigned place;
		const char *advice;
	} elsewhere[] = {{IN_ACCOUNT, "is a key of an account's section"},
			 {IN_GLOBAL, "is a key above the first section"},
			 {IN_PRESET, "is a key of providers.ini"},
			 {IN_OPTION, "is an option only, not a key"}};

	for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
		if (setting_find(name, TOOL_ALL, elsewhere[i].place))
			return !err_hint(e, "`%s` %s", name, elsewhere[i].advice);
	return false;
}

void
suggest_key(struct err *e, const char *name, enum setting_place place)
{
	const struct setting *nearest;
	const char *advice;
	char plain[NAME_MAX_LEN];

	if (!normalise(plain, name, strlen(name)))
		return;
	advice = foreign_advice(plain, false);
	if (advice) {
		err_hint(e, "%s", advice);
		return;
	}
	if (suggest_place(e, name))
		return;
	nearest = find_nearest(plain, TOOL_ALL, place);
	if (nearest)
		err_hint(e, "did you mean '%s'?", nearest->name);
}

void
suggest_option(struct err *e, const char *word, enum tool_id tool)
{
	const char *name = word + strspn(word, "-"), *advice;
	const struct setting *nearest;
	char plain[NAME_MAX_LEN];

	if (tool == TOOL_SENDMAIL || !normalise(plain, name, strcspn(name, "=")))
		return;
	advice = foreign_advice(plain, true);
	if (advice) {
		err_hint(e, "%s", advice);
		return;
	}
	nearest = find_nearest(plain, tool, IN_OPTION);
	if (nearest)
		err_hint(e, "did you mean --%s?", nearest->name);
}
