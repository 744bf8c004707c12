/* SPDX-License-Identifier: ISC */
/*
 * mbox - the messages of an mbox (RFC 4155), one after another, in constant memory.
 *
 * A line `From …` at the start or behind an empty line begins a message if a header field stands
 * behind it; else it is text that somebody forgot to quote. The empty line in front of it belongs
 * to neither message. One `>` is taken off lines of any number of them and "From " (mboxrd, and
 * what the older kinds quote). Content-Length is not looked at.
 */
#ifndef MAILVERBS_MESSAGE_MBOX_H
#define MAILVERBS_MESSAGE_MBOX_H

struct err;
struct mbox;

/* Reads FD (a file, a pipe, a terminal) from where it stands; it stays the caller's. */
struct mbox *mbox_open(int fd);
void mbox_close(struct mbox *m); /* accepts NULL */

/*
 * The next message: a temporary file without a name, at its start, the caller's to close. -1 with
 * e->code ERR_NONE: there are no more. -1 else: ERR_MALFORMED (it is no mbox), ERR_IO, or
 * ERR_TEMPORARY when a signal asked to stop (base/stop.h).
 */
int mbox_next(struct mbox *m, struct err *e);

#endif
