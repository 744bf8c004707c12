/* SPDX-License-Identifier: ISC */
#include "mfetch/repeats.h"

#include <string.h>

void
repeats_turn(struct repeats *r)
{
	const struct buf spare = r->before;

	r->before = r->now;
	r->now = spare;
	buf_clear(&r->now);
}

/* TEXT begins with the program's name and ends with a LF: it can't be the end of a longer line. */
static bool
has(const struct buf *lines, const char *text)
{
	return lines->len > 0 && strstr(lines->data, text) != NULL;
}

bool
repeats_has(struct repeats *r, const char *text)
{
	if (has(&r->now, text))
		return true;
	buf_add_str(&r->now, text);
	return has(&r->before, text);
}

void
repeats_free(struct repeats *r)
{
	buf_free(&r->before);
	buf_free(&r->now);
}
