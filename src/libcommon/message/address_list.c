/* SPDX-License-Identifier: ISC */
#include "message/address_list.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address.h"
#include "message/address_char.h"
#include "message/encoded_word.h"

enum { EXCERPT_MAX = 40 }; /* bytes of the list in an error */

/*
 * The rest of the list, and the item that is being read. The first problem is kept and moves `at`
 * to the end, so that reading goes on without harm and success is asked for once.
 */
struct parser {
	const char *at;
	const char *end;
	const char *problem;
	const char *problem_at;
	bool in_group;

	/* The words read last, both as a phrase and as a local part: only the special after them
	 * tells which of the two they are. */
	const char *words_at;
	struct buf phrase;
	struct buf local;
	bool are_words; /* not only dots */
	bool are_apart; /* two have no dot between them: no local part */

	struct buf name;
	struct buf addr;
	bool has_domain; /* the address read last */
};

static void
fail(struct parser *p, const char *where, const char *problem)
{
	if (p->problem)
		return;
	p->problem = problem;
	p->problem_at = where;
	p->at = p->end;
}

/* The next byte; at the end NUL, which no list holds. */
static char
peek(const struct parser *p)
{
	return p->at < p->end ? *p->at : '\0';
}

static bool
accept(struct parser *p, char c)
{
	if (c != peek(p))
		return false;
	p->at++;
	return true;
}

/* The depth of comments is a number, not a call: none is too deep. */
static void
skip_comment(struct parser *p)
{
	const char *const start = p->at;
	size_t depth = 0;

	for (; p->at < p->end; p->at++) {
		if (*p->at == '\\' && p->at + 1 < p->end)
			p->at++;
		else if (*p->at == '(')
			depth++;
		else if (*p->at == ')' && --depth == 0)
			break;
	}
	if (!accept(p, ')'))
		fail(p, start, "comment without end");
}

/* CFWS. True: there was some. */
static bool
skip_blanks(struct parser *p)
{
	const char *const start = p->at;

	for (;;) {
		if (text_is_blank(peek(p)))
			p->at++;
		else if (peek(p) == '(')
			skip_comment(p);
		else
			return p->at > start;
	}
}

static void
add_to_words(struct parser *p, const char *bytes, size_t n)
{
	buf_add(&p->phrase, bytes, n);
	buf_add(&p->local, bytes, n);
}

static void
read_atom(struct parser *p)
{
	const char *const start = p->at;

	while (address_is_atext(peek(p)))
		p->at++;
	add_to_words(p, start, (size_t)(p->at - start));
}

static void
read_quoted_string(struct parser *p)
{
	const char *const start = p->at;

	for (p->at++; p->at < p->end && *p->at != '"'; p->at++) {
		if (*p->at == '\r' || *p->at == '\n')
			continue;
		if (*p->at == '\\' && p->at + 1 < p->end)
			p->at++;
		add_to_words(p, p->at, 1);
	}
	if (!accept(p, '"'))
		fail(p, start, "quoted string without end");
}

/* Words and dots, up to what is neither. */
static void
read_words(struct parser *p)
{
	bool after_word = false;

	buf_clear(&p->phrase);
	buf_clear(&p->local);
	add_to_words(p, "", 0);
	p->are_words = p->are_apart = false;
	skip_blanks(p);
	for (p->words_at = p->at;;) {
		const bool blanks = skip_blanks(p);
		const bool word = peek(p) == '"' || address_is_atext(peek(p));

		if (!word && peek(p) != '.')
			return;
		if (blanks && p->phrase.len > 0)
			buf_add_char(&p->phrase, ' ');
		p->are_words |= word;
		p->are_apart |= word && after_word;
		after_word = word;
		if (peek(p) == '"')
			read_quoted_string(p);
		else if (word)
			read_atom(p);
		else
			add_to_words(p, p->at++, 1);
	}
}

static void
read_literal(struct parser *p)
{
	const char *const start = p->at;

	buf_add_char(&p->addr, '[');
	for (p->at++; address_is_literal_char(peek(p)) || text_is_blank(peek(p)); p->at++)
		if (!text_is_blank(*p->at))
			buf_add_char(&p->addr, *p->at);
	if (!accept(p, ']'))
		fail(p, start, "domain literal without end");
	buf_add_char(&p->addr, ']');
}

