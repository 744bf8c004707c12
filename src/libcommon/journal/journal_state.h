/* SPDX-License-Identifier: ISC */
/*
 * journal_state - an open journal, for the files of journal/ alone. From journal_lock() or
 * journal_peek() to journal_close().
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_STATE_H
#define MAILVERBS_JOURNAL_JOURNAL_STATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "journal/journal_index.h"

struct journal {
	char *root;      /* the directory of all mailboxes */
	char *directory; /* of the mailbox */
	char *mailbox;
	char *destination;
	char *path; /* of the journal; NULL: nothing is recorded */
	int lock_fd;
	int fd;
	bool is_read;    /* what is in the journal is known */
	bool is_new;     /* it was made just now */
	bool is_flushed; /* nothing was written since the last fsync(2) */
	struct journal_index known;
	struct buf lines; /* collected, not yet written */
};

/* The path of a hidden file in DIRECTORY beside the journal NAME there; the caller's to free(). */
char *journal_side_path(const char *directory, const char *name, const char *suffix);

#endif
