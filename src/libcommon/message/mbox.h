/* SPDX-License-Identifier: ISC */
/*
 * mbox - the messages of an mbox (RFC 4155), one after another, in constant memory.
 *
 * A line `From …` with a date, at the start or after an empty line, begins a message, whatever
 * follows it; without a date it is text that somebody forgot to quote. In a file whose first line
 * has no date either, it begins a message if a header field follows. The empty line before it
 * belongs to neither message. A dated one after another line, with a field that names recipients in
 * the lines right after it, is an error: there may be two messages, for different people. One `>`
 * is taken off lines of any number of them and "From " (mboxrd, and what the older kinds quote).
 * Content-Length is not looked at. A byte order mark and empty lines at the start of the file are
 * passed over.
 */
#ifndef MAILVERBS_MESSAGE_MBOX_H
#define MAILVERBS_MESSAGE_MBOX_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct mbox;

/* Does the line, of N bytes, have a date, as the From_ line of an mbox has: a month's name, a day,
 * a time and a year, in whatever order? */
bool mbox_has_date(const char *line, size_t n);

/* Reads FD (a file, a pipe, a terminal) from its current offset; the caller still owns it. */
struct mbox *mbox_open(int fd);
void mbox_close(struct mbox *m); /* accepts NULL */

/*
 * The next message: a temporary file without a name, at its start, the caller's to close. -1 with
 * e->code ERR_NONE: there are no more. -1 else: ERR_MALFORMED (not an mbox, or as
 * above), ERR_IO, or ERR_TEMPORARY when a signal asked to stop (base/stop.h).
 */
int mbox_next(struct mbox *m, struct err *e);

/* After a failure of mbox_next(): is it about that message alone, so that others may follow? */
bool mbox_goes_on(const struct mbox *m);

#endif
