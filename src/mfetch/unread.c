/* SPDX-License-Identifier: ISC */
#include "mfetch/unread.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "mfetch/message_marks.h"
#include "proto/mailbox.h"

static char *
path_of(const struct journal *j)
{
	return journal_side_file(j, ".unread");
}

bool
unread_is_noted(const struct journal *journal)
{
	char *path = path_of(journal);
	const bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

/* In place of what was noted before, which a run that ends meanwhile must not lose. */
static bool
write_note(const struct journal *journal, const struct buf *text, struct err *e)
{
	char *path = path_of(journal), *draft = journal_side_file(journal, ".unread.new");
	const bool ok =
	    file_write_new(draft, text->data, text->len, e) && file_move(draft, path, e);

	free(draft);
	free(path);
	return ok;
}

void
unread_find(const struct journal *journal, const struct message_list *l, bool *is_unread)
{
	char *path = path_of(journal);

	message_marks_read(path, SIZE_MAX, l, is_unread);
	free(path);
}

bool
unread_note(const struct journal *journal, const struct message_list *l,
	    const struct message_set *set, struct err *e)
{
	bool *is_unread = mem_alloc((l->count + 1) * sizeof *is_unread), ok;
	struct buf text = {0};

	unread_find(journal, l, is_unread);
	for (size_t i = 0; i < set->count; i++)
		is_unread[set->index[i]] = true;
	message_marks_add(&text, l, is_unread);
	ok = text.len == 0 || write_note(journal, &text, e); /* none of them has an id */
	buf_free(&text);
	free(is_unread);
	return ok;
}

void
unread_forget(const struct journal *journal)
{
	char *path = path_of(journal);

	unlink(path); /* if it stays, the next run marks them once more */
	free(path);
}
