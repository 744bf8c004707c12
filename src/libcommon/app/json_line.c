/* SPDX-License-Identifier: ISC */
#include "app/json_line.h"

#include <stdio.h>
#include <stdlib.h>

/* DEL is the one control character that JSON lets stand. */
static void
put(const char *line)
{
	for (; *line; line++)
		if (*line == 0x7f)
			fputs("\\u007f", stdout);
		else
			putchar(*line);
	putchar('\n');
}

void
json_line_put(json_t *object)
{
	char *line = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (line)
		put(line);
	free(line);
	json_decref(object);
}
