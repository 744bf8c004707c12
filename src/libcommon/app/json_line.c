/* SPDX-License-Identifier: ISC */
#include "app/json_line.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/screen.h"
#include "base/text.h"

enum {
	FIRST_PLANE_END = 0x10000,
	LOW_BITS = 0x3ff,
	HIGH_SURROGATE = 0xd800,
	LOW_SURROGATE = 0xdc00
};

void
json_line_begin(struct json_line *l)
{
	*l = (struct json_line){.is_ascii = screen_charset() && isatty(STDOUT_FILENO) == 1};
	buf_add_char(&l->text, '{');
}

void
json_line_end(struct json_line *l)
{
	buf_add_str(&l->text, "}\n");
	fwrite(l->text.data, 1, l->text.len, stdout);
	buf_free(&l->text);
}

static void
separate(struct json_line *l)
{
	if (l->needs_comma)
		buf_add_char(&l->text, ',');
	l->needs_comma = true;
}

void
json_line_key(struct json_line *l, const char *name)
{
	separate(l);
	buf_addf(&l->text, "\"%s\":", name);
	l->needs_comma = false;
}

/* RFC 8259 section 7: a character of another plane is a surrogate pair. */
static void
add_escaped(struct json_line *l, unsigned code)
{
	if (code < FIRST_PLANE_END) {
		buf_addf(&l->text, code < ' ' ? "\\u%04X" : "\\u%04x", code);
		return;
	}
	code -= FIRST_PLANE_END;
	buf_addf(&l->text, "\\u%04x\\u%04x", HIGH_SURROGATE + (code >> 10),
		 LOW_SURROGATE + (code & LOW_BITS));
}

/* JSON escapes quotes, backslashes and C0 only; a terminal obeys others, too. */
static void
add_character(struct json_line *l, const char *s, size_t len)
{
	static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = len == 1 && *s ? strchr(special, *s) : NULL;

	if (at)
		buf_addf(&l->text, "\\%c", letters[at - special]);
	else if (!text_is_printable(s, len) || (l->is_ascii && len > 1))
		add_escaped(l, text_code_point(s, len));
	else
		buf_add(&l->text, s, len);
}

void
json_line_text(struct json_line *l, const char *text, size_t len)
{
	struct buf safe = {0};

	separate(l);
	if (!text_is_utf8(text, len)) {
		text_printable(&safe, text, len);
		text = safe.data;
		len = safe.len;
	}
	buf_add_char(&l->text, '"');
	for (size_t n; len > 0; text += n, len -= n) {
		n = text_utf8_length(text, len);
		add_character(l, text, n);
	}
	buf_add_char(&l->text, '"');
	buf_free(&safe);
}

void
json_line_number(struct json_line *l, uint64_t n)
{
	separate(l);
	buf_add_number(&l->text, n);
}

void
json_line_null(struct json_line *l)
{
	separate(l);
	buf_add_str(&l->text, "null");
}

void
json_line_array(struct json_line *l)
{
	separate(l);
	buf_add_char(&l->text, '[');
	l->needs_comma = false;
}

void
json_line_array_end(struct json_line *l)
{
	buf_add_char(&l->text, ']');
	l->needs_comma = true;
}
