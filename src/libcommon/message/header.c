/* SPDX-License-Identifier: ISC */
#include "message/header.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static bool
is_line_end(char c)
{
	return c == '\r' || c == '\n';
}

static size_t
count_crs(const char *bytes, size_t n)
{
	size_t crs = 0;

	while (crs < n && bytes[crs] == '\r')
		crs++;
	return crs;
}

/* The length of the line end at the start of N bytes; 0: none. */
static size_t
line_end_len(const char *bytes, size_t n)
{
	const size_t crs = count_crs(bytes, n);

	if (crs < n && bytes[crs] == '\n')
		return crs + 1;
	return crs > 0 ? 1 : 0;
}

/* The length of the text before the first line end. Looked for in pieces of some lines' length, so
 * that a block of which only CRs end the lines is not searched for an LF as often as it has lines.
 */
static size_t
text_len(const char *bytes, size_t n)
{
	enum { PIECE = 256 };

	for (size_t at = 0; at < n; at += PIECE) {
		const size_t len = n - at < PIECE ? n - at : PIECE;
		const char *lf = memchr(bytes + at, '\n', len);
		const char *cr = memchr(bytes + at, '\r', lf ? (size_t)(lf - bytes) - at : len);

		if (cr || lf)
			return (size_t)((cr ? cr : lf) - bytes);
	}
	return n;
}

/* The offset after the line at AT. */
static size_t
next_line(const char *block, size_t n, size_t at)
{
	at += text_len(block + at, n - at);
	return at + line_end_len(block + at, n - at);
}

/*
 * The length of a field's name (RFC 5322 section 3.6.8: ftext, any ASCII but controls, blanks and
 * the colon), and in *COLON the position of its colon. 0: the line is not a field.
 */
static size_t
name_len(const char *line, size_t n, size_t *colon)
{
	size_t len = 0;
	size_t at;

	while (len < n && line[len] > ' ' && line[len] < 0x7f && line[len] != ':')
		len++;
	for (at = len; at < n && text_is_wsp(line[at]);)
		at++;
	*colon = at;
	return at < n && line[at] == ':' ? len : 0;
}

bool
header_next(const char *block, size_t n, size_t *at, struct header_field *field)
{
	const char *start;
	size_t end;
	size_t colon;

	if (*at >= n || is_line_end(block[*at]))
		return false;
	start = block + *at;
	for (end = next_line(block, n, *at); end < n && text_is_wsp(block[end]);)
		end = next_line(block, n, end);
	*field = (struct header_field){.name = start, .start = start, .len = end - *at};
	*at = end;

	field->name_len = name_len(start, field->len, &colon);
	field->body = field->name_len > 0 ? start + colon + 1 : start;
	field->body_len = field->len - (size_t)(field->body - start);
	while (field->body_len > 0 && is_line_end(field->body[field->body_len - 1]))
		field->body_len--;
	return true;
}

bool
header_is(const struct header_field *field, const char *name)
{
	return field->name_len > 0 && text_equal_n(field->name, field->name_len, name);
}

bool
header_names_recipients(const struct header_field *field)
{
	static const char *const names[] = {"To",        "Cc",        "Bcc",
					    "Resent-To", "Resent-Cc", "Resent-Bcc"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (header_is(field, names[i]))
			return true;
	return false;
}

bool
header_find(const char *block, size_t n, const char *name, struct header_field *field)
{
	for (size_t at = 0; header_next(block, n, &at, field);)
		if (header_is(field, name))
			return true;
	return false;
}

void
header_unfold(struct buf *out, const struct header_field *field)
{
	const char *body = field->body;
	const char *end = body + field->body_len;

	while (body < end && (text_is_wsp(*body) || is_line_end(*body)))
		body++;
	while (end > body && (text_is_wsp(end[-1]) || is_line_end(end[-1])))
		end--;
	do {
		const size_t len = text_len(body, (size_t)(end - body));

		buf_add(out, body, len);
		body += len;
		while (body < end && is_line_end(*body))
			body++;
	} while (body < end);
}

size_t
header_end(const char *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		const size_t end = line_end_len(bytes + at, n - at);

		if (end > 0)
			return count_crs(bytes + at, n - at) == n - at ? 0 : at + end;
		at = next_line(bytes, n, at);
	}
	return 0;
}
