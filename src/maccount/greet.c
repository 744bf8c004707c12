/* SPDX-License-Identifier: ISC */
#include "maccount/greet.h"

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "config/url.h"
#include "net/dialog.h"
#include "net/stream.h"

enum { LINES_MAX = 100 };

/* How a protocol greets, and how it is asked for TLS; `more` begins a line after which others
 * come. */
static const struct words {
	const char *greeting, *greeting_more, *question, *yes, *more;
} words[] = {
    [PROTOCOL_SMTP] = {"220 ", "220-", "STARTTLS", "220 ", "220-"},
    [PROTOCOL_POP3] = {"+OK", NULL, "STLS", "+OK", NULL},
    [PROTOCOL_IMAP] = {"* OK", NULL, "a1 STARTTLS", "a1 OK", "* "},
};

const char *
greet_answer(struct dialog *d, const char *good, const char *more, struct err *e)
{
	size_t len;

	dialog_await(d);
	for (size_t i = 0; i < LINES_MAX; i++) {
		const char *line = dialog_line(d, &len);

		if (!line) {
			dialog_ok(d, e);
			return NULL;
		}
		if (more && text_starts(line, len, more))
			continue;
		if (text_starts(line, len, good))
			return line;
		err_set(e, ERR_PROTOCOL, "%s: unexpected answer: %.200s",
			stream_name(dialog_stream(d)), line);
		return NULL;
	}
	err_set(e, ERR_PROTOCOL, "%s: the answer has no end", stream_name(dialog_stream(d)));
	return NULL;
}

bool
greet_introduce(struct dialog *d, const struct url *url, struct err *e)
{
	if (url->protocol != PROTOCOL_SMTP)
		return true;
	dialog_ask(d, "EHLO [127.0.0.1]");
	return greet_answer(d, "250 ", "250-", e);
}

static bool
start_tls(struct stream *s, struct dialog *d, const struct url *url, const struct tls_params *tls,
	  struct err *e)
{
	const struct words *w = &words[url->protocol];

	if (!greet_introduce(d, url, e))
		return false;
	dialog_ask(d, "%s", w->question);
	return greet_answer(d, w->yes, w->more, e) && stream_start_tls(s, tls, e);
}

struct dialog *
greet(struct stream *s, const struct url *url, const struct tls_params *tls, struct err *e)
{
	const struct words *w = &words[url->protocol];
	struct dialog *d;

	if (url->security == SECURITY_TLS && !stream_start_tls(s, tls, e))
		return NULL;
	d = dialog_new(s);
	if (greet_answer(d, w->greeting, w->greeting_more, e) &&
	    (url->security == SECURITY_TLS || start_tls(s, d, url, tls, e)))
		return d;
	dialog_free(d);
	return NULL;
}

bool
greet_leave(struct dialog *d, const struct url *url, struct err *e)
{
	dialog_ask(d, url->protocol == PROTOCOL_IMAP ? "a9 LOGOUT" : "QUIT");
	dialog_await(d);
	return dialog_line(d, &(size_t){0}) || dialog_ok(d, e);
}
