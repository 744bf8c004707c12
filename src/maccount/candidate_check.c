/* SPDX-License-Identifier: ISC */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/text.h"
#include "maccount/candidate.h"
#include "maccount/dns.h"
#include "maccount/ports.h"
#include "net/connect.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "net/tls.h"
#include "net/wait.h"

enum { LINES_MAX = 100 };

/* The input of a thread. */
struct check {
	struct candidate *candidate;
	const char *ca_file;
	unsigned timeout_s;
	pthread_t thread;
	bool is_running;
};

/* How a protocol greets, and how it is asked for TLS; `more` begins a line after which others come. */
static const struct words {
	const char *greeting, *greeting_more, *question, *yes, *more;
} words[] = {
    [PROTOCOL_SMTP] = {"220 ", "220-", "STARTTLS", "220 ", "220-"},
    [PROTOCOL_POP3] = {"+OK", NULL, "STLS", "+OK", NULL},
    [PROTOCOL_IMAP] = {"* OK", NULL, "a1 STARTTLS", "a1 OK", "* "},
};

static bool
fail(struct stream *s, const char *what, struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "%s: %s", stream_name(s), what);
}

/* Reads lines until one that is the last of an answer: "220 " after "220-", "a1 " after "* ". */
static bool
read_answer(struct dialog *d, const char *good, const char *more, struct err *e)
{
	size_t len;

	dialog_await(d);
	for (size_t i = 0; i < LINES_MAX; i++) {
		const char *line = dialog_line(d, &len);

		if (!line)
			return dialog_ok(d, e);
		if (more && text_starts(line, len, more))
			continue;
		if (text_starts(line, len, good))
			return true;
		return fail(dialog_stream(d), "the server does not answer as it should", e);
	}
	return fail(dialog_stream(d), "the answer has no end", e);
}

static bool
start_tls(struct stream *s, struct dialog *d, const struct candidate *c,
	  const struct tls_params *tls, struct err *e)
{
	const struct words *w = &words[c->url.protocol];

	if (c->url.protocol == PROTOCOL_SMTP) {
		dialog_ask(d, "EHLO [127.0.0.1]");
		if (!read_answer(d, "250 ", "250-", e))
			return false;
	}
	dialog_ask(d, "%s", w->question);
	return read_answer(d, w->yes, w->more, e) && stream_start_tls(s, tls, e);
}

static bool
converse(struct stream *s, const struct candidate *c, const struct tls_params *tls, struct err *e)
{
	const struct words *w = &words[c->url.protocol];
	struct dialog *d;
	bool ok;

	if (c->url.security == SECURITY_TLS && !stream_start_tls(s, tls, e))
		return false;
	d = dialog_new(s);
	ok = read_answer(d, w->greeting, w->greeting_more, e) &&
	     (c->url.security == SECURITY_TLS || start_tls(s, d, c, tls, e));
	if (ok) {
		dialog_ask(d, c->url.protocol == PROTOCOL_IMAP ? "a2 LOGOUT" : "QUIT");
		dialog_await(d);
		ok = dialog_line(d, &(size_t){0}) || dialog_ok(d, e);
	}
	dialog_free(d);
	return ok;
}

static bool
try_address(const struct check *k, const char *address, struct err *e)
{
	const struct candidate *c = k->candidate;
	const struct connect_params to = {.host = address,
					  .port = ports_of(c->url.port),
					  .family = AF_UNSPEC,
					  .timeout_s = k->timeout_s};
	const struct tls_params tls = {.host = c->url.host, .ca_file = k->ca_file};
	struct stream *s = stream_open(&to, e);
	bool ok;

	if (!s)
		return false;
	stream_set_timeout(s, k->timeout_s);
	ok = converse(s, c, &tls, e);
	stream_close(s);
	return ok;
}

/* Tests say which resolver to ask; then the first address that can be reached decides. */
static void
try_addresses(struct check *k)
{
	struct candidate *c = k->candidate;
	char *addresses = dns_addresses(c->url.host, wait_deadline(k->timeout_s)),
	     *rest = addresses;

	if (!addresses)
		err_set(&c->why_not, ERR_NO_HOST, "%s: no such host", c->url.host);
	for (char *one; rest && (one = strtok_r(rest, ",", &rest));) {
		c->works = try_address(k, one, &c->why_not);
		if (c->works || c->why_not.code != ERR_TEMPORARY)
			break;
	}
	free(addresses);
}

static void *
check(void *ctx)
{
	struct check *k = ctx;
	struct candidate *c = k->candidate;

	if (dns_is_overridden())
		try_addresses(k);
	else
		c->works = try_address(k, c->url.host, &c->why_not);
	return NULL;
}

void
candidates_check(struct candidates *c, const char *ca_file, unsigned timeout_s)
{
	struct check *checks = mem_alloc((c->count + 1) * sizeof *checks);

	for (size_t i = 0; i < c->count; i++) {
		checks[i] = (struct check){
		    .candidate = &c->items[i], .ca_file = ca_file, .timeout_s = timeout_s};
		checks[i].is_running =
		    pthread_create(&checks[i].thread, NULL, check, &checks[i]) == 0;
		if (!checks[i].is_running)
			check(&checks[i]);
	}
	for (size_t i = 0; i < c->count; i++)
		if (checks[i].is_running)
			pthread_join(checks[i].thread, NULL);
	free(checks);
}
