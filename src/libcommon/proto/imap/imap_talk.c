/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_talk.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_code.h"
#include "proto/imap/imap_early.h"
#include "proto/imap/imap_untagged.h"

enum { LITERAL_AHEAD_MAX = 4096 };

void
imap_take_tag(struct imap *c, char tag[static 16])
{
	snprintf(tag, 16, "a%u", ++c->tags.asked);
}

void
imap_ask(struct imap *c, const char *fmt, ...)
{
	char tag[16];
	struct buf command = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&command, fmt, ap);
	va_end(ap);
	imap_take_tag(c, tag);
	dialog_ask(c->dialog, "%s %s", tag, command.data);
	buf_free(&command);
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

bool
imap_was_limited(const struct imap *c, uint32_t *last)
{
	struct imap_code code;
	uint64_t uid;

	imap_code_in(&code, c->words.data);
	if (code.kind != IMAP_CODE_MESSAGELIMIT)
		return false;
	*last = 0;
	if (text_number_n(code.rest, code.rest_len, UINT32_MAX, &uid))
		*last = (uint32_t)uid;
	return true;
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
	if (tag == 0 || tag < c->tags.awaited || tag > c->tags.asked ||
	    !dialog_was_asked(c->dialog, tag - c->tags.awaited))
		return false;
	return tag == c->tags.awaited || imap_early_allowed(c, tag);
}

static bool
answers_nothing(struct imap *c, const struct imap_token *tag)
{
	const bool is_short = tag->kind == TOKEN_ATOM && tag->len < 80;

	stream_fail(c->stream, ERR_PROTOCOL, "invalid IMAP: an answer to nothing: %.*s",
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
				if (!imap_read_words(c, words[i].word, &c->words))
					return IMAP_FAILED;
				imap_take_code(c, c->words.data);
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
	if (*status == IMAP_FAILED || number == c->tags.awaited)
		return true;
	imap_early_keep(c, number, *status);
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
	c->tags.awaited = c->tags.asked;
	return imap_await_more(c);
}

/* One response. True: it is an answer, *STATUS, or the stream failed. */
static bool
read_response(struct imap *c, enum imap_status *status)
{
	struct imap_token t;

	*status = IMAP_FAILED;
	if (!imap_next_response(c, &t))
		return true;
	imap_notice_signal(c);
	if (t.kind == TOKEN_END) /* an empty line says nothing */
		return false;
	if (imap_is(&t, "+"))
		*status = imap_read_words(c, "", &c->words) ? IMAP_CONTINUE : IMAP_FAILED;
	else if (!imap_is(&t, "*"))
		return read_tagged(c, &t, status);
	else
		return !imap_take_untagged(c);
	return true;
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
	c->tags.awaited++;
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
	c->tags.in_answer = true;
	status = imap_early_take(c, &status) ? status : read_answer(c);
	c->tags.in_answer = status == IMAP_CONTINUE || status == IMAP_FAILED;
	return status;
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
		imap_parse_text(&c->reader.parse);
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
	if (!imap_next_response(c, &t))
		return false;
	if (!imap_is(&t, "*"))
		return is_no_greeting(c, &t);
	if (!imap_next(c, &t) || t.kind != TOKEN_ATOM || t.len >= sizeof word)
		return imap_breach(c, "it does not begin with a greeting");
	memcpy(word, t.text, t.len);
	if (!imap_read_words(c, word, &c->words))
		return false;
	imap_take_code(c, c->words.data);
	return true;
}
