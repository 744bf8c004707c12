/* SPDX-License-Identifier: ISC */
#include "mfetch/suspects.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "journal/journal.h"
#include "mfetch/message_marks.h"
#include "proto/mailbox.h"

enum { LINES_MAX = 1000 };

static char *
path_of(const struct journal *j)
{
	return journal_side_file(j, ".suspects");
}

/* True: there are some; IS_SUSPECT has an element for each message of L. */
static bool
read_suspects(const struct journal *j, const struct message_list *l, bool *is_suspect)
{
	char *path = path_of(j);
	const bool ok = message_marks_read(path, LINES_MAX, l, is_suspect);

	free(path);
	return ok;
}

void
suspects_part(const struct journal *j, const struct message_list *l, struct message_set *set,
	      struct message_set *suspects)
{
	bool *is_suspect = mem_alloc((l->count + 1) * sizeof *is_suspect);
	size_t kept = 0;

	if (read_suspects(j, l, is_suspect)) {
		for (size_t i = 0; i < set->count; i++)
			if (is_suspect[set->index[i]])
				message_set_add(suspects, set->index[i]);
			else
				set->index[kept++] = set->index[i];
		set->count = kept;
	}
	free(is_suspect);
}

static void
write_suspects(const struct journal *j, const struct message_list *l, const bool *is_suspect)
{
	char *path = path_of(j);

	message_marks_write(path, l, is_suspect);
	free(path);
}

void
suspects_add(const struct journal *j, const struct message_list *l, size_t index)
{
	bool *is_suspect = mem_alloc((l->count + 1) * sizeof *is_suspect);

	read_suspects(j, l, is_suspect);
	is_suspect[index] = true;
	write_suspects(j, l, is_suspect);
	free(is_suspect);
}

void
suspects_forget(const struct journal *j)
{
	char *path = path_of(j);

	unlink(path); /* most often there is none */
	free(path);
}
