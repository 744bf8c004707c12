/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_talk.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/trace.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_refusal.h"

enum {
	UNTAKEN_MAX = 1000 * 1000, /* untagged responses in one answer that nobody asked for */
	SHOWN_MAX = 2000,          /* bytes of a line in the trace */
	LITERAL_AHEAD_MAX = 4096,
	ALERTS_MAX = 8192, /* bytes of what a server wants the user to see, in a session */
	SAID_MAX = 32 * 1024 * 1024, /* bytes of one answer that are no text of ours, */
	SAID_PER_MESSAGE = 1024,     /* and so many more for each of the folder's messages, */
	SAID_MESSAGES_MAX = 10 * 1000 * 1000 /* of which there are no more */
};

static const char endless[] = "the server talks without end";

static const struct {
	const char *word;
	unsigned means;
} capabilities[] = {
    {"IMAP4rev1", IMAP_REV1},
    {"IMAP4rev2", IMAP_REV2},
    {"STARTTLS", IMAP_STARTTLS},
    {"LOGINDISABLED", IMAP_LOGINDISABLED},
    {"SASL-IR", IMAP_SASL_IR},
    {"ID", IMAP_ID},
    {"UIDPLUS", IMAP_UIDPLUS},
    {"UTF8=ONLY", IMAP_UTF8_ONLY},
    {"STATUS=SIZE", IMAP_STATUS_SIZE},
    {"LITERAL+", IMAP_LITERAL_PLUS},
    {"LITERAL-", IMAP_LITERAL_PLUS},
    {"COMPRESS=DEFLATE", IMAP_COMPRESS},
    {"IDLE", IMAP_IDLE},
    {"MOVE", IMAP_MOVE},
    {"SPECIAL-USE", IMAP_SPECIAL_USE},
    {"NAMESPACE", IMAP_NAMESPACE},
    {"LIST-EXTENDED", IMAP_LIST_EXTENDED},
    {"LIST-STATUS", IMAP_LIST_STATUS},
};

/* Extensions that are part of IMAP4rev2 (RFC 9051 appendix E). A server that speaks both revisions
 * and was not asked to ENABLE the second names those that it has. */
enum {
	IN_REV2 = IMAP_SASL_IR | IMAP_UIDPLUS | IMAP_STATUS_SIZE | IMAP_LITERAL_PLUS | IMAP_IDLE |
		  IMAP_MOVE | IMAP_LIST_EXTENDED | IMAP_LIST_STATUS | IMAP_NAMESPACE
};

void
imap_take_tag(struct imap *c, char tag[static 16])
{
	snprintf(tag, 16, "a%u", ++c->asked);
}

void
imap_ask(struct imap *c, const char *fmt, ...)
{
	char tag[16], *command;
	struct buf text = {0};
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	command = buf_reserve(&text, len > 0 ? (size_t)len : 0);
	va_start(ap, fmt);
	vsnprintf(command, (len > 0 ? (size_t)len : 0) + 1, fmt, ap);
	va_end(ap);
	imap_take_tag(c, tag);
	dialog_ask(c->dialog, "%s %s", tag, command);
	buf_free(&text);
}

void
imap_ask_secret(struct imap *c, const char *text, const char *secret)
{
	char tag[16], *prefix;

	imap_take_tag(c, tag);
	prefix = mem_printf("%s %s", tag, text);
	dialog_ask_secret(c->dialog, prefix, secret);
	free(prefix);
}

/* Errors. */

bool
imap_complain(struct imap *c, enum err_code code, const char *what, struct err *e)
{
	return err_set(e, code, "%s: %s", stream_name(c->stream), what);
}

bool
imap_breach(struct imap *c, const char *what)
{
	stream_fail(c->stream, ERR_PROTOCOL, "no IMAP: %s", what);
	return false;
}

void
imap_notice_signal(struct imap *c)
{
	if (stop_signal() != 0)
		stream_fail(c->stream, ERR_TEMPORARY, "interrupted");
}

