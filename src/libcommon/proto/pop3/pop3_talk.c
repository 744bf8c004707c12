/* SPDX-License-Identifier: ISC */
#include "proto/pop3/pop3_talk.h"

#include <string.h>

#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/refusal.h"

enum {
	BLANK_LINES_MAX = 100,
	RESYNC_LINES_MAX = 10 /* of an answer of several lines where one was expected */
};

/* Status words. Servers that write an empty line before one mean nothing by it. */
static char *
read_status_line(struct pop3 *c, size_t *len)
{
	char *line = dialog_line(c->dialog, len);

	for (unsigned blank = 0; line && *len == 0 && blank < BLANK_LINES_MAX; blank++)
		line = dialog_line(c->dialog, len);
	return line;
}

static enum pop3_status
status_of(const char *line, size_t len)
{
	if (text_starts(line, len, "+OK"))
		return POP3_OK;
	if (text_starts(line, len, "-ERR"))
		return POP3_ERR;
	return line[0] == '+' ? POP3_CHALLENGE : POP3_FAILED;
}

/* An answer that came before its question belongs to another one, so nothing that follows can be
 * attributed. A refusal of that kind is a farewell. */
static enum pop3_status
unasked(struct pop3 *c, enum pop3_status status, const char *line)
{
	if (status == POP3_ERR)
		stream_fail(c->stream, ERR_TEMPORARY, "%s", line);
	else
		stream_fail(c->stream, ERR_PROTOCOL, "an answer before it was asked for: %s", line);
	return POP3_FAILED;
}

static enum pop3_status
read_any_status(struct pop3 *c)
{
	enum pop3_status status;
	size_t len;
	char *line;

	dialog_await(c->dialog);
	line = read_status_line(c, &len);
	if (!line)
		return POP3_FAILED;
	buf_clear(&c->words);
	buf_add(&c->words, line, len);
	status = status_of(line, len);
	if (status == POP3_FAILED)
		stream_fail(c->stream, ERR_PROTOCOL, "not a POP3 answer: %s", line);
	else if (!dialog_was_asked(c->dialog, 0))
		return unasked(c, status, line);
	return status;
}

bool
pop3_resync(struct pop3 *c, size_t unread)
{
	char *line = NULL;
	size_t len;

	dialog_ask(c->dialog, "NOOP");
	for (size_t answers = 0; answers <= unread; answers++) {
		dialog_await(c->dialog);
		for (unsigned lines = 0; (line = dialog_line(c->dialog, &len)); lines++) {
			if (status_of(line, len) == POP3_OK || status_of(line, len) == POP3_ERR)
				break;
			if (lines == RESYNC_LINES_MAX)
				stream_fail(c->stream, ERR_PROTOCOL, "not a POP3 answer: %s", line);
		}
	}
	return line != NULL;
}

enum pop3_status
pop3_await(struct pop3 *c)
{
	for (; c->ignored_answers > 0; c->ignored_answers--)
		if (read_any_status(c) == POP3_FAILED)
			return POP3_FAILED;
	return read_any_status(c);
}

/* RFC 2449 section 8, RFC 3206: the server says when to come back, or why it refuses. */
struct response_code {
	const char *word;
	enum err_code means;
	const char *hint; /* NULL where the server's words say it all */
};

/* The last answer without its status. */
static const char *
words_of(const struct pop3 *c)
{
	const char *words = c->words.data + strcspn(c->words.data, " ");

	return words + strspn(words, " ");
}

/* The code of the last answer; NULL: it has none that we know. */
static const struct response_code *
response_code(const struct pop3 *c)
{
	static const struct response_code codes[] = {
	    {"[IN-USE]", ERR_TEMPORARY,
	     "another program has the mailbox open, or one hung up and the server waits for it"},
	    {"[LOGIN-DELAY]", ERR_TEMPORARY, "the server wants a longer pause between two logins"},
	    {"[SYS/TEMP]", ERR_TEMPORARY, NULL},
	    {"[SYS/PERM]", ERR_LOGIN,
	     "it is not about the password: something about the account or the server must be put "
	     "right"},
	    {"[AUTH]", ERR_LOGIN, NULL},
	};
	const char *words = words_of(c);

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (text_begins(words, codes[i].word))
			return &codes[i];
	return NULL;
}

/* Without any response code, words may tell that the refusal is only for now. */
static bool
is_temporary(const struct pop3 *c)
{
	const char *words = words_of(c);

	return words[0] != '[' && refusal_is_temporary(words);
}

bool
pop3_says_why(const struct pop3 *c)
{
	return response_code(c) != NULL || is_temporary(c);
}

bool
pop3_refused(struct pop3 *c, enum err_code otherwise, struct err *e)
{
	const struct response_code *code;

	if (!stream_ok(c->stream, e))
		return false;
	code = response_code(c);
	if (!code && is_temporary(c))
		otherwise = ERR_TEMPORARY;
	err_set(e, code ? code->means : otherwise, "%s: %s", stream_name(c->stream), c->words.data);
	return code && code->hint ? err_hint(e, "%s", code->hint) : false;
}

bool
pop3_complain(struct pop3 *c, enum err_code code, const char *what, struct err *e)
{
	return err_set(e, code, "%s: %s", stream_name(c->stream), what);
}

bool
pop3_ok(struct pop3 *c, enum err_code otherwise, struct err *e)
{
	return pop3_await(c) == POP3_OK || pop3_refused(c, otherwise, e);
}

char *
pop3_line(struct pop3 *c, size_t *len)
{
	char *line = dialog_line(c->dialog, len);

	if (!line || line[0] != '.')
		return line;
	if (*len == 1)
		return NULL;
	(*len)--;
	return line + 1;
}
