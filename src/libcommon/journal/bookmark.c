/* SPDX-License-Identifier: ISC */
#include "journal/bookmark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal.h"

/* The prefix of a bookmark that is valid for the journal in its present state. False: the journal
 * does not exist. */
static bool
head_of(struct buf *head, const struct journal *s)
{
	struct stat st;

	if (!journal_stat(s, &st))
		return false;
	buf_add_str(head, "mailverbs bookmark 2 ");
	text_escape(head, journal_mailbox(s));
	buf_add_char(head, ' ');
	text_escape(head, journal_destination(s));
	buf_addf(head, " %ju %jd %jd.%09ld ", (uintmax_t)st.st_ino, (intmax_t)st.st_size,
		 (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return true;
}

/* "LISTED OLDEST MARK" */
static bool
parse(struct bookmark *b, const char *text)
{
	int used = 0;

	if (sscanf(text, "%" SCNd64 " %" SCNd64 "%n", &b->listed, &b->oldest, &used) != 2 ||
	    b->listed < 0 || b->oldest < 0 || text[used] != ' ' || text[used + 1] == '\0')
		return false;
	b->mark = mem_strdup(text + used + 1);
	return true;
}

bool
bookmark_read(struct bookmark *b, const struct journal *s)
{
	char *path = journal_side_file(s, ".bookmark"), *line = file_noted_line(path);
	struct buf head = {0};
	const bool ok = line && head_of(&head, s) && strncmp(line, head.data, head.len) == 0;

	*b = (struct bookmark){0};
	if (ok)
		parse(b, line + head.len);
	buf_free(&head);
	free(line);
	free(path);
	return b->mark != NULL;
}

void
bookmark_write(const struct bookmark *b, const struct journal *s)
{
	char *path = journal_side_file(s, ".bookmark");
	struct buf line = {0};

	if (head_of(&line, s)) {
		buf_addf(&line, "%" PRId64 " %" PRId64 " %s\n", b->listed, b->oldest, b->mark);
		file_note(path, line.data, line.len);
	}
	buf_free(&line);
	free(path);
}

void
bookmark_free(struct bookmark *b)
{
	free(b->mark);
	*b = (struct bookmark){0};
}