bool
imap_stream_ok(struct imap *c, struct err *e)
{
	if (stream_ok(c->stream, e))
		return true;
	if (c->bye.len > 0 && e->code == ERR_TEMPORARY && stop_signal() == 0)
		imap_refusal_set(e, ERR_TEMPORARY, stream_name(c->stream), c->bye.data);
	return false;
}

/* An alert that is the error itself is not shown beside it. */
static void
drop_alert(struct imap *c)
{
	struct buf *all = &c->alerts;
	struct imap_code code;
	size_t last = all->len;

	imap_code_in(&code, c->words.data);
	if (!imap_code_is(&code, "ALERT") || last == c->alerts_taken)
		return;
	while (--last > c->alerts_taken && all->data[last - 1] != '\n')
		;
	if (all->len - last - 1 == code.words_len &&
	    memcmp(all->data + last, code.words, code.words_len) == 0) {
		all->len = last;
		all->data[last] = '\0';
	}
}

const char *
imap_refusal_words(struct imap *c)
{
	drop_alert(c);
	return c->words.data;
}

bool
imap_refused(struct imap *c, enum err_code otherwise, struct err *e)
{
	return imap_refusal_set(e, otherwise, stream_name(c->stream), imap_refusal_words(c));
}

bool
imap_ok(struct imap *c, enum imap_status status, enum err_code otherwise, struct err *e)
{
	switch (status) {
	case IMAP_OK:
		return true;
	case IMAP_NO:
	case IMAP_BAD:
		return imap_refused(c, otherwise, e);
	case IMAP_CONTINUE:
		imap_breach(c, "the server waits for more of a command that is complete");
		break;
	case IMAP_FAILED:
		break;
	}
	return imap_stream_ok(c, e);
}

/* Tokens. */

/* A literal's octets are no line of the conversation. */
static void
show(struct imap *c, const struct imap_token *t, enum imap_kind kind, const char *bytes, size_t n)
{
	const size_t room = SHOWN_MAX + 1 - c->shown.len;

	if (!trace_wants(TRACE_PROTOCOL))
		return;
	if (kind != TOKEN_OCTETS)
		buf_add(&c->shown, bytes, n < room ? n : room);
	if (kind != TOKEN_END && kind != TOKEN_LITERAL)
		return;
	while (c->shown.len > 0 && strchr("\r\n", c->shown.data[c->shown.len - 1]))
		c->shown.len--;
	dialog_trace_answer(c->dialog, c->shown.data, c->shown.len);
	buf_clear(&c->shown);
	if (kind == TOKEN_LITERAL)
		trace_note(TRACE_PROTOCOL, "%" PRIu64 " octets", t->size);
}

/*
 * Words cost time, and whoever sends them fast enough never runs into a deadline: empty lines,
 * blanks, answers that name nothing, a literal that nobody asked for. Octets are the reader's.
 */
static void
count_said(struct imap *c, enum imap_kind kind, size_t n)
{
	const uint64_t known = (uint64_t)c->exists + c->expunged,
		       messages = known < SAID_MESSAGES_MAX ? known : SAID_MESSAGES_MAX;

	if (kind == TOKEN_MORE || kind == TOKEN_OCTETS)
		imap_notice_signal(c);
	if (kind != TOKEN_OCTETS)
		c->said += n;
	if (c->said > SAID_MAX + messages * SAID_PER_MESSAGE)
		imap_breach(c, endless);
}

/* The next token, of this response or of the next one. False: the stream failed. */
static bool
next(struct imap *c, struct imap_token *t)
{
	enum imap_kind kind = TOKEN_MORE;
	const char *bytes;
	size_t n, used;

	while (kind == TOKEN_MORE && (bytes = stream_block(c->stream, &n))) {
		kind = imap_parse(&c->parse, bytes, n, &used, t);
		show(c, t, kind, bytes, used);
		stream_consume(c->stream, used);
		count_said(c, kind, used);
	}
	c->in_response = kind != TOKEN_END;
	if (kind == TOKEN_BAD)
		imap_breach(c, t->text);
	return kind != TOKEN_MORE && kind != TOKEN_BAD;
}

