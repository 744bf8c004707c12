/* SPDX-License-Identifier: ISC */
#include "proto/pop3/pop3_talk.h"

#include <string.h>

#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"

static enum pop3_status
read_any_status(struct pop3 *c)
{
	size_t len;
	char *line;

	dialog_await(c->dialog);
	line = dialog_line(c->dialog, &len);
	if (!line)
		return POP3_FAILED;
	buf_clear(&c->words);
	buf_add(&c->words, line, len);
	if (text_starts(line, len, "+OK"))
		return POP3_OK;
	if (text_starts(line, len, "-ERR"))
		return POP3_ERR;
	if (line[0] == '+')
		return POP3_CHALLENGE;
	stream_fail(c->stream, ERR_PROTOCOL, "no POP3 answer: %s", line);
	return POP3_FAILED;
}

enum pop3_status
pop3_await(struct pop3 *c)
{
	for (; c->ignored_answers > 0; c->ignored_answers--)
		if (read_any_status(c) == POP3_FAILED)
			return POP3_FAILED;
	return read_any_status(c);
}

/* RFC 2449 section 8, RFC 3206: what the server says of when and why. */
struct response_code {
	const char *word;
	enum err_code means;
	const char *hint; /* NULL where the server's words say it all */
};

/* Of the last answer; NULL: it has none that we know. */
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
	const char *words = c->words.data + strcspn(c->words.data, " ");

	words += strspn(words, " ");
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (text_starts(words, strlen(words), codes[i].word))
			return &codes[i];
	return NULL;
}

bool
pop3_has_response_code(const struct pop3 *c)
{
	return response_code(c) != NULL;
}

bool
pop3_refused(struct pop3 *c, enum err_code otherwise, struct err *e)
{
	const struct response_code *code;

	if (!stream_ok(c->stream, e))
		return false;
	code = response_code(c);
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
