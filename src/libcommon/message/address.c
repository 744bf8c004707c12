/* SPDX-License-Identifier: ISC */
#include "message/address.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/encoded_word.h"

#define EXCERPT_MAX 40

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

/* RFC 5322 section 3.2.3, and the bytes of UTF-8 (RFC 6532 section 3.2). */
static bool
is_atext(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr("()<>[]:;@\\,.\"", c);
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Let-dig and Ldh-str of RFC 5321 section 4.1.2, U-labels of RFC 6531, and the underscore of hosts
 * that are so called. */
static bool
is_domain_char(char c)
{
	return is_alnum(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

/* The characters of address literals for IPv4 and IPv6: no other kind is in use. */
static bool
is_literal_char(char c)
{
	return is_alnum(c) || c == '.' || c == ':' || c == '-';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
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
		if (is_blank(peek(p)))
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

	while (is_atext(peek(p)))
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
		const bool word = peek(p) == '"' || is_atext(peek(p));

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
	for (p->at++; is_literal_char(peek(p)) || is_blank(peek(p)); p->at++)
		if (!is_blank(*p->at))
			buf_add_char(&p->addr, *p->at);
	if (!accept(p, ']'))
		fail(p, start, "domain literal without end");
	buf_add_char(&p->addr, ']');
}

/* Behind the @: adds the domain to the address. */
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

		while (is_domain_char(peek(p)))
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

/* The length of the atoms at S with single dots between them, made of what IS says; 0: not so. */
static size_t
dot_string_len(const char *s, bool (*is)(char))
{
	for (size_t len = 0;; len++) {
		const size_t atom = len;

		while (is(s[len]))
			len++;
		if (len == atom)
			return 0;
		if (s[len] != '.')
			return len;
	}
}

static void
put_local(struct buf *addr, const char *local)
{
	const size_t len = dot_string_len(local, is_atext);

	if (len > 0 && local[len] == '\0') {
		buf_add(addr, local, len);
		return;
	}
	buf_add_char(addr, '"');
	for (; *local; local++) {
		if (*local == '"' || *local == '\\')
			buf_add_char(addr, '\\');
		buf_add_char(addr, *local);
	}
	buf_add_char(addr, '"');
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
	put_local(&p->addr, p->local.data);
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
	while (end > text && is_blank(end[-1]))
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

/* text_printable() lets pass what a line of text may hold: no controls, valid UTF-8. */
static bool
is_printable(const char *s, size_t n)
{
	struct buf shown = {0};
	bool same;

	text_printable(&shown, s, n);
	same = shown.len == n;
	buf_free(&shown);
	return same;
}

/* The length of the quoted-string at S, with its quotes; 0: it does not end. */
static size_t
quoted_string_len(const char *s)
{
	for (size_t len = 1; s[len]; len++) {
		if (s[len] == '"')
			return len + 1;
		if (s[len] == '\\' && s[++len] == '\0')
			break;
	}
	return 0;
}

/* The length of the address literal at S, with its brackets; 0: it is none. */
static size_t
literal_len(const char *s)
{
	size_t len = 1;

	while (is_literal_char(s[len]))
		len++;
	return len > 1 && s[len] == ']' ? len + 1 : 0;
}

bool
address_is_valid(const char *addr)
{
	const size_t n = strnlen(addr, ADDRESS_MAX + 1);
	const char *domain;
	size_t len;

	if (n > ADDRESS_MAX || !is_printable(addr, n))
		return false;
	len = *addr == '"' ? quoted_string_len(addr) : dot_string_len(addr, is_atext);
	if (len == 0 || addr[len] == '\0')
		return len > 0;
	domain = addr + len + 1;
	if (addr[len] != '@')
		return false;
	len = *domain == '[' ? literal_len(domain) : dot_string_len(domain, is_domain_char);
	return len > 0 && domain[len] == '\0';
}

const char *
address_domain(const char *addr)
{
	const char *domain = NULL;
	bool quoted = false;

	for (const char *s = addr; *s; s++) {
		if (quoted && *s == '\\' && s[1])
			s++;
		else if (*s == '"')
			quoted = !quoted;
		else if (*s == '@' && !quoted)
			domain = s + 1;
	}
	return domain && *domain ? domain : NULL;
}

/* Adds the local part without its quotes. */
static void
add_plain_local(struct buf *out, const char *addr)
{
	const char *domain = address_domain(addr);
	const char *end = domain ? domain - 1 : addr + strlen(addr);
	const bool is_quoted = *addr == '"';

	for (addr += is_quoted, end -= is_quoted; addr < end; addr++) {
		if (is_quoted && *addr == '\\')
			addr++;
		buf_add_char(out, *addr);
	}
}

void
address_add_verp(struct buf *out, const char *sender, const char *recipient)
{
	const char *domain = address_domain(sender), *of = address_domain(recipient);
	struct buf local = {0};

	add_plain_local(&local, sender);
	buf_add_char(&local, '+');
	add_plain_local(&local, recipient);
	if (of)
		buf_addf(&local, "=%s", of);
	put_local(out, local.data);
	if (domain)
		buf_addf(out, "@%s", domain);
	buf_free(&local);
}

bool
address_is_ascii(const char *addr)
{
	while (*addr && (unsigned char)*addr < 0x80)
		addr++;
	return *addr == '\0';
}

bool
address_equal(const char *a, const char *b)
{
	const char *const domain_a = address_domain(a);
	const char *const domain_b = address_domain(b);

	if (!domain_a || !domain_b)
		return !domain_a && !domain_b && strcmp(a, b) == 0;
	return text_equal_case(domain_a, domain_b) && domain_a - a == domain_b - b &&
	       memcmp(a, b, (size_t)(domain_a - a)) == 0;
}