/* After the @: adds the domain to the address. */
static void
read_domain(struct parser *p)
{
	skip_blanks(p);
	if (peek(p) == '[') {
		read_literal(p);
		skip_blanks(p);
		return;
	}
	for (;;) {
		const char *const start = p->at;

		while (address_is_domain_char(peek(p)))
			p->at++;
		buf_add(&p->addr, start, (size_t)(p->at - start));
		if (p->at == start)
			fail(p, start, "incomplete domain");
		skip_blanks(p);
		if (!accept(p, '.'))
			return;
		buf_add_char(&p->addr, '.');
		skip_blanks(p);
	}
}

/* "@a,@b:" before the address itself, which every mailer finds its own way to by now. */
static void
skip_route(struct parser *p)
{
	skip_blanks(p);
	if (peek(p) != '@' && peek(p) != ',')
		return;
	do {
		skip_blanks(p);
		if (accept(p, '@'))
			read_domain(p);
	} while (accept(p, ','));
	if (!accept(p, ':'))
		fail(p, p->at, "source route without colon");
}

/* RFC 2047 section 5: no address is made of encoded words. */
static bool
is_encoded_word(const char *local)
{
	const size_t len = strlen(local);

	return len > 4 && memcmp(local, "=?", 2) == 0 && memcmp(local + len - 2, "?=", 2) == 0;
}

/* A local part alone that holds an @ is an address in quotes, and not this domain's user. */
static void
check_local_alone(struct parser *p)
{
	if (strchr(p->local.data, '@'))
		fail(p, p->words_at, "address in quotes");
	if (is_encoded_word(p->local.data))
		fail(p, p->words_at, "words that are not an address");
}

/* The words just read are a local part: makes the address of them and of the domain after them. */
static void
read_addr_spec(struct parser *p)
{
	if (!p->are_words)
		fail(p, p->at, "missing address");
	if (p->are_apart)
		fail(p, p->words_at, "words that are not an address");
	buf_clear(&p->addr);
	address_add_local(&p->addr, p->local.data);
	p->has_domain = accept(p, '@');
	if (!p->has_domain)
		check_local_alone(p);
	if (p->has_domain) {
		buf_add_char(&p->addr, '@');
		read_domain(p);
	}
	if (!p->problem && !address_is_valid(p->addr.data))
		fail(p, p->words_at, "invalid address");
}

/* After the <. False: it is the null address, which names nobody. */
static bool
read_angle_addr(struct parser *p)
{
	skip_route(p);
	read_words(p);
	p->has_domain = true; /* as good as: nothing but an address can be meant */
	if (!p->are_words && p->phrase.len == 0 && accept(p, '>')) {
		skip_blanks(p);
		return false;
	}
	read_addr_spec(p);
	p->has_domain = true;
	if (!accept(p, '>'))
		fail(p, p->at, "missing >");
	skip_blanks(p);
	return true;
}

/* The offset after the quoted string at AT; AT + 1 where it has no end. */
static const char *
after_quoted(const char *at, const char *end)
{
	for (const char *s = at + 1; s < end; s++) {
		if (*s == '"')
			return s + 1;
		if (*s == '\\' && s + 1 < end)
			s++;
	}
	return at + 1;
}

/*
 * The < that follows the parser's position, before a comma or a semicolon; NULL: none follows. Only
 * a name can precede it, whatever characters it has: "[JIRA] Ann", "a@example.org".
 */
static const char *
find_angle(const struct parser *p)
{
	struct parser ahead = {.at = p->at, .end = p->end};

	while (ahead.at < ahead.end && !strchr("<,;", *ahead.at)) {
		if (*ahead.at == '"')
			ahead.at = after_quoted(ahead.at, ahead.end);
		else if (*ahead.at == '(')
			skip_comment(&ahead);
		else
			ahead.at++;
	}
	return ahead.at < ahead.end && *ahead.at == '<' ? ahead.at : NULL;
}

