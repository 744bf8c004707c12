/* SPDX-License-Identifier: ISC */
#include "app/json_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/screen.h"
#include "base/text.h"

/* The code point of a character of up to three bytes of UTF-8 (RFC 3629 section 3). */
static unsigned
code_point(const char *s, size_t len)
{
	static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f};
	unsigned code = (unsigned char)*s & first_bits[len];

	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	return code;
}

/* JSON escapes C0 only (RFC 8259 section 7): what else a terminal obeys is of the first plane. */
static void
put(const char *line)
{
	size_t left = strlen(line);

	while (left > 0) {
		const size_t len = text_utf8_length(line, left);

		if (text_is_printable(line, len))
			fwrite(line, 1, len, stdout);
		else
			printf("\\u%04x", code_point(line, len));
		line += len;
		left -= len;
	}
	putchar('\n');
}

json_t *
json_line_text(const char *text, size_t len)
{
	json_t *string = json_stringn(text, len);
	struct buf safe = {0};

	if (string)
		return string;
	text_printable(&safe, text, len);
	string = json_stringn(safe.data ? safe.data : "", safe.len);
	buf_free(&safe);
	if (!string)
		mem_exhausted();
	return string;
}

void
json_line_put(json_t *object)
{
	/* A terminal that does not speak UTF-8 may take its bytes for controls. */
	const bool is_ascii = screen_charset() && isatty(STDOUT_FILENO) == 1;
	char *line = json_dumps(object, JSON_COMPACT | (is_ascii ? JSON_ENSURE_ASCII : 0));

	if (!line) /* its strings are valid, see json_line_text() */
		mem_exhausted();
	put(line);
	free(line);
	json_decref(object);
}
