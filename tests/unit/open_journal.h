/* SPDX-License-Identifier: ISC */
/*
 * open_journal - a journal that is locked and read, for tests.
 */
#ifndef MAILVERBS_OPEN_JOURNAL_H
#define MAILVERBS_OPEN_JOURNAL_H

#include "journal/journal.h"

/* NULL: *e. The caller's to close. */
static inline struct journal *
journal_open(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct journal *j = journal_lock(dir, mailbox, destination, e);

	if (!j || journal_read(j, e))
		return j;
	journal_close(j);
	return NULL;
}

#endif
