/* SPDX-License-Identifier: ISC */
#include "mfetch/undeleted.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/file.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "proto/mailbox.h"

/* The file is one line: '-' or, where the user has been told, '!', and the id. */
enum { DELETED = '-', TOLD = '!' };

static void
write_file(const struct journal *journal, char sign, const char *uid)
{
	char *path = journal_side_file(journal, ".deleted"),
	     *line = mem_printf("%c%s\n", sign, uid);

	file_note(path, line, strlen(line));
	free(line);
	free(path);
}

/* The sign and the id, the caller's to free(). NULL: there is none. */
static char *
read_file(const struct journal *journal)
{
	char *path = journal_side_file(journal, ".deleted"), *line = file_noted_line(path);

	free(path);
	return line;
}

static bool
is_listed(const struct message_list *l, const char *uid)
{
	for (size_t i = 0; i < l->count; i++) {
		const char *listed = message_list_uid(l, i);

		if (listed && strcmp(listed, uid) == 0)
			return true;
	}
	return false;
}

void
undeleted_check(const struct journal *journal, const struct message_list *l, const struct run *run,
		const char *place)
{
	char *line = read_file(journal);

	if (line && line[0] == DELETED && run_may_remark(run) && is_listed(l, line + 1)) {
		run_remark(run,
			   "%s: what an earlier run deleted is still there: the server agrees to "
			   "deletions and carries none out; look for a setting on its web site",
			   place);
		write_file(journal, TOLD, line + 1);
	}
	free(line);
}

/* The user is told only once, as long as it goes on. */
void
undeleted_remember(const struct journal *journal, const struct message_list *l,
		   const struct message_set *set)
{
	const char *uid = set->count ? message_list_uid(l, set->index[set->count - 1]) : NULL;
	char *line = uid ? read_file(journal) : NULL;
	const bool goes_on = line && line[0] == TOLD && is_listed(l, line + 1);

	if (uid && !goes_on)
		write_file(journal, DELETED, uid);
	free(line);
}
