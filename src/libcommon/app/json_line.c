/* SPDX-License-Identifier: ISC */
#include "app/json_line.h"

#include <stdio.h>
#include <stdlib.h>

/* JSON lets DEL stand, and C1's controls, which are C2 80 to C2 9F in UTF-8. */
static void
put(const char *line)
{
	for (const unsigned char *p = (const unsigned char *)line; *p; p++)
		if (*p == 0x7f)
			fputs("\\u007f", stdout);
		else if (*p == 0xc2 && p[1] < 0xa0)
			printf("\\u%04x", *++p);
		else
			putchar(*p);
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
