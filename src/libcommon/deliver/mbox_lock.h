/* SPDX-License-Identifier: ISC */
/*
 * mbox_lock - both locks that mail programs take on an mbox: fcntl(2) and FILE.lock.
 */
#ifndef MAILVERBS_DELIVER_MBOX_LOCK_H
#define MAILVERBS_DELIVER_MBOX_LOCK_H

#include <stdbool.h>

struct err;

/*
 * Waits up to 30 seconds for others. The dot-lock holds our process id; one whose process is dead
 * is taken away. Where the directory does not let us make one (a spool), fcntl alone has to do.
 * False: *e is ERR_TEMPORARY (somebody has it) or ERR_IO; nothing is locked.
 */
bool mbox_lock(int fd, const char *path, struct err *e);

/* Takes the dot-lock away; the fcntl lock goes too. */
void mbox_unlock(int fd, const char *path);

#endif
