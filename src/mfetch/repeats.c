/* SPDX-License-Identifier: ISC */
#include "mfetch/repeats.h"

#include <string.h>

void
repeats_turn(struct repeats *h)
{
	const struct buf spare = h->before;

	h->before = h->now;
	h->now = spare;
	buf_clear(&h->now);
}

/* TEXT begins with the program's name and ends with a LF: it can't be the end of a longer line. */
static bool
has(const struct buf *lines, const char *text)
{
	return lines->len > 0 && strstr(lines->data, text) != NULL;
}

bool
repeats_has(struct repeats *h, const char *text)
{
	if (has(&h->now, text))
		return true;
	buf_add_str(&h->now, text);
	return has(&h->before, text);
}

void
repeats_free(struct repeats *h)
{
	buf_free(&h->before);
	buf_free(&h->now);
}
