/* SPDX-License-Identifier: ISC */
#include "journal/journal_rewrite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "journal/journal_index.h"
#include "journal/journal_line.h"
#include "journal/journal_state.h"

enum { DEAD_MIN = 500 }; /* so many forgotten ids are carried along before a rewrite pays */

/* The new journal is whole and on disk before it takes the old one's name. */
static bool
replace_journal(struct journal *s, const struct buf *journal, struct err *e)
{
	char *path = journal_side_file(s, ".new");
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600);
	bool ok = fd >= 0 && file_write_all(fd, journal->data, journal->len) && fsync(fd) == 0 &&
		  rename(path, s->path) == 0;

	if (ok) {
		close(s->fd);
		s->fd = fd;
		s->is_flushed = true;
		ok = file_sync_parent(s->path, e);
	} else {
		err_set_errno(e, ERR_IO, "%s", path);
		if (fd >= 0)
			close(fd);
	}
	free(path);
	return ok;
}

bool
journal_rewrite(struct journal *s, const bool *kept, struct err *e)
{
	struct buf journal = {0};
	bool ok;

	journal_line_head(&journal, s->mailbox, s->destination);
	for (size_t i = 0; i < s->known.count; i++)
		if (kept[i])
			journal_line_entry(&journal, &s->known, &s->known.entries[i]);
	ok = replace_journal(s, &journal, e);
	buf_free(&journal);
	return ok;
}

bool
journal_is_current(const struct journal *s, const struct journal_index_entry *entry)
{
	return journal_index_is_seen(entry) &&
	       journal_index_uid(&s->known, journal_index_key_of(&s->known, entry));
}

bool
journal_rewrite_pays(size_t total, size_t kept)
{
	return total > kept && total - kept > kept + DEAD_MIN;
}

bool
journal_compact(struct journal *s, struct err *e)
{
	bool *kept, ok;
	size_t count = 0;

	if (!s->path || s->known.count <= DEAD_MIN)
		return true;
	kept = mem_alloc(s->known.count * sizeof *kept);
	for (size_t i = 0; i < s->known.count; i++) {
		kept[i] = journal_is_current(s, &s->known.entries[i]);
		count += kept[i];
	}
	ok = !journal_rewrite_pays(s->known.count, count) ||
	     (journal_write(s, false, e) && journal_rewrite(s, kept, e));
	free(kept);
	return ok;
}