bool
imap_next(struct imap *c, struct imap_token *t)
{
	return c->in_response && next(c, t) && t->kind != TOKEN_END;
}

void
imap_finish(struct imap *c)
{
	struct imap_token t;

	while (imap_next(c, &t))
		;
}

bool
imap_skip_value(struct imap *c, const struct imap_token *t)
{
	unsigned depth = t->kind == TOKEN_OPEN;
	uint64_t left = t->kind == TOKEN_LITERAL ? t->size : 0;
	struct imap_token next_one;

	while (depth > 0 || left > 0) {
		if (!imap_next(c, &next_one))
			return imap_breach(c, "a value that does not end");
		switch (next_one.kind) {
		case TOKEN_OPEN:
			depth++;
			break;
		case TOKEN_CLOSE:
			depth--;
			break;
		case TOKEN_LITERAL:
			left = next_one.size;
			break;
		case TOKEN_OCTETS:
			left -= next_one.len;
			c->said += next_one.len;
			break;
		default:
			break;
		}
	}
	return true;
}

/* Status responses (RFC 9051 section 7.1). */

/* Keeps the rest of the line after a status word in INTO as "WORD text". */
static bool
read_words(struct imap *c, const char *word, struct buf *into)
{
	struct imap_token t;

	buf_clear(into);
	buf_add_str(into, word);
	imap_parse_text(&c->parse);
	if (!imap_next(c, &t))
		return false;
	if (t.len > 0 && into->len > 0)
		buf_add_char(into, ' ');
	buf_add(into, t.text, t.len);
	imap_finish(c);
	return stream_ok(c->stream, &(struct err){0});
}

void
imap_forget_capabilities(struct imap *c)
{
	c->capabilities = 0;
	c->knows_capabilities = false;
	c->sasl[0] = '\0';
	buf_clear(&c->described);
}

static void
add_mechanism(struct imap *c, const char *name, size_t len)
{
	const size_t at = strlen(c->sasl);

	if (at + 1 + len < sizeof c->sasl)
		snprintf(c->sasl + at, sizeof c->sasl - at, "%s%.*s", at ? " " : "", (int)len,
			 name);
}

static void
take_message_limit(struct imap *c, const char *number, size_t len)
{
	uint64_t n;

	if (text_number_n(number, len, UINT32_MAX, &n) && n > 0)
		c->message_limit = (uint32_t)n;
}

static void
add_capability(struct imap *c, const char *word, size_t len)
{
	static const char limit[] = "MESSAGELIMIT=";

	buf_addf(&c->described, "%.*s\n", (int)len, word);
	if (text_starts(word, len, "AUTH="))
		add_mechanism(c, word + 5, len - 5);
	if (text_starts(word, len, limit))
		take_message_limit(c, word + strlen(limit), len - strlen(limit));
	for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
		if (strlen(capabilities[i].word) == len &&
		    text_starts(word, len, capabilities[i].word))
			c->capabilities |= capabilities[i].means;
}

static void
take_capabilities(struct imap *c, const char *words, size_t len)
{
	const char *end = words + len;

	imap_forget_capabilities(c);
	while (words < end) {
		const char *blank = memchr(words, ' ', (size_t)(end - words));
		const size_t n = (size_t)((blank ? blank : end) - words);

		if (n > 0)
			add_capability(c, words, n);
		words += n + 1;
	}
	if (imap_can(c, IMAP_REV2) && !imap_can(c, IMAP_REV1))
		c->capabilities |= IN_REV2;
	c->knows_capabilities = true;
}

