/* SPDX-License-Identifier: ISC */
#include "mfetch/unread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
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

/* There is no file if no message has an id. */
static bool
flush(const char *path, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 ? fsync(fd) == 0 : errno == ENOENT;

	if (!ok)
		err_set_errno(e, ERR_IO, "%s", path);
	if (fd >= 0)
		close(fd);
	return ok && file_sync_parent(path, e);
}

bool
unread_note(const struct journal *journal, const struct message_list *l,
	    const struct message_set *set, struct err *e)
{
	bool *is_unread = mem_alloc((l->count + 1) * sizeof *is_unread), ok;
	char *path = path_of(journal);

	message_marks_read(path, SIZE_MAX, l, is_unread);
	for (size_t i = 0; i < set->count; i++)
		is_unread[set->index[i]] = true;
	message_marks_write(path, l, is_unread);
	ok = flush(path, e);
	free(path);
	free(is_unread);
	return ok;
}

void
unread_find(const struct journal *journal, const struct message_list *l, bool *is_unread)
{
	char *path = path_of(journal);

	message_marks_read(path, SIZE_MAX, l, is_unread);
	free(path);
}

void
unread_forget(const struct journal *journal)
{
	char *path = path_of(journal);

	unlink(path); /* if it stays, the next run marks them once more */
	free(path);
}
