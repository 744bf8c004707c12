/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_parse.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

enum state {
	BETWEEN, /* before a token */
	ATOM,
	QUOTED,
	ESCAPED,      /* in a quoted string, after a backslash */
	TILDE,        /* of ~{SIZE}, RFC 3516 section 4.1; or an atom's first byte */
	LITERAL_SIZE, /* after the { */
	LITERAL_PLUS, /* after the + of {SIZE+} */
	LITERAL_END,  /* after the } */
	LITERAL_LF,
	OCTETS,
	AFTER_STRING, /* a string has ended: a delimiter must follow */
	AFTER_OCTETS, /* likewise a literal: an empty line may come before it */
	EMPTY_LINE_LF,
	AFTER_EMPTY_LINE,
	TEXT,
	END_LF, /* after the CR at the end of a response */
	BROKEN,
	STATES
};

/* The bytes in hand. */
struct window {
	const char *at;
	const char *end;
	struct imap_token *token;
};

static enum imap_kind
emit(struct imap_parse *p, struct window *w, enum imap_kind kind)
{
	w->token->kind = kind;
	if (kind != TOKEN_END && ++p->tokens > IMAP_TOKENS_MAX) {
		p->state = BROKEN;
		w->token->text = "a response without end";
		return w->token->kind = TOKEN_BAD;
	}
	return kind;
}

static enum imap_kind
bad(struct imap_parse *p, struct window *w, const char *why)
{
	p->state = BROKEN;
	w->token->text = why;
	w->token->len = strlen(why);
	return w->token->kind = TOKEN_BAD;
}

/* Ends the token: the bytes from START in the window follow the bytes held. Nothing is copied if
 * the token came in one piece. */
static enum imap_kind
emit_text(struct imap_parse *p, struct window *w, const char *start, enum imap_kind kind,
	  enum state next)
{
	const size_t len = (size_t)(w->at - start);

	p->state = (int)next;
	if (p->held.len + len > IMAP_TOKEN_MAX)
		return bad(p, w, "a word without end");
	if (p->held.len > 0) {
		buf_add(&p->held, start, len);
		p->is_spent = true;
		start = p->held.data;
	}
	w->token->text = start;
	w->token->len = p->held.len > 0 ? p->held.len : len;
	return emit(p, w, kind);
}

/* The window ends within the token. */
static enum imap_kind
hold(struct imap_parse *p, struct window *w, const char *start)
{
	buf_add(&p->held, start, (size_t)(w->at - start));
	return p->held.len > IMAP_TOKEN_MAX ? bad(p, w, "a word without end") : TOKEN_MORE;
}

static enum imap_kind
end_response(struct imap_parse *p, struct window *w)
{
	if (p->depth > 0)
		return bad(p, w, "a line that ends within a list");
	p->state = BETWEEN;
	p->tokens = 0;
	p->is_fetch = p->wants_name = false;
	return emit(p, w, TOKEN_END);
}

static enum imap_kind
open_list(struct imap_parse *p, struct window *w)
{
	if (++p->depth > IMAP_DEPTH_MAX)
		return bad(p, w, "too many lists in lists");
	return emit(p, w, TOKEN_OPEN);
}