static void
take_uid_next(struct imap *c, const struct imap_code *code)
{
	uint64_t n;

	if (text_number_n(code->arguments, code->arguments_len, UINT32_MAX, &n))
		c->uid_next = (uint32_t)n;
}

/* Of the folder's SELECT, or later, when its rights have changed. */
static void
take_read_only(struct imap *c, const struct imap_code *code)
{
	(void)code;
	c->rights = 0;
}

/* Is FLAG in a whole list of flags? */
static bool
has_flag(const char *list, size_t len, const char *flag)
{
	const size_t flag_len = strlen(flag);

	for (const char *p = list, *end = list + len; p < end; p++)
		if ((size_t)(end - p) > flag_len && strchr("( ", p[-1]) &&
		    strchr(") ", p[flag_len]) && text_same(p, flag, flag_len))
			return true;
	return false;
}

/* A list of keywords alone, as go-imap's `(\*)`, is about keywords: it forgets what every server has.
 * An empty one means that nothing can be changed (RFC 9051 section 7.1). */
static bool
tells_of_system_flags(const char *list, size_t len)
{
	static const char *const flags[] = {"\\Deleted", "\\Seen", "\\Answered", "\\Flagged",
					    "\\Draft"};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (has_flag(list, len, flags[i]))
			return true;
	return strspn(list, " ") + 1 >= len;
}

/* STORE of any other flag may be answered by OK, and does nothing (RFC 9051 section 7.1). Cyrus
 * says READ-WRITE, and this, of a folder where nothing may be deleted (3.6). */
static void
take_permanent_flags(struct imap *c, const struct imap_code *code)
{
	static const struct {
		const char *flag;
		unsigned right;
	} needed[] = {{"\\Deleted", RIGHT_DELETE}, {"\\Seen", RIGHT_MARK_READ}};
	const size_t len = code->arguments_len;

	if (len < 2 || code->arguments[0] != '(' || code->arguments[len - 1] != ')' ||
	    !tells_of_system_flags(code->arguments + 1, len - 1))
		return;
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (!has_flag(code->arguments + 1, len - 1, needed[i].flag))
			c->rights &= ~needed[i].right;
}

/* Once UIDs are known, another UIDVALIDITY means that each of them may now be another message. */
static void
take_validity(struct imap *c, const struct imap_code *code)
{
	const uint64_t before = c->validity;
	uint64_t n;

	if (text_number_n(code->arguments, code->arguments_len, UINT64_MAX, &n))
		c->validity = n;
	if (c->is_selected && c->validity != before)
		imap_breach(c, "UIDVALIDITY changed in the middle of the session");
}

static bool
has_line(const struct buf *lines, const char *line)
{
	const size_t len = strlen(line);

	for (const char *p = lines->len > 0 ? lines->data : ""; *p; p += strcspn(p, "\n") + 1)
		if (strcspn(p, "\n") == len && memcmp(p, line, len) == 0)
			return true;
	return false;
}

/* Said with every answer, it is still one piece of news. */
static void
take_alert(struct imap *c, const struct imap_code *code)
{
	const size_t from = c->alerts.len;
	char *line;

	if (code->words_len == 0 || code->words_len > ALERTS_MAX - from)
		return;
	line = mem_strndup(code->words, code->words_len);
	if (!has_line(&c->alerts, line))
		buf_addf(&c->alerts, "%s\n", line);
	free(line);
}

static void
take_capability_code(struct imap *c, const struct imap_code *code)
{
	take_capabilities(c, code->arguments, code->arguments_len);
}

static void
take_message_limit_code(struct imap *c, const struct imap_code *code)
{
	const char *blank = memchr(code->arguments, ' ', code->arguments_len);

	take_message_limit(c, code->arguments,
			   blank ? (size_t)(blank - code->arguments) : code->arguments_len);
}

