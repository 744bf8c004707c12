/* SPDX-License-Identifier: ISC */
#include "mfetch/clock_note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "journal/journal.h"

enum {
	DAY_S = 24 * 60 * 60,
	JUMP_S = 366 * DAY_S,
	NOTE_EVERY_S = 60 * 60 /* the note need not be newer */
};

/* The file is one line of two numbers. */
struct note {
	int64_t last;   /* time of the last run; 0: none is known */
	int64_t jumped; /* when the clock jumped; 0: it did not */
};

static struct note
read_note(const char *path, int64_t newest)
{
	struct note n = {.last = clock_was_set(newest) ? newest : 0};
	char *line = file_noted_line(path);
	struct note noted;

	if (line && sscanf(line, "%" SCNd64 " %" SCNd64, &noted.last, &noted.jumped) == 2 &&
	    clock_was_set(noted.last))
		n = noted;
	free(line);
	return n;
}

static void
write_note(const char *path, const struct note *n)
{
	char *line = mem_printf("%" PRId64 " %" PRId64 "\n", n->last, n->jumped);

	file_note(path, line, strlen(line));
	free(line);
}

bool
clock_note_agrees(const struct journal *j, int64_t now, int64_t newest, bool records)
{
	char *path = journal_side_file(j, ".clock");
	const struct note n = read_note(path, newest);
	struct note next = {.last = now, .jumped = n.jumped};

	if (n.last != 0 && now - n.last > JUMP_S)
		next.jumped = now;
	else if (now < n.last || now - n.jumped >= DAY_S)
		next.jumped = 0;
	if (records && (now < n.last || now - n.last >= NOTE_EVERY_S || next.jumped != n.jumped))
		write_note(path, &next);
	free(path);
	return next.jumped == 0 && now >= n.last;
}
