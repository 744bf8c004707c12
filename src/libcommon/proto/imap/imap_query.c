/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_query.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/date.h"
#include "proto/imap/imap_name.h"

enum kind { FLAG, TEXT, DAY, SIZE };

/* Table order is that of the error that lists them. */
static const struct key {
	const char *word;
	const char *imap;
	enum kind kind;
} keys[] = {
    {"from", "FROM", TEXT},
    {"to", "TO", TEXT},
    {"cc", "CC", TEXT},
    {"bcc", "BCC", TEXT},
    {"subject", "SUBJECT", TEXT},
    {"body", "BODY", TEXT},
    {"text", "TEXT", TEXT},
    {"message-id", "HEADER Message-ID", TEXT},
    {"since", "SINCE", DAY},
    {"before", "BEFORE", DAY},
    {"on", "ON", DAY},
    {"sent-since", "SENTSINCE", DAY},
    {"sent-before", "SENTBEFORE", DAY},
    {"sent-on", "SENTON", DAY},
    {"larger", "LARGER", SIZE},
    {"smaller", "SMALLER", SIZE},
    {"seen", "SEEN", FLAG},
    {"unseen", "UNSEEN", FLAG},
    {"flagged", "FLAGGED", FLAG},
    {"unflagged", "UNFLAGGED", FLAG},
    {"answered", "ANSWERED", FLAG},
    {"unanswered", "UNANSWERED", FLAG},
    {"deleted", "DELETED", FLAG},
    {"undeleted", "UNDELETED", FLAG},
    {"draft", "DRAFT", FLAG},
    {"undraft", "UNDRAFT", FLAG},
};

enum { KEYS = sizeof keys / sizeof keys[0] };

enum token_kind { KEY, NOT, OR, OPEN, CLOSE };

struct token {
	enum token_kind kind;
	const struct key *key; /* of a KEY */
	struct buf value;      /* of a KEY, as IMAP has it, but not quoted yet */
};

struct reader {
	const char *at; /* in the query */
	time_t now;
	struct token *tokens;
	size_t count;
	/* what is written: */
	struct imap_query *search;
	struct buf text; /* of the next piece */
	bool is_utf8;
};

/* The query, word by word. */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static const struct key *
find_key(const char *word, size_t len)
{
	for (size_t i = 0; i < KEYS; i++)
		if (text_equal_n(word, len, keys[i].word))
			return &keys[i];
	return NULL;
}

static bool
unknown(const char *word, size_t len, struct err *e)
{
	struct buf known = {0};

	for (size_t i = 0; i < KEYS; i++)
		buf_addf(&known, "%s%s%s", i ? " " : "", keys[i].word,
			 keys[i].kind == FLAG ? "" : ":");
	err_set(e, ERR_USAGE, "--search: '%.*s' is not one of %s or not", (int)len, word,
		known.data);
	if (text_equal_n(word, len, "new"))
		err_hint(e, "`new` is an operand: --search=unseen new");
	else if (word[0] != '"' && word[len] != ':')
		err_hint(e, "text:%.*s is in the header or the body", (int)len, word);
	buf_free(&known);
	return false;
}

/* The value is in double quotes; `at` is after the first. */
static bool
read_quoted(struct reader *r, struct buf *value, struct err *e)
{
	const char *const start = r->at;

	for (; *r->at != '"'; r->at++) {
		if (*r->at == '\\' && (r->at[1] == '"' || r->at[1] == '\\'))
			r->at++;
		if (*r->at == '\0')
			return err_set(e, ERR_USAGE, "--search: no \" ends \"%s", start);
		buf_add_char(value, *r->at);
	}
	r->at++;
	if (*r->at && !is_blank(*r->at) && *r->at != ')')
		return err_set(e, ERR_USAGE, "--search: a blank is missing before '%s'", r->at);
	return true;
}

static size_t
word_length(const char *s)
{
	return strcspn(s, " \t\n()");
}

static bool
read_value(struct reader *r, struct buf *value, struct err *e)
{
	const size_t len = word_length(r->at);

	buf_add_str(value, "");
	if (*r->at == '"') {
		r->at++;
		return read_quoted(r, value, e);
	}
	buf_add(value, r->at, len);
	r->at += len;
	return true;
}

/* The value in IMAP's form. */

static bool
check_text(struct buf *value, const char *word, struct err *e)
{
	for (size_t i = 0, len; i < value->len; i += len) {
		len = text_utf8_length(value->data + i, value->len - i);
		if (len == 0)
			return err_set(e, ERR_USAGE, "--search: %s:%s is not in UTF-8", word,
				       value->data);
		if (len == 1 && ((unsigned char)value->data[i] < 0x20 || value->data[i] == 0x7f))
			return err_set(e, ERR_USAGE, "--search: %s: has a control character", word);
	}
	return true;
}