/* The response codes that matter. */
static const struct {
	const char *name;
	void (*take)(struct imap *c, const struct imap_code *code);
} codes[] = {
    {"CAPABILITY", take_capability_code},
    {"UIDVALIDITY", take_validity},
    {"UIDNEXT", take_uid_next},
    {"READ-ONLY", take_read_only},
    {"PERMANENTFLAGS", take_permanent_flags},
    {"ALERT", take_alert},
    {"MESSAGELIMIT", take_message_limit_code},
};

static void
take_code(struct imap *c, const char *words)
{
	struct imap_code code;

	imap_code_in(&code, words);
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (imap_code_is(&code, codes[i].name))
			codes[i].take(c, &code);
}

bool
imap_was_limited(const struct imap *c, uint32_t *last)
{
	struct imap_code code;
	const char *blank;
	uint64_t uid;

	imap_code_in(&code, c->words.data);
	if (!imap_code_is(&code, "MESSAGELIMIT"))
		return false;
	blank = memchr(code.arguments, ' ', code.arguments_len);
	*last = 0;
	if (blank &&
	    text_number_n(blank + 1, code.arguments_len - (size_t)(blank + 1 - code.arguments),
			  UINT32_MAX, &uid))
		*last = (uint32_t)uid;
	return true;
}

static bool
take_status(struct imap *c, const char *keyword)
{
	struct buf words = {0};
	const bool ok = read_words(c, keyword, &words);

	if (ok)
		take_code(c, words.data);
	buf_free(&words);
	return ok;
}

static bool
take_bye(struct imap *c, const char *keyword)
{
	return read_words(c, keyword, &c->bye);
}

static bool
take_capability(struct imap *c, const char *keyword)
{
	struct buf words = {0};
	const bool ok = read_words(c, "", &words);

	(void)keyword;
	if (ok)
		take_capabilities(c, words.data, words.len);
	buf_free(&words);
	return ok;
}

/* Untagged data. */

/* Untagged data that concerns the whole session, whichever command waits. */
static const struct {
	const char *keyword;
	bool (*take)(struct imap *c, const char *keyword);
} session_data[] = {
    {"OK", take_status},      {"NO", take_status}, {"BAD", take_status},
    {"PREAUTH", take_status}, {"BYE", take_bye},   {"CAPABILITY", take_capability},
};

static void
take_numbered(struct imap *c, const struct imap_untagged *u)
{
	if (text_equal_case(u->keyword, "EXISTS")) {
		c->exists = u->number;
	} else if (text_equal_case(u->keyword, "EXPUNGE") && c->exists > 0) {
		c->exists--;
		c->expunged++;
	}
}

static bool
read_untagged_head(struct imap *c, struct imap_untagged *u)
{
	struct imap_token t;

	if (!imap_next(c, &t))
		return imap_breach(c, "* and nothing after it");
	u->has_number = imap_number(&t, &u->number);
	if (u->has_number && !imap_next(c, &t))
		return imap_breach(c, "a number and nothing after it");
	if (t.kind != TOKEN_ATOM || t.len >= sizeof u->keyword)
		return imap_breach(c, "* and no word after it");
	memcpy(u->keyword, t.text, t.len);
	return true;
}

static bool
take_untagged(struct imap *c)
{
	struct imap_untagged u = {0};

	if (!read_untagged_head(c, &u))
		return false;
	if (++c->unsolicited > UNTAKEN_MAX)
		return imap_breach(c, endless);
	for (size_t i = 0; !u.has_number && i < sizeof session_data / sizeof session_data[0]; i++)
		if (text_equal_case(u.keyword, session_data[i].keyword))
			return session_data[i].take(c, u.keyword);
	if (u.has_number)
		take_numbered(c, &u);
	if (c->take && c->take(c->take_ctx, c, &u))
		c->unsolicited--;
	imap_finish(c);
	return stream_ok(c->stream, &(struct err){0});
}

/* Answers. */

