/* SPDX-License-Identifier: ISC */
/*
 * imap_tokens - what proto/imap_parse makes of bytes that come in pieces, as one text. For its unit
 * test and its fuzzer.
 */
#ifndef MAILVERBS_UNIT_IMAP_TOKENS_H
#define MAILVERBS_UNIT_IMAP_TOKENS_H

#include <string.h>

#include "base/buf.h"
#include "proto/imap/imap_parse.h"

struct imap_tokens {
	struct imap_parse parse;
	struct buf out;
	unsigned words; /* of this response */
	bool in_octets;
	bool is_bad;
};

/* Behind `* OK` and `tag OK` stands text, as the conversation has it. */
static inline bool
imap_tokens_is_status(const struct imap_token *t)
{
	return imap_is(t, "OK") || imap_is(t, "NO") || imap_is(t, "BAD") || imap_is(t, "BYE");
}

static inline void
imap_tokens_add(struct imap_tokens *x, const struct imap_token *t)
{
	static const char *const names[] = {
	    [TOKEN_ATOM] = "atom", [TOKEN_QUOTED] = "quoted", [TOKEN_LITERAL] = "literal",
	    [TOKEN_OPEN] = "(",    [TOKEN_CLOSE] = ")",       [TOKEN_TEXT] = "text",
	    [TOKEN_END] = "end",   [TOKEN_BAD] = "bad",       [TOKEN_OCTETS] = "octets",
	};

	if (t->kind != TOKEN_OCTETS || !x->in_octets)
		buf_addf(&x->out, "%s%s", x->out.len ? " " : "", names[t->kind]);
	if (t->kind == TOKEN_LITERAL)
		buf_addf(&x->out, ":%llu", (unsigned long long)t->size);
	else if (t->kind <= TOKEN_QUOTED || t->kind == TOKEN_TEXT ||
		 (t->kind == TOKEN_OCTETS && !x->in_octets))
		buf_add_char(&x->out, ':');
	if (t->kind != TOKEN_BAD)
		buf_add(&x->out, t->text, t->len);
	x->in_octets = t->kind == TOKEN_OCTETS;
	x->is_bad = t->kind == TOKEN_BAD;
	if (x->words++ == 1 && imap_tokens_is_status(t))
		imap_parse_text(&x->parse);
	if (t->kind == TOKEN_END)
		x->words = 0;
}

/* One piece. */
static inline void
imap_tokens_feed(struct imap_tokens *x, const char *bytes, size_t n)
{
	while (n > 0 && !x->is_bad) {
		struct imap_token t;
		size_t used;

		if (imap_parse(&x->parse, bytes, n, &used, &t) != TOKEN_MORE)
			imap_tokens_add(x, &t);
		bytes += used;
		n -= used;
	}
}

static inline void
imap_tokens_free(struct imap_tokens *x)
{
	imap_parse_free(&x->parse);
	buf_free(&x->out);
}

#endif
