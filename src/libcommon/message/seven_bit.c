/* SPDX-License-Identifier: ISC */
#include "message/seven_bit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/content_type.h"
#include "message/header.h"
#include "message/transfer.h"

enum { LINE_PIECE = 2048 }; /* longer lines come in pieces; no boundary is so long */

/* The result of looking at a part. */
enum { HAS_8BIT = 1, NOT_UTF8 = 2 };

/* A multipart around what is read now. */
struct level {
	char boundary[CONTENT_BOUNDARY_MAX + 1];
	bool is_digest; /* its parts are messages unless they say otherwise */
};

struct seven_bit {
	bool is_looking;
	struct level levels[SEVEN_BIT_DEPTH_MAX];
	size_t depth;
	bool in_header;
	bool is_message;   /* that header is a message's, not a part's */
	struct buf header; /* so far */
	struct buf line;   /* the beginning of a line whose rest is to come */
	bool in_line;      /* pieces of this line were taken already */
	bool owes_end; /* the last line's end: of the content, or of the boundary that follows */
	const char *frozen; /* why the content may not be encoded; NULL: it may */
	bool is_leaf;       /* the content is a part's, and `part` its number + 1 */
	size_t part;
	struct buf found; /* a byte for each part */
	unsigned trail;   /* bytes of a UTF-8 character that are to come */
	struct transfer out;
	struct err error;
};

struct seven_bit *
seven_bit_new(void)
{
	return mem_alloc(sizeof(struct seven_bit));
}

void
seven_bit_free(struct seven_bit *s)
{
	if (!s)
		return;
	buf_free(&s->header);
	buf_free(&s->line);
	buf_free(&s->found);
	free(s);
}

void
seven_bit_begin(struct seven_bit *s, eol_put put, void *ctx)
{
	s->is_looking = !put;
	s->out.put = put;
	s->out.ctx = ctx;
	s->out.len = 0;
	s->out.has_failed = false;
	transfer_begin(&s->out, TRANSFER_AS_IS);
	s->in_header = s->is_message = true;
	s->in_line = s->owes_end = s->is_leaf = false;
	s->depth = s->part = 0;
	s->frozen = NULL;
	s->error = (struct err){0};
	buf_clear(&s->header);
	buf_clear(&s->line);
	if (s->is_looking)
		buf_clear(&s->found);
}

/* The error that stays: the message cannot be sent. */
static void
refuse(struct seven_bit *s, const char *where)
{
	if (s->error.code == ERR_NONE)
		err_set(&s->error, ERR_MALFORMED,
			"%s has 8-bit text, and the server does not offer 8BITMIME", where);
}

static void
write_as_is(struct seven_bit *s, const char *bytes, size_t n)
{
	if (!s->is_looking)
		transfer_add(&s->out, bytes, n);
}

/* The content of a part. */

/* Follows the characters, well enough to tell UTF-8 from the rest. */
static bool
is_utf8_byte(struct seven_bit *s, unsigned char c)
{
	if (s->trail > 0) {
		s->trail--;
		return (c & 0xc0) == 0x80;
	}
	s->trail = c < 0xc2 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
	return c < 0x80 || s->trail > 0;
}

static void
look_at_part(struct seven_bit *s, const char *bytes, size_t n)
{
	char *found = &s->found.data[s->part - 1];

	if (s->trail == 0 && !text_has_8bit(bytes, n))
		return;
	*found |= HAS_8BIT;
	for (size_t i = 0; i < n; i++)
		if (!is_utf8_byte(s, (unsigned char)bytes[i]))
			*found |= NOT_UTF8;
}

static void
take_content(struct seven_bit *s, const char *bytes, size_t n)
{
	if (!s->is_looking)
		transfer_add(&s->out, bytes, n);
	else if (s->frozen && text_has_8bit(bytes, n))
		refuse(s, s->frozen);
	else if (!s->frozen && s->is_leaf)
		look_at_part(s, bytes, n);
}

