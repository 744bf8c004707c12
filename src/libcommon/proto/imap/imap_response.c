/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_response.h"

#include <inttypes.h>
#include <string.h>

#include "base/trace.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_error.h"

enum {
	SHOWN_MAX = 2000,            /* bytes of a line in the trace */
	SAID_AHEAD_MAX = 64 * 1024,  /* bytes of one answer before the login, */
	SAID_MAX = 32 * 1024 * 1024, /* and later, those that are not a message's text, */
	SAID_PER_MESSAGE = 1024,     /* and so many more for each of the folder's messages, */
	SAID_MESSAGES_MAX = 10 * 1000 * 1000 /* of which there are no more */
};

bool
imap_breach_endless(struct imap *c)
{
	return imap_breach(c, "the server talks without end");
}

/* A literal's octets are not part of the conversation, so they are not shown. */
static void
show(struct imap *c, const struct imap_token *t, enum imap_kind kind, const char *bytes, size_t n)
{
	const size_t room = SHOWN_MAX + 1 - c->reader.shown.len;

	if (!trace_wants(TRACE_PROTOCOL))
		return;
	if (kind != TOKEN_OCTETS)
		buf_add(&c->reader.shown, bytes, n < room ? n : room);
	if (kind != TOKEN_END && kind != TOKEN_LITERAL)
		return;
	while (c->reader.shown.len > 0 &&
	       strchr("\r\n", c->reader.shown.data[c->reader.shown.len - 1]))
		c->reader.shown.len--;
	dialog_trace_answer(c->dialog, c->reader.shown.data, c->reader.shown.len);
	buf_clear(&c->reader.shown);
	if (kind == TOKEN_LITERAL)
		trace_note(TRACE_PROTOCOL, "%" PRIu64 " octets", t->size);
}

/*
 * Limits all that a server says besides message text: empty lines, blanks, answers that name
 * nothing, a literal that nobody asked for. If it says them fast enough, no deadline is missed;
 * and a stranger, who has not been logged in to, may say little, which at the least rate
 * (net/pace) takes minutes, not hours.
 * Octets of a literal are counted by the function that reads them.
 */
static void
count_said(struct imap *c, enum imap_kind kind, size_t n)
{
	const uint64_t known = (uint64_t)c->folder.exists + c->folder.expunged,
		       messages = known < SAID_MESSAGES_MAX ? known : SAID_MESSAGES_MAX,
		       most = c->stage.is_authenticated ? SAID_MAX + messages * SAID_PER_MESSAGE
							: SAID_AHEAD_MAX;

	if (kind == TOKEN_MORE || kind == TOKEN_OCTETS)
		imap_notice_signal(c);
	if (kind != TOKEN_OCTETS)
		c->reader.said += n;
	if (c->reader.said > most)
		imap_breach_endless(c);
}

/* The next token, of this response or of the next one. False: the stream failed. */
static bool
next(struct imap *c, struct imap_token *t)
{
	enum imap_kind kind = TOKEN_MORE;
	const char *bytes;
	size_t n, used;

	while (kind == TOKEN_MORE && (bytes = stream_block(c->stream, &n))) {
		kind = imap_parse(&c->reader.parse, bytes, n, &used, t);
		show(c, t, kind, bytes, used);
		stream_consume(c->stream, used);
		count_said(c, kind, used);
	}
	c->reader.in_response = kind != TOKEN_END;
	if (kind == TOKEN_BAD)
		imap_breach(c, t->text);
	return kind != TOKEN_MORE && kind != TOKEN_BAD;
}

bool
imap_next_response(struct imap *c, struct imap_token *t)
{
	return next(c, t);
}

bool
imap_next(struct imap *c, struct imap_token *t)
{
	return c->reader.in_response && next(c, t) && t->kind != TOKEN_END;
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
			c->reader.said += next_one.len;
			break;
		default:
			break;
		}
	}
	return true;
}

bool
imap_read_words(struct imap *c, const char *word, struct buf *into)
{
	struct imap_token t;

	buf_clear(into);
	buf_add_str(into, word);
	imap_parse_text(&c->reader.parse);
	if (!imap_next(c, &t))
		return false;
	if (t.len > 0 && into->len > 0)
		buf_add_char(into, ' ');
	buf_add(into, t.text, t.len);
	imap_finish(c);
	return stream_ok(c->stream, &(struct err){0});
}

void
imap_start_answer(struct imap *c)
{
	c->reader.unsolicited = c->reader.said = 0;
}
