/* SPDX-License-Identifier: ISC */
/*
 * mbox_lock - both locks that mail programs take on an mbox: fcntl(2) and FILE.lock.
 */
#ifndef MAILVERBS_DELIVER_MBOX_LOCK_H
#define MAILVERBS_DELIVER_MBOX_LOCK_H

#include <stdbool.h>

struct err;

struct mbox_lock {
	int fd;
	char *dot;  /* FILE.lock, if we made it */
	int dot_fd; /* then it holds that by flock(2) */
};

/*
 * Waits up to 30 seconds for others. The dot-lock names our process, and is held by flock(2). A
 * lock whose process on this host is dead is removed; a lock that names no process on this host is
 * removed when nobody has touched it for 20 minutes. If the directory does not let us make one (a
 * spool), fcntl alone has to do. False: *e is ERR_TEMPORARY (another process holds it); nothing is
 * locked.
 */
bool mbox_lock(struct mbox_lock *l, int fd, const char *path, struct err *e);

/* Gives both up. Accepts one that is not held. */
void mbox_unlock(struct mbox_lock *l);

/* Takes away what a run that was killed may have left of a dot-lock. */
void mbox_lock_tidy(const char *path);

#endif
