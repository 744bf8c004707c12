/* SPDX-License-Identifier: ISC */
#include "message/received_header.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "message/header.h"
#include "message/mbox.h"
#include "message/source.h"

enum {
	PIECE = 64 * 1024,
	FIRST_PIECE = 4000 /* most headers are shorter */
};

/* `From ` is the first line of a message in an mbox, `>From ` what some mailers made of one that
 * was there already. */
static bool
is_from_line(const struct header_field *field)
{
	const bool is_quoted = field->len > 0 && field->start[0] == '>';

	return field->name_len == 0 &&
	       text_starts(field->start + is_quoted, field->len - is_quoted, "From ");
}

/* Drops the first N bytes of the message, which are none of its header. */
static void
drop_start(struct received_header *h, size_t n)
{
	h->start += n;
	buf_drop(&h->bytes, n);
}

/* Is the line at *AT a From_ line of an mbox? A text that begins with "From " has no date in that
 * line, and no field after it. */
static bool
read_from_line(const struct received_header *h, size_t *at)
{
	struct header_field field, next;
	size_t after;

	if (!header_next(h->bytes.data, h->bytes.len, at, &field) || !is_from_line(&field))
		return false;
	after = *at;
	return mbox_has_date(field.start, field.len) ||
	       (header_next(h->bytes.data, h->bytes.len, &after, &next) &&
		(next.name_len > 0 || is_from_line(&next)));
}

static void
skip_from_lines(struct received_header *h)
{
	size_t start = 0;

	for (size_t at = 0; read_from_line(h, &at);)
		start = at;
	drop_start(h, start);
}

/* Editors of other systems begin a file with a byte order mark. */
static void
skip_bom(struct received_header *h)
{
	static const char bom[] = {'\xef', '\xbb', '\xbf'};

	if (h->bytes.len >= sizeof bom && memcmp(h->bytes.data, bom, sizeof bom) == 0)
		drop_start(h, sizeof bom);
}

/* Is there a line among the fields that is none? Then FIELD is what it begins, and *AT is after
 * it. */
static bool
find_stray(const struct received_header *h, size_t *at, struct header_field *field)
{
	*at = 0;
	while (header_next(h->bytes.data, h->bytes.len, at, field))
		if (field->name_len == 0)
			return true;
	return false;
}

/* A text without an empty line is not a header, however long it is. */
static bool
check_length(const struct received_header *h, struct err *e)
{
	struct header_field stray;
	size_t at;

	return find_stray(h, &at, &stray) ||
	       err_set(e, ERR_MALFORMED, "the header is longer than 1 MiB");
}

/* Reads until the header has ended, or the message has. Fields that follow a line which is none are
 * read too: end_at_stray() looks at them. */
static bool
read_lines(struct received_header *h, struct source *s, struct err *e)
{
	size_t piece, got, end = 0;

	do {
		if (h->bytes.len > RECEIVED_HEADER_MAX)
			return check_length(h, e);
		piece = h->bytes.len == 0 ? FIRST_PIECE : PIECE;
		if (!source_read(s, h->start + h->bytes.len, buf_reserve(&h->bytes, piece), piece,
				 &got, e))
			return false;
		h->bytes.len += got;
		if (h->bytes.len == got) {
			skip_bom(h);
			skip_from_lines(h);
		}
		end = header_end(h->bytes.data, h->bytes.len);
	} while (got > 0 && end == 0);
	if (end > 0)
		h->bytes.len = end;
	return true;
}

/* Does one of the fields from AT on name recipients? */
static bool
find_recipients(const char *bytes, size_t n, size_t at, struct header_field *field)
{
	while (header_next(bytes, n, &at, field))
		if (header_names_recipients(field))
			return true;
	return false;
}

/* Neither visible ASCII, nor the blank: a byte that may hide at either end of a field's name. */
static bool
is_invisible(char c)
{
	return (unsigned char)c <= 0x20 || (unsigned char)c >= 0x7f;
}

/* Is the line a field for recipients but for bytes that nobody sees (a form feed, a no-break space,
 * a second byte order mark)? FIELD has the name. */
static bool
reads_like_recipients(const struct header_field *stray, struct header_field *field)
{
	const char *name = stray->body, *end = memchr(name, ':', stray->body_len);

	while (end && name < end && is_invisible(*name))
		name++;
	while (end && end > name && is_invisible(end[-1]))
		end--;
	*field = (struct header_field){.name = name, .name_len = end ? (size_t)(end - name) : 0};
	return header_names_recipients(field);
}

/*
 * The body begins at a line that is not a field; if that is the first line (`date | msend bob`),
 * the whole text is body. But if it was meant for recipients, or fields for recipients follow it,
 * it is an error within a header: taking the rest as body would lose recipients and reveal the
 * hidden ones.
 */
static bool
end_at_stray(struct received_header *h, struct err *e)
{
	struct header_field stray, field;
	size_t at;

	if (!find_stray(h, &at, &stray))
		return true;
	if (find_recipients(h->bytes.data, h->bytes.len, at, &field)) {
		err_set(e, ERR_MALFORMED, "'%.*s' is not a header field, but '%.*s' follows it",
			stray.body_len < 40 ? (int)stray.body_len : 40, stray.body,
			(int)field.name_len, field.name);
		return err_hint(e, "an empty line ends the header");
	}
	if (reads_like_recipients(&stray, &field)) {
		err_set(e, ERR_MALFORMED, "'%.*s' is not a header field",
			stray.body_len < 40 ? (int)stray.body_len : 40, stray.body);
		return err_hint(e, "write %.*s: without the bytes around the name",
				(int)field.name_len, field.name);
	}
	h->bytes.len = (size_t)(stray.start - h->bytes.data);
	return true;
}

/* The same fault: empty lines, and then what looks like the header. */
static bool
check_empty_header(const struct received_header *h, struct source *s, struct err *e)
{
	char bytes[FIRST_PIECE];
	struct header_field field;
	size_t got, first, at = 0;

	if (header_next(h->bytes.data, h->bytes.len, &at, &field))
		return true;
	if (!source_read(s, h->start, bytes, sizeof bytes, &got, e))
		return false;
	while (at < got && (bytes[at] == '\r' || bytes[at] == '\n'))
		at++;
	first = at;
	if (!header_next(bytes, got, &first, &field) || field.name_len == 0 ||
	    !find_recipients(bytes, got, at, &field))
		return true;
	err_set(e, ERR_MALFORMED, "an empty line comes before the header");
	return err_hint(e, "remove that line");
}

bool
received_header_read(struct received_header *h, struct source *s, struct err *e)
{
	if (!read_lines(h, s, e))
		return false;
	if (h->bytes.len == 0)
		return err_set(e, ERR_MALFORMED, "the message is empty");
	if (!end_at_stray(h, e) || !check_empty_header(h, s, e))
		return false;
	h->body_offset = h->start + h->bytes.len;
	return true;
}

bool
received_header_look(struct received_header *h, struct source *s, struct err *e)
{
	size_t got, end;

	if (!source_read(s, 0, buf_reserve(&h->bytes, PIECE), PIECE, &got, e))
		return false;
	h->bytes.len = got;
	skip_bom(h);
	skip_from_lines(h);
	end = header_end(h->bytes.data, h->bytes.len);
	if (end > 0)
		h->bytes.len = end;
	h->body_offset = h->start;
	return true;
}