/* Adds TEXT to the name on one line, with no blanks at its ends. */
static void
add_name(struct parser *p, const char *text, const char *end)
{
	while (end > text && text_is_blank(end[-1]))
		end--;
	for (; text < end; text++)
		if (*text != '\r' && *text != '\n')
			buf_add_char(&p->name, *text);
}

/* The text before a comma. True: it was a mailbox, which now is in `name` and `addr`. */
static bool
read_item(struct parser *p)
{
	const char *angle;

	read_words(p);
	if (p->are_words && !p->in_group && accept(p, ':')) {
		p->in_group = true;
		read_words(p);
	}
	buf_clear(&p->name);
	buf_add(&p->name, "", 0);
	if (accept(p, '<')) {
		buf_add(&p->name, p->phrase.data, p->phrase.len);
		return read_angle_addr(p);
	}
	angle = find_angle(p);
	if (angle) {
		add_name(p, p->words_at, angle);
		p->at = angle + 1;
		return read_angle_addr(p);
	}
	p->has_domain = true;
	if (!p->are_words && p->phrase.len == 0 && strchr(",;", peek(p)))
		return false; /* there was nothing; NUL, the end, is in that set too */
	read_addr_spec(p);
	return true;
}

/* A semicolon outside a group separates after a whole address, where nothing else can be meant:
 * after a word alone it may belong to a name ("Smith; Ann <a@b>"). */
static void
read_separator(struct parser *p)
{
	if (p->in_group && accept(p, ';'))
		p->in_group = false;
	else if (p->at < p->end && !accept(p, ',') && !(p->has_domain && accept(p, ';')))
		fail(p, p->at, "missing comma");
}

static bool
set_problem(const struct parser *p, struct err *e)
{
	size_t len = (size_t)(p->end - p->problem_at);

	if (len == 0)
		return err_set(e, ERR_MALFORMED, "address list: %s at its end", p->problem);
	if (len > EXCERPT_MAX)
		for (len = EXCERPT_MAX; len > 1 && (p->problem_at[len] & 0xc0) == 0x80;)
			len--; /* not through a character */
	return err_set(e, ERR_MALFORMED, "address list: %s at '%.*s'", p->problem, (int)len,
		       p->problem_at);
}

static bool
take_all(struct parser *p, address_take take, void *ctx, struct err *e)
{
	while (p->at < p->end) {
		const bool found = read_item(p);

		read_separator(p);
		if (p->problem)
			return set_problem(p, e);
		if (found && !take(ctx, &(struct address){p->addr.data, p->name.data}, e))
			return false;
	}
	return true;
}

bool
address_list(const char *body, size_t n, address_take take, void *ctx, struct err *e)
{
	struct parser p = {.at = body, .end = n > 0 ? body + n : body};
	const char *const nul = n > 0 ? memchr(body, '\0', n) : NULL;
	bool ok;

	if (nul)
		return err_set(e, ERR_MALFORMED, "address list: NUL byte at offset %zu",
			       (size_t)(nul - body));
	ok = take_all(&p, take, ctx, e);
	buf_free(&p.phrase);
	buf_free(&p.local);
	buf_free(&p.name);
	buf_free(&p.addr);
	return ok;
}

/* Words, and the null address after them or not. */
static bool
read_all_words(struct parser *p)
{
	read_words(p);
	if (accept(p, '<')) {
		skip_blanks(p);
		if (!accept(p, '>'))
			return false;
		skip_blanks(p);
	}
	return p->at == p->end && !p->problem;
}

bool
address_words(const char *body, size_t n, char **words)
{
	struct parser p = {.at = body, .end = n > 0 ? body + n : body};
	struct buf decoded = {0};
	bool ok = n == 0 || !memchr(body, '\0', n);

	ok = ok && read_all_words(&p);
	if (ok)
		encoded_word_decode(&decoded, p.phrase.data, p.phrase.len);
	ok = ok && !memchr(decoded.data, '@', decoded.len);
	if (ok)
		*words = mem_strdup(p.phrase.data);
	buf_free(&decoded);
	buf_free(&p.phrase);
	buf_free(&p.local);
	return ok;
}