/* The end of a line waits: before a boundary it belongs to that (RFC 2046 section 5.1.1). */
static void
take_body(struct seven_bit *s, const char *piece, size_t n)
{
	const bool ends = n >= 2 && piece[n - 2] == '\r' && piece[n - 1] == '\n';

	if (s->owes_end)
		take_content(s, "\r\n", 2);
	s->owes_end = ends;
	take_content(s, piece, ends ? n - 2 : n);
}

/* Before a boundary, and at the end of the message, where the last line end is content. */
static void
end_body(struct seven_bit *s, bool is_last)
{
	const bool is_base64 = s->out.how == TRANSFER_BASE64;

	if (is_last && s->owes_end)
		take_content(s, "\r\n", 2);
	if (!s->is_looking)
		transfer_end(&s->out);
	if (is_last ? is_base64 : s->owes_end)
		write_as_is(s, "\r\n", 2);
	s->owes_end = s->is_leaf = false;
	s->trail = 0;
}

/* Headers. */

/* The fields that a part needs. */
struct fields {
	const char *encoding; /* a value for Content-Transfer-Encoding; NULL: as it is */
	const char *charset;  /* of a text without Content-Type; NULL: as it is */
	bool needs_version;
};

static void
write_text(struct seven_bit *s, const char *name, const char *value, const char *more)
{
	transfer_add(&s->out, name, strlen(name));
	transfer_add(&s->out, value, strlen(value));
	transfer_add(&s->out, more, strlen(more));
}

static void
write_fields(struct seven_bit *s, const struct fields *f)
{
	if (f->needs_version)
		write_text(s, "MIME-Version: 1.0\r\n", "", "");
	if (f->charset)
		write_text(s, "Content-Type: text/plain; charset=", f->charset, "\r\n");
	if (f->encoding)
		write_text(s, "Content-Transfer-Encoding: ", f->encoding, "\r\n");
}

/* The header as it came, except for those fields: they are written after the others. */
static void
write_header(struct seven_bit *s, const struct fields *f)
{
	const struct buf *h = &s->header;
	struct header_field field;
	size_t at = 0;

	if (s->is_looking)
		return;
	while (header_next(h->data, h->len, &at, &field))
		if (!f->encoding || !header_is(&field, "Content-Transfer-Encoding"))
			transfer_add(&s->out, field.start, field.len);
	write_fields(s, f);
	transfer_add(&s->out, h->data + at, h->len - at);
}

static void
check_header(struct seven_bit *s)
{
	struct header_field field;
	char where[128];

	if (!s->is_looking || !text_has_8bit(s->header.data, s->header.len))
		return;
	for (size_t at = 0; header_next(s->header.data, s->header.len, &at, &field);)
		if (text_has_8bit(field.start, field.len)) {
			snprintf(where, sizeof where, "the header field '%.*s'",
				 field.name_len < 60 ? (int)field.name_len : 60, field.name);
			refuse(s, where);
		}
}

static bool
is_labelled_8bit(const struct content_type *c)
{
	return strcmp(c->encoding, "8bit") == 0 || strcmp(c->encoding, "binary") == 0;
}

/* An entity with parts is 7bit when its parts are. */
static void
begin_container(struct seven_bit *s, const struct content_type *c)
{
	write_header(s, &(struct fields){.encoding = is_labelled_8bit(c) ? "7bit" : NULL});
}

static void
freeze(struct seven_bit *s, const char *where)
{
	s->frozen = where;
	write_header(s, &(struct fields){0});
}

static void
push(struct seven_bit *s, const struct content_type *c)
{
	struct level *l = &s->levels[s->depth++];

	memcpy(l->boundary, c->boundary, sizeof l->boundary);
	l->is_digest = strcmp(c->subtype, "digest") == 0;
}

