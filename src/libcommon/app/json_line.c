/* SPDX-License-Identifier: ISC */
#include "app/json_line.h"

#include <stdio.h>
#include <stdlib.h>

/* The bytes of the character at P, which becomes *C, if it is one that JSON lets stand and a
 * terminal obeys: DEL, C1's controls, those that turn the direction of writing (U+202A to U+202E,
 * U+2066 to U+2069). 0: it is none. P is UTF-8, and NUL-terminated. */
static size_t
obeyed(const unsigned char *p, unsigned *c)
{
	if (*p == 0x7f) {
		*c = *p;
		return 1;
	}
	if (*p == 0xc2) {
		*c = p[1];
		return *c < 0xa0 ? 2 : 0;
	}
	if (*p != 0xe2)
		return 0;
	*c = 0x2000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return (*c >= 0x202a && *c <= 0x202e) || (*c >= 0x2066 && *c <= 0x2069) ? 3 : 0;
}

static void
put(const char *line)
{
	const unsigned char *p = (const unsigned char *)line;

	while (*p) {
		unsigned c;
		const size_t len = obeyed(p, &c);

		if (len > 0)
			printf("\\u%04x", c);
		else
			putchar(*p);
		p += len > 0 ? len : 1;
	}
	putchar('\n');
}

void
json_line_put(json_t *object)
{
	char *line = json_dumps(object, JSON_COMPACT);

	if (line)
		put(line);
	free(line);
	json_decref(object);
}
