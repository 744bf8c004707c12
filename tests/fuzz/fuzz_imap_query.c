/* SPDX-License-Identifier: ISC */
/*
 * A query that somebody typed: an error, or a search program whose lines can be sent, and whose
 * parentheses are as many as they should be. The first byte's lowest bit says whether the server
 * takes UTF-8.
 */
#include "proto/imap/imap_query.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fuzz.h"

/* Follows text through its quoted strings. */
struct reader {
	bool is_quoted;
	bool is_escaped;
	int depth;
};

static void
read_char(struct reader *r, char c)
{
	FUZZ_ASSERT(c != '\0' && c != '\r' && c != '\n');
	if (r->is_escaped)
		r->is_escaped = false;
	else if (r->is_quoted && c == '\\')
		r->is_escaped = true;
	else if (c == '"')
		r->is_quoted = !r->is_quoted;
	else if (!r->is_quoted)
		r->depth += (c == '(') - (c == ')');
	FUZZ_ASSERT(r->depth >= 0);
}

static void
check(const struct imap_query *s, bool is_utf8)
{
	struct reader r = {0};

	FUZZ_ASSERT(s->count > 0);
	for (size_t i = 0; i < s->count; i++) {
		const struct imap_piece *p = &s->pieces[i];

		FUZZ_ASSERT(p->len > 0 && p->bytes[p->len] == '\0' && strlen(p->bytes) == p->len);
		for (size_t k = 0; !p->is_literal && k < p->len; k++) {
			FUZZ_ASSERT(is_utf8 || (p->bytes[k] & 0x80) == 0);
			read_char(&r, p->bytes[k]);
		}
		FUZZ_ASSERT(!p->is_literal || (!r.is_quoted && i > 0));
	}
	FUZZ_ASSERT(!r.is_quoted && r.depth == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const bool is_utf8 = size > 0 && data[0] & 1;
	struct buf query = {0};
	struct imap_query s;
	struct err e = {0};

	buf_add(&query, (const char *)data + (size > 0), size - (size > 0));
	if (imap_query_parse(&s, query.data, 1790000000, is_utf8, &e))
		check(&s, is_utf8);
	else
		FUZZ_ASSERT(e.code == ERR_USAGE && s.count == 0 && !s.pieces);
	imap_query_free(&s);
	buf_free(&query);
	return 0;
}