static void
begin_multipart(struct seven_bit *s, const struct content_type *c)
{
	if (strcmp(c->subtype, "signed") == 0)
		freeze(s, "a signed part, which must not be changed,");
	else if (strcmp(c->subtype, "encrypted") == 0)
		freeze(s, "an encrypted part, which must not be changed,");
	else if (c->boundary[0] == '\0' || !content_type_is_identity(c))
		freeze(s, "a multipart whose parts cannot be found");
	else if (s->depth == SEVEN_BIT_DEPTH_MAX)
		err_set(&s->error, ERR_MALFORMED, "more than %d multiparts are nested",
			SEVEN_BIT_DEPTH_MAX);
	else {
		begin_container(s, c);
		push(s, c);
		if (!s->is_looking) /* no reader shows what is before the first part */
			transfer_begin(&s->out, TRANSFER_ESCAPE);
	}
}

static enum transfer_encoding
encoding_for(const struct content_type *c)
{
	const bool is_text = !c->is_given || c->type[0] == '\0' || strcmp(c->type, "text") == 0;

	if (strcmp(c->encoding, "quoted-printable") == 0)
		return TRANSFER_ESCAPE;
	return is_text ? TRANSFER_QUOTED : TRANSFER_BASE64;
}

static void
begin_encoded(struct seven_bit *s, const struct content_type *c, char found)
{
	static const char *const names[] = {
	    [TRANSFER_QUOTED] = "quoted-printable", [TRANSFER_BASE64] = "base64"};
	const enum transfer_encoding how = encoding_for(c);
	struct fields f = {.needs_version = s->is_message && !c->has_version};

	if (how != TRANSFER_ESCAPE)
		f.encoding = names[how];
	if (s->is_message && !c->is_given)
		f.charset = found & NOT_UTF8 ? "unknown-8bit" : "utf-8"; /* RFC 1428 section 3 */
	write_header(s, &f);
	transfer_begin(&s->out, how);
}

static void
begin_leaf(struct seven_bit *s, const struct content_type *c)
{
	char found;

	s->is_leaf = true;
	if (s->is_looking) {
		if (s->part++ == SEVEN_BIT_PARTS_MAX)
			err_set(&s->error, ERR_MALFORMED, "the message has more than %d parts",
				SEVEN_BIT_PARTS_MAX);
		buf_add_char(&s->found, 0);
		return;
	}
	if (s->part == s->found.len) {
		err_set(&s->error, ERR_IO, "the message changed while it was sent");
		return;
	}
	found = s->found.data[s->part++];
	if (found || strcmp(c->encoding, "binary") == 0)
		begin_encoded(s, c, found);
	else
		begin_container(s, c);
}

/* RFC 2045 section 6.4: no encoding for a composite type; RFC 6532 section 3.7 allows it for
 * message/global and its kin. */
static void
begin_content(struct seven_bit *s, const struct content_type *c)
{
	const bool is_identity = content_type_is_identity(c);

	if (strcmp(c->type, "multipart") == 0)
		begin_multipart(s, c);
	else if (is_identity && (content_type_is(c, "message", "rfc822") ||
				 content_type_is(c, "message", "news"))) {
		begin_container(s, c);
		s->in_header = s->is_message = true;
	} else if (strcmp(c->type, "message") == 0 && strncmp(c->subtype, "global", 6) != 0)
		freeze(s, "a part of a type that cannot be encoded");
	else if (is_identity || strcmp(c->encoding, "quoted-printable") == 0)
		begin_leaf(s, c);
	else
		freeze(s, "a part that says it is encoded");
}

static void
end_header(struct seven_bit *s)
{
	struct content_type c;

	content_type_read(s->header.data, s->header.len, &c);
	if (!c.is_given && !s->is_message && s->levels[s->depth - 1].is_digest) {
		memcpy(c.type, "message", sizeof "message");
		memcpy(c.subtype, "rfc822", sizeof "rfc822");
	}
	check_header(s);
	s->in_header = false;
	begin_content(s, &c);
	buf_clear(&s->header);
}

