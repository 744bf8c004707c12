/* SPDX-License-Identifier: ISC */
#include "message/transfer.h"

#include <string.h>

#include "base/text.h"

/* RFC 2045: no encoded line is longer than 76 characters. */
enum { LINE_MAX_OUT = 76 };

bool
transfer_flush(struct transfer *t)
{
	if (t->len > 0 && !t->has_failed)
		t->has_failed = !t->put(t->ctx, t->out, t->len);
	t->len = 0;
	return !t->has_failed;
}

static void
write_out(struct transfer *t, const char *bytes, size_t n)
{
	while (n > 0) {
		const size_t room = sizeof t->out - t->len, part = n < room ? n : room;

		memcpy(t->out + t->len, bytes, part);
		t->len += part;
		bytes += part;
		n -= part;
		if (t->len == sizeof t->out)
			transfer_flush(t);
	}
}

void
transfer_begin(struct transfer *t, enum transfer_encoding how)
{
	t->how = how;
	t->column = t->rest_len = 0;
	t->is_soft = false;
	t->blank = '\0';
}

/* A byte as =HH. */
static void
hex(char text[static 3], char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const unsigned char byte = (unsigned char)c;

	text[0] = '=';
	text[1] = digits[byte >> 4];
	text[2] = digits[byte & 15];
}

static void
escape(struct transfer *t, const char *bytes, size_t n)
{
	size_t start = 0;
	char text[3];

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)bytes[i] < 0x80)
			continue;
		write_out(t, bytes + start, i - start);
		hex(text, bytes[i]);
		write_out(t, text, sizeof text);
		start = i + 1;
	}
	write_out(t, bytes + start, n - start);
}

/* One character of quoted-printable; the line keeps room for the '=' of a soft line break. */
static void
quoted_word(struct transfer *t, const char *word, size_t n)
{
	if (t->column + n >= LINE_MAX_OUT) {
		write_out(t, "=\r\n", 3);
		t->column = 0;
		t->is_soft = true;
	}
	write_out(t, word, n);
	t->column += n;
}

/* A line that was no boundary must not become one by beginning in the middle: so no line begins
 * with '-' after a soft line break. */
static bool
is_plain(const struct transfer *t, char c)
{
	if (c == '-')
		return !(t->column + 1 >= LINE_MAX_OUT || (t->is_soft && t->column == 0));
	return (c > ' ' && c < 0x7f && c != '=') || text_is_wsp(c);
}

static void
quoted_char(struct transfer *t, char c)
{
	char text[3];

	if (is_plain(t, c)) {
		quoted_word(t, &c, 1);
		return;
	}
	hex(text, c);
	quoted_word(t, text, sizeof text);
}

/* A blank at the end of a line would not survive every gateway (section 6.7, rule 3). */
static void
end_quoted_line(struct transfer *t)
{
	char text[3];

	if (t->blank == '\0')
		return;
	hex(text, t->blank);
	quoted_word(t, text, sizeof text);
	t->blank = '\0';
}

static void
take_quoted(struct transfer *t, char c)
{
	if (t->blank != '\0')
		quoted_char(t, t->blank);
	t->blank = '\0';
	if (text_is_wsp(c))
		t->blank = c;
	else
		quoted_char(t, c);
}

static void
quote(struct transfer *t, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\r' || i + 1 == n || bytes[i + 1] != '\n') {
			take_quoted(t, bytes[i]);
			continue;
		}
		end_quoted_line(t);
		write_out(t, "\r\n", 2);
		t->column = 0;
		t->is_soft = false;
		i++;
	}
}

static void
base64_group(struct transfer *t)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *r = t->rest;
	const char group[4] = {digits[r[0] >> 2], digits[(r[0] & 3) << 4 | r[1] >> 4],
			       t->rest_len > 1 ? digits[(r[1] & 15) << 2 | r[2] >> 6] : '=',
			       t->rest_len > 2 ? digits[r[2] & 63] : '='};

	if (t->column == LINE_MAX_OUT) {
		write_out(t, "\r\n", 2);
		t->column = 0;
	}
	write_out(t, group, sizeof group);
	t->column += sizeof group;
	t->rest_len = 0;
	memset(t->rest, 0, sizeof t->rest);
}

static void
base64(struct transfer *t, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		t->rest[t->rest_len++] = (unsigned char)bytes[i];
		if (t->rest_len == sizeof t->rest)
			base64_group(t);
	}
}

void
transfer_add(struct transfer *t, const char *bytes, size_t n)
{
	static void (*const add[])(struct transfer *, const char *,
				   size_t) = {[TRANSFER_AS_IS] = write_out,
					      [TRANSFER_ESCAPE] = escape,
					      [TRANSFER_QUOTED] = quote,
					      [TRANSFER_BASE64] = base64};

	add[t->how](t, bytes, n);
}

void
transfer_end(struct transfer *t)
{
	end_quoted_line(t);
	if (t->rest_len > 0)
		base64_group(t);
	transfer_begin(t, TRANSFER_AS_IS);
}