static enum imap_kind
close_list(struct imap_parse *p, struct window *w)
{
	if (p->depth == 0)
		return bad(p, w, "a ) without its (");
	p->depth--;
	p->state = AFTER_STRING;
	return emit(p, w, TOKEN_CLOSE);
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static enum imap_kind
go_to(struct imap_parse *p, struct window *w, enum state next, size_t used)
{
	p->state = (int)next;
	w->at += used;
	return TOKEN_MORE;
}

/* After imap_parse_name(): is it neither a string nor the end of the line? */
static bool
is_bare_name(struct imap_parse *p, char first)
{
	const bool was_wanted = p->wants_name;

	p->wants_name = false;
	return was_wanted && !strchr("\"{~\r\n", first);
}

static enum imap_kind
between(struct imap_parse *p, struct window *w)
{
	if (p->is_spent)
		buf_clear(&p->held);
	p->is_spent = false;
	while (w->at < w->end && *w->at == ' ')
		w->at++;
	if (w->at == w->end)
		return TOKEN_MORE;
	if (p->wants_text || is_bare_name(p, *w->at))
		return go_to(p, w, TEXT, 0);
	switch (*w->at) {
	case '(':
		w->at++;
		return open_list(p, w);
	case ')':
		w->at++;
		return close_list(p, w);
	case '\r':
		return go_to(p, w, END_LF, 1);
	case '\n':
		w->at++;
		return end_response(p, w);
	case '"':
		return go_to(p, w, QUOTED, 1);
	case '~':
		return go_to(p, w, TILDE, 1);
	case '{':
		p->left = 0;
		p->has_digit = false;
		return go_to(p, w, LITERAL_SIZE, 1);
	default:
		return go_to(p, w, ATOM, 0);
	}
}

/* Only these items of a FETCH response have a section in brackets, in which blanks and lists are
 * part of the word (RFC 9051 section 7.5.2, RFC 3516). A flag or a folder's name may just hold a
 * bracket. */
static bool
may_have_section(const struct imap_parse *p, const char *start, const char *at)
{
	static const char *const items[] = {"BODY", "BINARY", "BINARY.SIZE"};
	const size_t len = p->held.len + (size_t)(at - start);
	char word[16];

	if (!p->is_fetch || p->depth != 1 || len >= sizeof word)
		return false;
	if (p->held.len > 0)
		memcpy(word, p->held.data, p->held.len);
	memcpy(word + p->held.len, start, (size_t)(at - start));
	for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
		if (text_equal_n(word, len, items[i]))
			return true;
	return false;
}

/* "* 7 FETCH": the third word. */
static void
note_fetch(struct imap_parse *p, const struct imap_token *t)
{
	enum { THIRD = 3 };

	if (p->tokens == THIRD && p->depth == 0)
		p->is_fetch = imap_is(t, "FETCH");
}

static enum imap_kind
end_atom(struct imap_parse *p, struct window *w, const char *start)
{
	const enum imap_kind kind = emit_text(p, w, start, TOKEN_ATOM, BETWEEN);

	note_fetch(p, w->token);
	return kind;
}

/* For each character of a listing: strchr(3) would take a good part of its time. */
static bool
ends_atom(char c)
{
	return c == ' ' || c == '(' || c == ')' || c == '\r' || c == '\n';
}

/* A control character is none of an atom's, and harms nobody in a flag that is only shown. */
static enum imap_kind
atom(struct imap_parse *p, struct window *w)
{
	const char *start = w->at;

	for (; w->at < w->end; w->at++) {
		const char c = *w->at;

		if (c == '[' && may_have_section(p, start, w->at))
			p->in_section = true;
		else if (c == ']')
			p->in_section = false;
		else if (c == '\0' || (is_control(c) && p->in_section))
			return bad(p, w, "a control character in a word");
		else if (!p->in_section && ends_atom(c))
			return end_atom(p, w, start);
	}
	return hold(p, w, start);
}

static enum imap_kind
tilde(struct imap_parse *p, struct window *w)
{
	if (*w->at == '{')
		return go_to(p, w, BETWEEN, 0);
	buf_add_char(&p->held, '~');
	return go_to(p, w, ATOM, 0);
}

/* Collected always: they are short, or have backslashes. */
static enum imap_kind
quoted(struct imap_parse *p, struct window *w)
{
	const char *start = w->at;

	for (; w->at < w->end; w->at++) {
		if (*w->at == '\r' || *w->at == '\n' || *w->at == '\0')
			return bad(p, w, "a quoted string without end");
		if (*w->at != '"' && *w->at != '\\')
			continue;
		if (hold(p, w, start) == TOKEN_BAD)
			return TOKEN_BAD;
		if (*w->at++ == '\\')
			return go_to(p, w, ESCAPED, 0);
		start = w->at;
		buf_add(&p->held, "", 0);
		p->is_spent = true;
		w->token->text = p->held.data;
		w->token->len = p->held.len;
		p->state = AFTER_STRING;
		return emit(p, w, TOKEN_QUOTED);
	}
	return hold(p, w, start);
}

static enum imap_kind
escaped(struct imap_parse *p, struct window *w)
{
	if (*w->at == '\r' || *w->at == '\n' || *w->at == '\0')
		return bad(p, w, "a quoted string without end");
	buf_add(&p->held, w->at, 1);
	return go_to(p, w, QUOTED, 1);
}

static enum imap_kind
literal_size(struct imap_parse *p, struct window *w)
{
	const char c = *w->at;

	if (c >= '0' && c <= '9') {
		if (p->left > (INT64_MAX - 9) / 10)
			return bad(p, w, "a literal of impossible size");
		p->left = p->left * 10 + (uint64_t)(c - '0');
		p->has_digit = true;
		return go_to(p, w, LITERAL_SIZE, 1);
	}
	if (!p->has_digit || (c != '}' && c != '+'))
		return bad(p, w, "a literal without a size");
	return go_to(p, w, c == '}' ? LITERAL_END : LITERAL_PLUS, 1);
}

static enum imap_kind
literal_plus(struct imap_parse *p, struct window *w)
{
	if (*w->at != '}')
		return bad(p, w, "a literal without a size");
	return go_to(p, w, LITERAL_END, 1);
}

static enum imap_kind
literal_lf(struct imap_parse *p, struct window *w)
{
	if (*w->at != '\n')
		return bad(p, w, "a literal that does not begin a line");
	w->at++;
	p->state = p->left > 0 ? OCTETS : AFTER_STRING;
	w->token->size = p->left;
	return emit(p, w, TOKEN_LITERAL);
}

static enum imap_kind
literal_end(struct imap_parse *p, struct window *w)
{
	return *w->at == '\r' ? go_to(p, w, LITERAL_LF, 1) : literal_lf(p, w);
}

static enum imap_kind
octets(struct imap_parse *p, struct window *w)
{
	const size_t there = (size_t)(w->end - w->at);
	const size_t take = there < p->left ? there : (size_t)p->left;

	w->token->text = w->at;
	w->token->len = take;
	w->at += take;
	p->left -= take;
	p->state = p->left > 0 ? OCTETS : AFTER_OCTETS;
	w->token->kind = TOKEN_OCTETS;
	return TOKEN_OCTETS;
}

/* A literal that was longer or shorter than announced is mostly detected by this check. */
static enum imap_kind
after_string(struct imap_parse *p, struct window *w)
{
	if (!strchr(" ()\r\n", *w->at) || *w->at == '\0')
		return bad(p, w, "a string that runs into what follows");
	return go_to(p, w, BETWEEN, 0);
}

/*
 * Some servers end the text of a message with an empty line that the literal's size does not count.
 * It is skipped only if the list goes on or ends right after it: any other text may belong to the
 * message.
 */
static enum imap_kind
after_octets(struct imap_parse *p, struct window *w)
{
	if (p->depth > 0 && *w->at == '\r')
		return go_to(p, w, EMPTY_LINE_LF, 1);
	if (p->depth > 0 && *w->at == '\n')
		return go_to(p, w, AFTER_EMPTY_LINE, 1);
	return go_to(p, w, AFTER_STRING, 0);
}

static enum imap_kind
empty_line_lf(struct imap_parse *p, struct window *w)
{
	if (*w->at != '\n')
		return bad(p, w, "a CR without LF");
	return go_to(p, w, AFTER_EMPTY_LINE, 1);
}

static enum imap_kind
after_empty_line(struct imap_parse *p, struct window *w)
{
	if (*w->at != ')' && *w->at != ' ')
		return bad(p, w, "a line that ends within a list");
	return go_to(p, w, BETWEEN, 0);
}

static enum imap_kind
text(struct imap_parse *p, struct window *w)
{
	const char *start = w->at;

	for (; w->at < w->end; w->at++) {
		if (*w->at == '\0')
			return bad(p, w, "a line with a NUL in it");
		if (*w->at == '\r' || *w->at == '\n') {
			p->wants_text = false;
			return emit_text(p, w, start, TOKEN_TEXT, BETWEEN);
		}
	}
	return hold(p, w, start);
}

static enum imap_kind
end_lf(struct imap_parse *p, struct window *w)
{
	if (*w->at != '\n')
		return bad(p, w, "a CR without LF");
	w->at++;
	return end_response(p, w);
}

static enum imap_kind
broken(struct imap_parse *p, struct window *w)
{
	return bad(p, w, "what follows no IMAP");
}

enum imap_kind
imap_parse(struct imap_parse *p, const char *bytes, size_t n, size_t *used, struct imap_token *t)
{
	static enum imap_kind (*const steps[STATES])(struct imap_parse *, struct window *) = {
	    [BETWEEN] = between,
	    [ATOM] = atom,
	    [QUOTED] = quoted,
	    [ESCAPED] = escaped,
	    [TILDE] = tilde,
	    [LITERAL_SIZE] = literal_size,
	    [LITERAL_PLUS] = literal_plus,
	    [LITERAL_END] = literal_end,
	    [LITERAL_LF] = literal_lf,
	    [OCTETS] = octets,
	    [AFTER_STRING] = after_string,
	    [AFTER_OCTETS] = after_octets,
	    [EMPTY_LINE_LF] = empty_line_lf,
	    [AFTER_EMPTY_LINE] = after_empty_line,
	    [TEXT] = text,
	    [END_LF] = end_lf,
	    [BROKEN] = broken,
	};
	struct window w = {.at = bytes, .end = bytes + n, .token = t};
	enum imap_kind kind = TOKEN_MORE;

	*t = (struct imap_token){.text = ""};
	while (kind == TOKEN_MORE && w.at < w.end)
		kind = steps[p->state](p, &w);
	*used = (size_t)(w.at - bytes);
	return kind;
}

void
imap_parse_text(struct imap_parse *p)
{
	p->wants_text = true;
}

void
imap_parse_name(struct imap_parse *p)
{
	p->wants_name = true;
}

void
imap_parse_free(struct imap_parse *p)
{
	buf_free(&p->held);
	*p = (struct imap_parse){0};
}

bool
imap_is(const struct imap_token *t, const char *atom)
{
	return t->kind == TOKEN_ATOM && text_equal_n(t->text, t->len, atom);
}

bool
imap_number64(const struct imap_token *t, uint64_t *n)
{
	return t->kind == TOKEN_ATOM && text_number_n(t->text, t->len, INT64_MAX, n);
}

bool
imap_number(const struct imap_token *t, uint32_t *n)
{
	uint64_t number;

	if (!imap_number64(t, &number) || number > UINT32_MAX)
		return false;
	*n = (uint32_t)number;
	return true;
}