static void
take_header(struct seven_bit *s, const char *piece, size_t n)
{
	const bool is_empty = !s->in_line && n == 2 && piece[0] == '\r';

	buf_add(&s->header, piece, n);
	if (is_empty)
		end_header(s);
	else if (s->header.len > SEVEN_BIT_HEADER_MAX)
		err_set(&s->error, ERR_MALFORMED, "the header of a part is longer than 1 MiB");
}

/* Boundaries. */

static bool
is_boundary(const struct level *l, const char *line, size_t n, bool *is_close)
{
	const size_t len = strlen(l->boundary);

	if (n < len + 2 || memcmp(line + 2, l->boundary, len) != 0)
		return false;
	line += len + 2;
	n -= len + 2;
	*is_close = n >= 2 && line[0] == '-' && line[1] == '-';
	for (size_t i = *is_close ? 2 : 0; i < n; i++)
		if (!strchr(" \t\r\n", line[i]))
			return false;
	return true;
}

/* The innermost multipart that the line is a boundary of. False: none. */
static bool
find_boundary(const struct seven_bit *s, const char *line, size_t n, size_t *level, bool *is_close)
{
	if (n < 2 || line[0] != '-' || line[1] != '-')
		return false;
	for (size_t i = s->depth; i-- > 0;)
		if (is_boundary(&s->levels[i], line, n, is_close)) {
			*level = i;
			return true;
		}
	return false;
}

/* The multiparts of what cannot be changed are not looked into: any boundary ends it. */
static void
take_boundary(struct seven_bit *s, const char *line, size_t n, size_t level, bool is_close)
{
	if (s->in_header)
		end_header(s);
	end_body(s, false);
	write_as_is(s, line, n);
	s->depth = is_close ? level : level + 1;
	s->frozen = NULL;
	s->in_header = !is_close;
	s->is_message = false;
	if (is_close && !s->is_looking)
		transfer_begin(&s->out, TRANSFER_ESCAPE);
}

static void
take_line(struct seven_bit *s, const char *piece, size_t n)
{
	const bool ends = piece[n - 1] == '\n';
	size_t level = 0;
	bool is_close = false;

	if (!s->in_line && ends && find_boundary(s, piece, n, &level, &is_close))
		take_boundary(s, piece, n, level, is_close);
	else if (s->in_header)
		take_header(s, piece, n);
	else
		take_body(s, piece, n);
	s->in_line = !ends;
}

/* The beginning of a long line, without a CR whose LF may follow. */
static void
take_long(struct seven_bit *s)
{
	const size_t n = s->line.len - (s->line.data[s->line.len - 1] == '\r');

	take_line(s, s->line.data, n);
	buf_drop(&s->line, n);
}

bool
seven_bit_put(void *ctx, const char *bytes, size_t n)
{
	struct seven_bit *s = ctx;

	while (n > 0 && s->error.code == ERR_NONE && !s->out.has_failed) {
		const size_t most = n < LINE_PIECE ? n : LINE_PIECE;
		const char *end = memchr(bytes, '\n', most);
		const size_t len = end ? (size_t)(end - bytes) + 1 : most;

		if (end && s->line.len == 0) {
			take_line(s, bytes, len);
		} else {
			buf_add(&s->line, bytes, len);
			if (end) {
				take_line(s, s->line.data, s->line.len);
				buf_clear(&s->line);
			} else if (s->line.len >= LINE_PIECE) {
				take_long(s);
			}
		}
		bytes += len;
		n -= len;
	}
	return s->error.code == ERR_NONE && !s->out.has_failed;
}

bool
seven_bit_end(struct seven_bit *s, struct err *e)
{
	if (s->error.code == ERR_NONE && s->line.len > 0)
		take_line(s, s->line.data, s->line.len);
	if (s->error.code == ERR_NONE && s->in_header)
		end_header(s);
	if (s->error.code == ERR_NONE)
		end_body(s, true);
	if (s->error.code != ERR_NONE) {
		*e = s->error;
		return false;
	}
	return s->is_looking || transfer_flush(&s->out);
}