/* 2026-01-31 */
static bool
parse_date(const char *text, struct tm *day)
{
	static const char form[] = "dddd-dd-dd";

	if (strlen(text) != strlen(form))
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9')
			return false;
	day->tm_year = atoi(text) - 1900;
	day->tm_mon = atoi(text + 5) - 1;
	day->tm_mday = atoi(text + 8);
	return date_is_day(day->tm_year + 1900, day->tm_mon + 1, day->tm_mday);
}

static bool
parse_day(const char *text, time_t now, struct tm *day)
{
	uint64_t ago;

	if (text_equal_case(text, "today"))
		text = "0d";
	else if (text_equal_case(text, "yesterday"))
		text = "1d";
	if (!text_age(text, &ago))
		return parse_date(text, day);
	now = ago < (uint64_t)now ? now - (time_t)ago : 0;
	return localtime_r(&now, day) != NULL;
}

static bool
turn_day(struct buf *value, const char *word, time_t now, struct err *e)
{
	struct tm day = {0};

	if (!parse_day(value->data, now, &day))
		return err_set(e, ERR_USAGE,
			       "--search: %s:%s is not a day such as 2026-01-31 or 7d", word,
			       value->data);
	buf_clear(value);
	buf_addf(value, "%d-%s-%04d", day.tm_mday, date_months[day.tm_mon], day.tm_year + 1900);
	return true;
}

/* RFC 3501's numbers have 32 bits. */
static bool
turn_size(struct buf *value, const char *word, struct err *e)
{
	uint64_t octets;

	if (!text_size(value->data, &octets) || octets > UINT32_MAX)
		return err_set(e, ERR_USAGE,
			       "--search: %s:%s is not a size such as 500k or 10M, less than 4G",
			       word, value->data);
	buf_clear(value);
	buf_addf(value, "%" PRIu64, octets);
	return true;
}

static bool
turn_value(const struct reader *r, struct token *t, struct err *e)
{
	if (t->value.len == 0)
		return err_set(e, ERR_USAGE, "--search: nothing follows %s:", t->key->word);
	if (t->key->kind == DAY)
		return turn_day(&t->value, t->key->word, r->now, e);
	if (t->key->kind == SIZE)
		return turn_size(&t->value, t->key->word, e);
	return check_text(&t->value, t->key->word, e);
}

static struct token *
add_token(struct reader *r, enum token_kind kind)
{
	if (r->count % 16 == 0)
		r->tokens = mem_grow(r->tokens, r->count + 16, sizeof *r->tokens);
	r->tokens[r->count] = (struct token){.kind = kind};
	return &r->tokens[r->count++];
}

static bool
read_key(struct reader *r, struct err *e)
{
	const size_t word = word_length(r->at), len = strcspn(r->at, ": \t\n()\"");
	const struct key *key = find_key(r->at, len);
	struct token *t;

	if (!key || (r->at[len] == ':') != (key->kind != FLAG) || r->at[len] == '"') {
		if (key && key->kind != FLAG)
			return err_set(e, ERR_USAGE, "--search: %s wants a value, %s:VALUE",
				       key->word, key->word);
		return unknown(r->at, key || len == 0 ? word : len, e);
	}
	t = add_token(r, KEY);
	t->key = key;
	r->at += len;
	if (key->kind == FLAG)
		return true;
	r->at++;
	return read_value(r, &t->value, e) && turn_value(r, t, e);
}

static bool
read_word(struct reader *r, struct err *e)
{
	static const struct {
		const char *word;
		enum token_kind kind;
	} operators[] = {{"or", OR}, {"not", NOT}};
	static const char marks[] = "-()";
	static const enum token_kind mark_kinds[] = {NOT, OPEN, CLOSE};
	const char *mark = strchr(marks, *r->at);

	if (mark) {
		add_token(r, mark_kinds[mark - marks]);
		r->at++;
		return true;
	}
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
		if (text_equal_n(r->at, word_length(r->at), operators[i].word)) {
			add_token(r, operators[i].kind);
			r->at += strlen(operators[i].word);
			return true;
		}
	return read_key(r, e);
}

static bool
read_words(struct reader *r, struct err *e)
{
	for (r->at += strspn(r->at, " \t\n"); *r->at; r->at += strspn(r->at, " \t\n")) {
		if (r->count == IMAP_QUERY_WORDS_MAX)
			return err_set(e, ERR_USAGE, "--search: more than %d words",
				       IMAP_QUERY_WORDS_MAX);
		if (!read_word(r, e))
			return false;
	}
	return r->count > 0 || err_set(e, ERR_USAGE, "--search: an empty query");
}

/* The program. */

static void
end_piece(struct reader *r, bool is_literal)
{
	struct imap_query *s = r->search;

	if (r->text.len == 0)
		return;
	s->pieces = mem_room(s->pieces, s->count, sizeof *s->pieces);
	s->pieces[s->count] = (struct imap_piece){.is_literal = is_literal, .len = r->text.len};
	s->pieces[s->count++].bytes = buf_take(&r->text);
}

