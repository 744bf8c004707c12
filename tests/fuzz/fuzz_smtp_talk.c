/* SPDX-License-Identifier: ISC */
/*
 * All that an SMTP or LMTP server says while two messages are sent, from the greeting on. The first
 * byte says how they are sent. The end of the input is the end of the connection, so nothing waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fuzz_server.h"
#include "message/outgoing.h"
#include "message/source.h"
#include "net/stream.h"
#include "proto/login.h"
#include "proto/smtp/smtp.h"

enum { BY_LMTP = 1, PARTIAL = 2, ONE_BY_ONE = 4, LARGE = 8, LARGE_SIZE = 200 * 1024 };
enum { RECIPIENTS = 3 };

static struct outgoing *
make_message(struct source *s, size_t size)
{
	char *text = malloc(size);
	struct err e;

	FUZZ_ASSERT(text);
	memset(text, 'x', size);
	memcpy(text, "Subject: a\r\n\r\n", 14);
	memcpy(text + size - 2, "\r\n", 2);
	FUZZ_ASSERT(source_add(s, text, size, &e));
	free(text);
	return outgoing_open_as_is(s, &e);
}

/* Nobody has a message of which the end was not said, nor if all of it was refused. */
static void
check(const struct smtp_envelope *v, bool ok)
{
	size_t taken = 0;

	for (size_t i = 0; i < v->count; i++) {
		FUZZ_ASSERT(!v->recipients[i].is_taken || v->recipients[i].reply.code / 100 == 2);
		FUZZ_ASSERT(
		    memchr(v->recipients[i].reply.text, '\0', sizeof v->recipients[i].reply.text));
		taken += v->recipients[i].is_taken;
	}
	FUZZ_ASSERT(!ok || taken > 0 || v->recipients[0].is_postponed);
}

static void
send_one(struct smtp *c, struct outgoing *o, unsigned how, bool last)
{
	struct smtp_recipient to[RECIPIENTS] = {
	    {.address = "a@x"}, {.address = "b@x"}, {.address = "c@x"}};
	struct smtp_envelope v = {.from = "a@example.org",
				  .recipients = to,
				  .count = RECIPIENTS,
				  .partial = (how & PARTIAL) != 0,
				  .is_last = last};
	struct smtp_reply reply = {0};
	struct err e = {0};
	bool maybe_sent = false;
	const bool ok = smtp_send(c, &v, o, &reply, &maybe_sent, &e);

	FUZZ_ASSERT(ok || e.code != ERR_NONE);
	FUZZ_ASSERT(!(ok && maybe_sent));
	check(&v, ok);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct login login = {.is_skipped = true, .host = "fuzz"};
	struct smtp_params params = {.domain = "here", .timeout_s = 1, .message_timeout_s = 1};
	struct source *source = source_new();
	struct outgoing *o;
	struct stream *s;
	struct smtp *c;
	struct err e;

	if (size >= 2) {
		login.one_at_a_time = (data[0] & ONE_BY_ONE) != 0;
		params.is_lmtp = (data[0] & BY_LMTP) != 0;
		o = make_message(source, (data[0] & LARGE) != 0 ? LARGE_SIZE : 100);
		s = fuzz_server(data + 1, size - 1);
		c = smtp_open(s, &login, &params, &e);
		for (int i = 0; c && i < 2 && !smtp_is_over(c); i++)
			send_one(c, o, data[0], i == 1);
		smtp_close(c);
		stream_close(s);
		outgoing_free(o);
	}
	source_close(source);
	return 0;
}
