/* SPDX-License-Identifier: ISC */
/*
 * late_error - a library for LD_PRELOAD by which a disk loses what was written, as Linux reports
 * it: the write succeeds, and a later flush fails. Another process was told first, so only
 * descriptors that were open at the time of the error report it (errseq_t): a flush of the file
 * that lost its bytes, and syncfs(2) on any descriptor.
 *
 *	LATE_PATH=TEXT   the files whose path contains TEXT
 *	LATE_AT=N        the Nth write to them is lost
 *
 * Children are left alone.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload.h"

enum { DESCRIPTORS = 1024 };

static struct {
	bool saw_error; /* opened after the error, or told of it */
} state[DESCRIPTORS];

static long writes, at;
static const char *wanted;
static bool happened;
static struct stat broken;

__attribute__((constructor)) static void
start(void)
{
	at = getenv("LATE_AT") ? atol(getenv("LATE_AT")) : 1;
	wanted = getenv("LATE_PATH");
	unsetenv("LD_PRELOAD");
}

static int
open_any(const char *name, open_function *real, const char *path, int flags, mode_t mode)
{
	const int fd = real(path, flags, mode);

	(void)name;
	if (fd >= 0 && fd < DESCRIPTORS)
		state[fd].saw_error = happened;
	return fd;
}

static bool
is_wanted(int fd)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	if (!wanted || n < 0)
		return false;
	path[n] = '\0';
	return strstr(path, wanted) != NULL;
}

ssize_t
write(int fd, const void *bytes, size_t n)
{
	if (!happened && is_wanted(fd) && ++writes == at)
		happened = fstat(fd, &broken) == 0;
	return REAL(write)(fd, bytes, n);
}

static bool
fails(int fd, bool whole)
{
	struct stat st;

	if (!happened || fd < 0 || fd >= DESCRIPTORS || state[fd].saw_error)
		return false;
	if (!whole &&
	    (fstat(fd, &st) != 0 || st.st_ino != broken.st_ino || st.st_dev != broken.st_dev))
		return false;
	state[fd].saw_error = true;
	errno = EIO;
	return true;
}

int
fsync(int fd)
{
	return fails(fd, false) ? -1 : REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	return fails(fd, false) ? -1 : REAL(fdatasync)(fd);
}

int
syncfs(int fd)
{
	return fails(fd, true) ? -1 : REAL(syncfs)(fd);
}
