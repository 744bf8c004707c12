/* SPDX-License-Identifier: ISC */
/*
 * A message to be sent: its header is put in order or refused. As many octets go out as were
 * measured, each line ends with CRLF, none is a lone dot where dots are stuffed, and no Bcc is
 * among the fields.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "fuzz.h"
#include "message/header.h"
#include "message/outgoing.h"
#include "message/source.h"

static bool
add(void *ctx, const char *bytes, size_t n)
{
	buf_add(ctx, bytes, n);
	return true;
}

static void
check_wire(const struct buf *wire, bool has_dots)
{
	const char *p = wire->data ? wire->data : "", *end = p + wire->len;
	const char *body = memmem(p, wire->len, "\r\n\r\n", 4);

	for (const char *line = p; line < end;) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));

		FUZZ_ASSERT(lf && lf > p && lf[-1] == '\r');
		FUZZ_ASSERT(!has_dots || lf - line != 2 || line[0] != '.');
		FUZZ_ASSERT(!body || line > body ||
			    !text_starts(line, (size_t)(lf - line), "bcc:"));
		line = lf + 1;
	}
}

static void
pour(struct outgoing *o)
{
	struct buf plain = {0}, dotted = {0};
	struct err e = {0};

	FUZZ_ASSERT(outgoing_pour(o, false, add, &plain, &e));
	FUZZ_ASSERT(plain.len == outgoing_facts(o)->size);
	FUZZ_ASSERT(outgoing_pour(o, true, add, &dotted, &e));
	check_wire(&plain, false);
	check_wire(&dotted, true);
	buf_free(&plain);
	buf_free(&dotted);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct header_defaults defaults = {.from.address = "a@x", .domain = "x"};
	struct source *s = source_new();
	struct outgoing *o;
	struct err e = {0};

	FUZZ_ASSERT(size == 0 || source_add(s, (const char *)data, size, &e));
	o = outgoing_open(s, &e);
	if (o && outgoing_prepare(o, &defaults, &e)) {
		pour(o);
		if (outgoing_to_seven_bit(o, &e))
			pour(o);
	} else {
		FUZZ_ASSERT(e.code != ERR_NONE);
	}
	outgoing_free(o);
	source_close(s);
	return 0;
}
