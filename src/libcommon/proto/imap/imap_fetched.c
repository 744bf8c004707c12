/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_fetched.h"

#include <string.h>

#include "base/text.h"
#include "proto/imap/imap_talk.h"

enum { FLAGS_MAX = 4096 }; /* bytes of one message's flags that are kept */

/* Fields are as good within the whole header. */
static bool
is_text_item(const char *name, enum part part)
{
	static const char fields[] = "BODY[HEADER.FIELDS (";

	if (part == PART_WHOLE)
		return text_equal_case(name, "BODY[]") || text_equal_case(name, "RFC822");
	return text_equal_case(name, "BODY[HEADER]") || text_equal_case(name, "RFC822.HEADER") ||
	       (part == PART_FIELDS && text_begins(name, fields));
}

static bool
is_kept_flag(const struct buf *flags, const struct imap_token *t)
{
	return t->kind == TOKEN_ATOM && !imap_is(t, "\\Recent") && flags->len + t->len < FLAGS_MAX;
}

/* Leaves out \Recent, which says nothing about the message (RFC 9051 section 2.3.2). A malformed
 * list counts as no flags: only the display depends on them. */
static bool
read_flags(struct imap *c, const struct imap_token *open, struct buf *flags)
{
	struct imap_token t;

	buf_clear(flags);
	buf_add_str(flags, "");
	if (open->kind != TOKEN_OPEN)
		return imap_skip_value(c, open);
	while (imap_next(c, &t) && t.kind != TOKEN_CLOSE)
		if (is_kept_flag(flags, &t))
			buf_addf(flags, "%s%.*s", flags->len > 0 ? " " : "", (int)t.len, t.text);
		else if (!imap_skip_value(c, &t))
			return false;
	return t.kind == TOKEN_CLOSE || imap_breach(c, "flags that do not end");
}

/* A UID or a size that is malformed leaves one message without it; so do two UIDs, of which nobody
 * knows which is right. */
static bool
read_uid(struct imap *c, struct imap_fetched *f, const struct imap_token *t)
{
	uint32_t uid = 0;

	if (!imap_number(t, &uid) || (f->names_uid && f->uid != uid))
		uid = 0;
	f->uid = uid;
	f->names_uid = true;
	return imap_skip_value(c, t);
}

static bool
read_size(struct imap *c, struct imap_fetched *f, const struct imap_token *t)
{
	uint64_t size;

	f->has_size = true;
	if (imap_number64(t, &size))
		f->size = size;
	return imap_skip_value(c, t);
}

static bool
read_item(struct imap *c, struct imap_fetched *f, const char *name, enum part part,
	  imap_take_text take_text, void *ctx)
{
	struct imap_token t;

	if (!imap_next(c, &t))
		return imap_breach(c, "a FETCH item without a value");
	if (text_equal_case(name, "UID"))
		return read_uid(c, f, &t);
	if (text_equal_case(name, "RFC822.SIZE"))
		return read_size(c, f, &t);
	if (text_equal_case(name, "FLAGS")) {
		f->has_flags = true;
		return f->flags ? read_flags(c, &t, f->flags) : imap_skip_value(c, &t);
	}
	if (take_text && is_text_item(name, part))
		return take_text(ctx, c, f, &t);
	return imap_skip_value(c, &t);
}

bool
imap_read_fetch(struct imap *c, struct imap_fetched *f, enum part part, imap_take_text take_text,
		void *ctx)
{
	struct imap_token t;
	char name[32];

	if (!imap_next(c, &t) || t.kind != TOKEN_OPEN)
		return imap_breach(c, "a FETCH without a list");
	while (imap_next(c, &t)) {
		if (t.kind == TOKEN_CLOSE)
			return true;
		if (t.kind != TOKEN_ATOM)
			return imap_breach(c, "a FETCH item without a name");
		/* A longer name is none of those that are looked at whole. */
		memcpy(name, t.text, t.len < sizeof name ? t.len : sizeof name - 1);
		name[t.len < sizeof name ? t.len : sizeof name - 1] = '\0';
		if (!read_item(c, f, name, part, take_text, ctx))
			return false;
	}
	return imap_breach(c, "a FETCH that ends within its list");
}
