/* SPDX-License-Identifier: ISC */
#include "proto/smtp/smtp_talk.h"

#include <stdio.h>

#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"

/* At the least rate (net/pace) so many octets take a few timeouts; long lines would take hours. */
enum { REPLY_LINES_MAX = 200, REPLY_OCTETS_MAX = 64 * 1024 };

/* "250-text", "250 text" or "250": the code, what follows it, and whether it is the reply's last
 * line. */
static bool
parse_reply_line(const char *line, size_t len, unsigned *code, const char **text, bool *last)
{
	uint64_t number;

	if (len < 3 || !text_number_n(line, 3, 599, &number) || number < 200)
		return false;
	if (len > 3 && line[3] != ' ' && line[3] != '-')
		return false;
	*code = (unsigned)number;
	*text = line + (len > 3 ? 4 : 3);
	*last = len == 3 || line[3] == ' ';
	return true;
}

/* A server may say why it leaves before it is asked anything, but not grant what was not asked for:
 * that would be taken for the answer to whatever comes next. */
static bool
was_asked(struct smtp *c, struct smtp_reply *reply)
{
	if (reply->code >= 400 || dialog_was_asked(c->dialog, 0))
		return true;
	stream_fail(c->stream, ERR_PROTOCOL, "a reply to nothing: %s", reply->text);
	*reply = (struct smtp_reply){0};
	return false;
}

bool
smtp_await(struct smtp *c, struct smtp_reply *reply, void (*take)(struct smtp *, const char *line))
{
	bool last = false;

	*reply = (struct smtp_reply){0};
	buf_clear(&c->words);
	c->is_silent = false;
	dialog_await(c->dialog);
	for (int i = 0; !last && i < REPLY_LINES_MAX && c->words.len < REPLY_OCTETS_MAX; i++) {
		size_t len;
		const char *text, *line = dialog_line(c->dialog, &len);

		if (!line)
			return false;
		if (!parse_reply_line(line, len, &reply->code, &text, &last)) {
			reply->code = 0;
			stream_fail(c->stream, ERR_PROTOCOL, "not an SMTP reply: %s", line);
			return false;
		}
		if (take)
			take(c, text);
		buf_addf(&c->words, "%s%s", i > 0 ? " " : "", text);
	}
	if (!last)
		stream_fail(c->stream, ERR_PROTOCOL, "a reply without end");
	snprintf(reply->text, sizeof reply->text, "%03u %s", reply->code, c->words.data);
	c->is_closing |= reply->code == 421;
	return last && was_asked(c, reply);
}

/* RFC 4954 section 6: a login is wanted, or a better one, whatever the command was. */
static bool
is_about_login(unsigned code)
{
	static const unsigned codes[] = {530, 534, 535, 538};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (code == codes[i])
			return true;
	return false;
}

enum err_code
smtp_code_of(const struct smtp_reply *r, enum err_code permanent)
{
	if (r->code < 500)
		return r->code < 400 ? ERR_PROTOCOL : ERR_TEMPORARY;
	return is_about_login(r->code) ? ERR_LOGIN : permanent;
}

bool
smtp_refused(struct smtp *c, const struct smtp_reply *r, enum err_code permanent, struct err *e)
{
	if (!stream_ok(c->stream, e))
		return false;
	return err_set(e, smtp_code_of(r, permanent), "%s: %s%s", stream_name(c->stream),
		       r->code < 400 ? "an answer to something else: " : "", r->text);
}

bool
smtp_complain(struct smtp *c, enum err_code code, const char *what, struct err *e)
{
	return err_set(e, code, "%s: %s", stream_name(c->stream), what);
}