/* The answer to a command that is not awaited yet. */
struct imap_early {
	unsigned tag;
	enum imap_status status;
	char *words;
};

void
imap_free_early(struct imap *c)
{
	for (size_t i = 0; i < c->early_count; i++)
		free(c->early[i].words);
	free(c->early);
	c->early = NULL;
	c->early_count = 0;
}

/* Takes out what was kept of the command that is awaited now. */
static bool
take_early(struct imap *c, enum imap_status *status)
{
	for (size_t i = 0; i < c->early_count; i++) {
		struct imap_early *early = &c->early[i];

		if (early->tag != c->awaited)
			continue;
		*status = early->status;
		buf_clear(&c->words);
		buf_add_str(&c->words, early->words);
		free(early->words);
		*early = c->early[--c->early_count];
		return true;
	}
	return false;
}

static bool
has_early(const struct imap *c, unsigned tag)
{
	for (size_t i = 0; i < c->early_count; i++)
		if (c->early[i].tag == tag)
			return true;
	return false;
}

static void
keep_early(struct imap *c, unsigned tag, enum imap_status status)
{
	c->early = mem_room(c->early, c->early_count, sizeof *c->early);
	c->early[c->early_count++] =
	    (struct imap_early){.tag = tag, .status = status, .words = mem_strdup(c->words.data)};
}

void
imap_begin_unordered(struct imap *c)
{
	c->unordered_from = c->asked + 1;
	c->unordered_to = UINT_MAX;
}

void
imap_end_unordered(struct imap *c)
{
	c->unordered_to = c->asked;
}

/* "a7"; 0: it is none of ours. */
static unsigned
tag_number(const struct imap_token *tag)
{
	uint64_t n;

	return tag->kind == TOKEN_ATOM && tag->len > 1 && (tag->text[0] | 0x20) == 'a' &&
		       text_number_n(tag->text + 1, tag->len - 1, UINT_MAX, &n)
		   ? (unsigned)n
		   : 0;
}

/* Is an answer to the command TAG legal now? In its turn, or among commands that may be carried out
 * in any order (RFC 3501 section 5.5); and never before the command has gone out. */
static bool
may_be_answered(const struct imap *c, unsigned tag)
{
	if (tag == 0 || tag < c->awaited || tag > c->asked ||
	    !dialog_was_asked(c->dialog, tag - c->awaited))
		return false;
	return tag == c->awaited ||
	       (c->awaited >= c->unordered_from && tag <= c->unordered_to && !has_early(c, tag));
}

static bool
answers_nothing(struct imap *c, const struct imap_token *tag)
{
	const bool is_short = tag->kind == TOKEN_ATOM && tag->len < 80;

	stream_fail(c->stream, ERR_PROTOCOL, "no IMAP: an answer to nothing: %.*s",
		    is_short ? (int)tag->len : 0, tag->text);
	return false;
}

/* Reads the status word after a tag, and its text into c->words. */
static enum imap_status
read_status(struct imap *c)
{
	static const struct {
		const char *word;
		enum imap_status means;
	} words[] = {{"OK", IMAP_OK}, {"NO", IMAP_NO}, {"BAD", IMAP_BAD}};
	struct imap_token t;

	if (imap_next(c, &t))
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			if (imap_is(&t, words[i].word)) {
				if (!read_words(c, words[i].word, &c->words))
					return IMAP_FAILED;
				take_code(c, c->words.data);
				return words[i].means;
			}
	imap_breach(c, "an answer that is neither OK nor NO nor BAD");
	return IMAP_FAILED;
}

/* True: it is the answer that is awaited, or the stream failed. */
static bool
read_tagged(struct imap *c, const struct imap_token *tag, enum imap_status *status)
{
	const unsigned number = tag_number(tag);

	*status = IMAP_FAILED;
	if (!may_be_answered(c, number))
		return !answers_nothing(c, tag);
	*status = read_status(c);
	if (*status == IMAP_FAILED || number == c->awaited)
		return true;
	keep_early(c, number, *status);
	return false;
}

