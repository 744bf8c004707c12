/* SPDX-License-Identifier: ISC */
#include "auth/netrc.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

struct reader {
	const char *at;
	const char *end;
	unsigned line;
	struct buf word; /* the one read last; may be a password */

	/* The entry that is being read. */
	const struct netrc_query *query;
	struct buf *password;
	bool is_machine_ours;
	bool is_login_other;
	bool is_port_other;
	bool has_password;
	unsigned stray_line; /* the line of a word that is not a keyword, or 0 */

	enum netrc_outcome outcome;
	struct err *e;
};

static void
skip_line(struct reader *r)
{
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));

	r->at = newline ? newline : r->end;
}

static void
skip_space(struct reader *r)
{
	for (; r->at < r->end && text_is_blank(*r->at); r->at++)
		if (*r->at == '\n')
			r->line++;
}

static bool
broken(struct reader *r, unsigned line, const char *why)
{
	r->outcome = NETRC_BROKEN;
	return err_set(r->e, ERR_CONFIG, "line %u: %s", line, why);
}

/* The meaning of a backslash and C between quotes. */
static char
unescape(char c)
{
	static const char letters[] = "nrt", meanings[] = "\n\r\t";
	const char *letter = c ? strchr(letters, c) : NULL;

	return letter ? meanings[letter - letters] : c;
}

static bool
read_quoted(struct reader *r)
{
	for (r->at++; r->at < r->end && *r->at != '\n'; r->at++) {
		if (*r->at == '"') {
			r->at++;
			return true;
		}
		if (*r->at == '\\' && r->at + 1 < r->end && r->at[1] != '\n')
			buf_add_char(&r->word, unescape(*++r->at));
		else
			buf_add_char(&r->word, *r->at);
	}
	return broken(r, r->line, "a quote is never closed");
}

/* False: no more words, or *e. */
static bool
read_word(struct reader *r)
{
	buf_clear(&r->word);
	buf_add_str(&r->word, ""); /* an empty word is a string as well */
	skip_space(r);
	if (r->at == r->end)
		return false;
	if (*r->at == '"')
		return read_quoted(r);
	for (; r->at < r->end && !text_is_blank(*r->at); r->at++)
		buf_add_char(&r->word, *r->at);
	return true;
}

static bool
read_keyword(struct reader *r)
{
	skip_space(r);
	while (r->at < r->end && *r->at == '#') {
		skip_line(r);
		skip_space(r);
	}
	return read_word(r);
}

/* True: go on after the entry; false: it matches, or it would match and cannot be read. */
static bool
end_entry(struct reader *r)
{
	if (r->is_machine_ours && !r->is_login_other && !r->is_port_other && r->has_password) {
		if (r->stray_line > 0)
			return broken(r, r->stray_line,
				      "unknown keyword (a value with blanks needs double quotes)");
		r->outcome = NETRC_FOUND;
		return false;
	}
	buf_wipe(r->password);
	r->is_machine_ours = r->is_login_other = r->is_port_other = r->has_password = false;
	r->stray_line = 0;
	return true;
}

static bool
on_machine(struct reader *r)
{
	if (!end_entry(r) || !read_word(r))
		return false;
	r->is_machine_ours = text_equal_case(r->word.data, r->query->machine);
	return true;
}

static bool
on_default(struct reader *r)
{
	if (!end_entry(r))
		return false;
	r->is_machine_ours = true;
	return true;
}

static bool
on_login(struct reader *r)
{
	if (!read_word(r))
		return false;
	r->is_login_other = r->query->login && strcmp(r->word.data, r->query->login) != 0;
	return true;
}

/* The services that speak a protocol, whatever the port. */
static bool
is_service(const char *word, const char *protocol)
{
	static const struct {
		const char *protocol, *words;
	} services[] = {{"smtp", "smtp smtps submission submissions"},
			{"imap", "imap imaps"},
			{"pop3", "pop3 pop3s"}};

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (protocol && strcmp(protocol, services[i].protocol) == 0)
			return text_has_word(services[i].words, word);
	return false;
}

/* The password of another service on the same host is not ours. */
static bool
on_port(struct reader *r)
{
	uint64_t number;

	if (!read_word(r))
		return false;
	r->is_port_other = text_number(r->word.data, 65535, &number)
			       ? number != r->query->port
			       : !is_service(r->word.data, r->query->protocol);
	return true;
}

static bool
on_password(struct reader *r)
{
	if (!read_word(r))
		return false;
	buf_wipe(r->password);
	buf_add(r->password, r->word.data, r->word.len);
	r->has_password = true;
	return true;
}

static bool
on_macdef(struct reader *r)
{
	bool is_empty = false;

	while (r->at < r->end && !is_empty) {
		const char *start;

		skip_line(r);
		if (r->at == r->end)
			break;
		start = ++r->at;
		r->line++;
		skip_line(r);
		is_empty = r->at == start || (r->at == start + 1 && *start == '\r');
	}
	return true;
}

static const struct keyword {
	const char *name;
	bool (*read)(struct reader *r);
} keywords[] = {
    {"machine", on_machine},   {"default", on_default}, {"login", on_login},
    {"password", on_password}, {"account", read_word},  {"port", on_port},
    {"macdef", on_macdef},
};

static bool
obey_keyword(struct reader *r)
{
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (text_equal_case(r->word.data, keywords[i].name))
			return keywords[i].read(r);
	if (r->stray_line == 0)
		r->stray_line = r->line;
	return true;
}

enum netrc_outcome
netrc_find(const char *text, size_t len, const struct netrc_query *query, struct buf *password,
	   struct err *e)
{
	struct reader r = {
	    .at = text,
	    .end = text ? text + len : NULL,
	    .line = 1,
	    .query = query,
	    .password = password,
	    .outcome = NETRC_NOTHING,
	    .e = e,
	};

	while (read_keyword(&r) && obey_keyword(&r))
		;
	if (r.outcome == NETRC_NOTHING)
		end_entry(&r);
	buf_wipe(&r.word);
	return r.outcome;
}