static void
put_string(struct reader *r, const struct buf *value)
{
	if (imap_string_add(&r->text, value->data, value->len, r->is_utf8) != IMAP_AS_LITERAL)
		return;
	end_piece(r, false);
	buf_add(&r->text, value->data, value->len);
	end_piece(r, true);
}

static void
put_key(struct reader *r, const struct token *t)
{
	buf_add_str(&r->text, t->key->imap);
	if (t->key->kind == FLAG)
		return;
	buf_add_char(&r->text, ' ');
	if (t->key->kind == TEXT)
		put_string(r, &t->value);
	else
		buf_add(&r->text, t->value.data, t->value.len);
}

/* The end of the word at FROM, which may be a group; TO where its end is missing. */
static size_t
term_end(const struct reader *r, size_t from, size_t to)
{
	size_t depth = 0;

	for (size_t i = from; i < to; i++) {
		const enum token_kind kind = r->tokens[i].kind;

		depth += kind == OPEN;
		if (kind == CLOSE && depth > 0)
			depth--;
		if (depth == 0 && kind != NOT)
			return i + 1;
	}
	return to;
}

static bool put_query(struct reader *r, size_t from, size_t to, struct err *e);

/* One word, with all the nots before it. */
static bool
put_term(struct reader *r, size_t from, size_t to, struct err *e)
{
	bool is_not = false;

	for (; from < to && r->tokens[from].kind == NOT; from++)
		is_not = !is_not;
	if (from == to || r->tokens[from].kind == OR)
		return err_set(e, ERR_USAGE, "--search: nothing follows 'not'");
	if (r->tokens[from].kind == CLOSE)
		return err_set(e, ERR_USAGE, "--search: no ( before the )");
	if (is_not)
		buf_add_str(&r->text, "NOT ");
	if (r->tokens[from].kind == KEY) {
		put_key(r, &r->tokens[from]);
		return true;
	}
	if (r->tokens[to - 1].kind != CLOSE || to - from < 2)
		return err_set(e, ERR_USAGE, "--search: the ( has no )");
	buf_add_char(&r->text, '(');
	if (!put_query(r, from + 1, to - 1, e))
		return false;
	buf_add_char(&r->text, ')');
	return true;
}

/* Words that must all hold. */
static bool
put_terms(struct reader *r, size_t from, size_t to, struct err *e)
{
	if (from == to)
		return err_set(e, ERR_USAGE, "--search: nothing %s",
			       r->count == to ? "follows 'or'"
					      : "in the parentheses or beside 'or'");
	for (size_t end; from < to; from = end) {
		end = term_end(r, from, to);
		if (!put_term(r, from, end, e))
			return false;
		if (end < to)
			buf_add_char(&r->text, ' ');
	}
	return true;
}

/* A side of OR is one search key: several want parentheses. */
static bool
put_side(struct reader *r, size_t from, size_t to, struct err *e)
{
	const bool is_one = from < to && term_end(r, from, to) == to;

	if (is_one)
		return put_terms(r, from, to, e);
	buf_add_char(&r->text, '(');
	if (!put_terms(r, from, to, e))
		return false;
	buf_add_char(&r->text, ')');
	return true;
}

/* The first `or` that is in no group; TO: there is none. */
static size_t
find_or(const struct reader *r, size_t from, size_t to)
{
	while (from < to && r->tokens[from].kind != OR)
		from = term_end(r, from, to);
	return from;
}

/* a or b or c: OR a OR b c. */
static bool
put_query(struct reader *r, size_t from, size_t to, struct err *e)
{
	size_t or = find_or(r, from, to);

	if (or == to)
		return put_terms(r, from, to, e);
	for (; or < to; or = find_or(r, from, to)) {
		buf_add_str(&r->text, "OR ");
		if (!put_side(r, from, or, e))
			return false;
		buf_add_char(&r->text, ' ');
		from = or +1;
	}
	return put_side(r, from, to, e);
}

static void
put_charset(struct reader *r)
{
	for (size_t i = 0; i < r->count && !r->is_utf8; i++)
		if (text_has_8bit(r->tokens[i].value.data, r->tokens[i].value.len)) {
			buf_add_str(&r->text, "CHARSET UTF-8 ");
			return;
		}
}

bool
imap_query_parse(struct imap_query *s, const char *query, time_t now, bool is_utf8, struct err *e)
{
	struct reader r = {.at = query, .now = now, .search = s, .is_utf8 = is_utf8};
	bool ok;

	*s = (struct imap_query){0};
	ok = read_words(&r, e);
	if (ok) {
		put_charset(&r);
		ok = put_query(&r, 0, r.count, e);
	}
	if (ok)
		end_piece(&r, false);
	else
		imap_query_free(s);
	for (size_t i = 0; i < r.count; i++)
		buf_free(&r.tokens[i].value);
	free(r.tokens);
	buf_free(&r.text);
	return ok;
}

void
imap_query_free(struct imap_query *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->pieces[i].bytes);
	free(s->pieces);
	*s = (struct imap_query){0};
}