/* LITERAL- takes no more (RFC 7888 section 5). */
static bool
goes_ahead(const struct imap *c, size_t len)
{
	return imap_can(c, IMAP_LITERAL_PLUS) && len <= LITERAL_AHEAD_MAX;
}

const char *
imap_literal_sign(const struct imap *c, size_t len)
{
	return goes_ahead(c, len) ? "+" : "";
}

enum imap_status
imap_await_literal(struct imap *c, size_t len)
{
	enum imap_status status;

	if (goes_ahead(c, len)) {
		dialog_await(c->dialog); /* as if it had been answered */
		return IMAP_CONTINUE;
	}
	status = imap_await_last(c);
	if (status != IMAP_OK)
		return status;
	imap_breach(c, "a command is answered before it was said");
	return IMAP_FAILED;
}

enum imap_status
imap_await_last(struct imap *c)
{
	c->awaited = c->asked;
	return imap_await_more(c);
}

/* One response. True: it is an answer, *STATUS, or the stream failed. */
static bool
read_response(struct imap *c, enum imap_status *status)
{
	struct imap_token t;

	*status = IMAP_FAILED;
	if (!next(c, &t))
		return true;
	imap_notice_signal(c);
	if (t.kind == TOKEN_END) /* an empty line says nothing */
		return false;
	if (imap_is(&t, "+"))
		*status = read_words(c, "", &c->words) ? IMAP_CONTINUE : IMAP_FAILED;
	else if (!imap_is(&t, "*"))
		return read_tagged(c, &t, status);
	else
		return !take_untagged(c);
	return true;
}

void
imap_start_answer(struct imap *c)
{
	c->unsolicited = c->said = 0;
}

static enum imap_status
read_answer(struct imap *c)
{
	enum imap_status status;

	imap_start_answer(c);
	while (!read_response(c, &status))
		;
	return status;
}

bool
imap_listen(struct imap *c, enum imap_status *status)
{
	stream_answer(c->stream);
	return read_response(c, status);
}

enum imap_status
imap_await(struct imap *c)
{
	c->awaited++;
	return imap_await_more(c);
}

enum imap_status
imap_await_data(struct imap *c, imap_taker *take, void *ctx)
{
	enum imap_status status;

	c->take = take;
	c->take_ctx = ctx;
	status = imap_await(c);
	c->take = NULL;
	return status;
}

enum imap_status
imap_await_more(struct imap *c)
{
	enum imap_status status;

	dialog_await(c->dialog);
	return take_early(c, &status) ? status : read_answer(c);
}

/* Another protocol's greeting, which begins with FIRST: its words say which. */
static bool
is_no_greeting(struct imap *c, const struct imap_token *first)
{
	struct buf words = {0};
	struct imap_token t;

	buf_add_str(&words, "");
	if (first->kind == TOKEN_ATOM) {
		buf_add(&words, first->text, first->len);
		imap_parse_text(&c->parse);
		if (imap_next(c, &t) && t.kind == TOKEN_TEXT)
			buf_addf(&words, " %.*s", (int)t.len, t.text);
	}
	stream_fail(c->stream, ERR_PROTOCOL, "not an IMAP greeting: %s", words.data);
	buf_free(&words);
	return false;
}

bool
imap_greeting(struct imap *c)
{
	struct imap_token t;
	char word[16] = "";

	dialog_await(c->dialog);
	if (!next(c, &t))
		return false;
	if (!imap_is(&t, "*"))
		return is_no_greeting(c, &t);
	if (!imap_next(c, &t) || t.kind != TOKEN_ATOM || t.len >= sizeof word)
		return imap_breach(c, "the greeting is none");
	memcpy(word, t.text, t.len);
	if (!read_words(c, word, &c->words))
		return false;
	take_code(c, c->words.data);
	return true;
}
