/* SPDX-License-Identifier: ISC */
/*
 * kill_at - a library for LD_PRELOAD that counts the system calls by which a program changes
 * something (files, names, locks, the network), and at one of them kills it or lets the call fail.
 *
 *	KILL_AT=N     at the Nth call, counted from 1; 0: only count
 *	KILL_HOW      before   SIGKILL instead of the call
 *	              torn     SIGKILL after half of a write (other calls: before them)
 *	              after    SIGKILL behind the call
 *	              ENOSPC   writes to regular files, and calls that need room for a name,
 *	                       fail from then on: the disk is full
 *	              EIO      flushes, truncations and closes of files fail, this once
 *	KILL_LOG=FILE the calls are written down there, one a line: NUMBER NAME KIND, the KIND being
 *	              `file` for what ENOSPC touches, `flush` for what EIO touches, else `other`
 *
 * For ENOSPC and EIO the Nth call of their own kind is meant. Children are left alone.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload.h"
#include "preload_log.h"

enum kind { OTHER, FILE_ROOM, FLUSH };
enum how { NOTHING, BEFORE, TORN, AFTER, FULL, BAD };

static long calls, calls_of_kind, at;
static enum how how;

__attribute__((constructor)) static void
start(void)
{
	static const char *const hows[] = {[BEFORE] = "before",
					   [TORN] = "torn",
					   [AFTER] = "after",
					   [FULL] = "ENOSPC",
					   [BAD] = "EIO"};
	const char *text = getenv("KILL_HOW"), *number = getenv("KILL_AT"),
		   *path = getenv("KILL_LOG");

	at = number ? atol(number) : 0;
	for (enum how h = BEFORE; text && h <= BAD; h++)
		if (strcmp(text, hows[h]) == 0)
			how = h;
	log_open(path);
	unsetenv("LD_PRELOAD");
}

static void
die(void)
{
	kill(getpid(), SIGKILL);
	pause();
}

static void
note(const char *name, enum kind kind)
{
	static const char *const kinds[] = {"other", "file", "flush"};
	char line[100];
	const int len = snprintf(line, sizeof line, "%ld %s %s\n", calls, name, kinds[kind]);

	log_write(line, (size_t)len);
}

/* True: the call is to fail, errno says with what. *N is what there is to write, or NULL. */
static bool
arrive(const char *name, enum kind kind)
{
	const int saved = errno;

	calls++;
	note(name, kind);
	if (at > 0 && how == BEFORE && calls == at)
		die();
	if (at > 0 && ((how == FULL && kind == FILE_ROOM) || (how == BAD && kind == FLUSH))) {
		calls_of_kind++;
		if (calls_of_kind == at || (how == FULL && calls_of_kind > at)) {
			errno = how == FULL ? ENOSPC : EIO;
			return true;
		}
	}
	errno = saved;
	return false;
}

static void
leave(void)
{
	const int saved = errno;

	if (at > 0 && how == AFTER && calls == at)
		die();
	errno = saved;
}

static bool
is_torn(void)
{
	return at > 0 && how == TORN && calls == at;
}

static bool
is_regular(int fd)
{
	struct stat st;
	const int saved = errno;
	const bool is = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	errno = saved;
	return is;
}

ssize_t
write(int fd, const void *bytes, size_t n)
{
	ssize_t result;

	if (fd == STDERR_FILENO)
		return REAL(write)(fd, bytes, n);
	if (arrive("write", is_regular(fd) ? FILE_ROOM : OTHER))
		return -1;
	if (is_torn()) {
		result = REAL(write)(fd, bytes, n / 2);
		die();
	}
	result = REAL(write)(fd, bytes, n);
	leave();
	return result;
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
	ssize_t result;

	if (arrive("writev", is_regular(fd) ? FILE_ROOM : OTHER))
		return -1;
	if (is_torn()) {
		result = REAL(writev)(fd, parts, n / 2);
		die();
	}
	result = REAL(writev)(fd, parts, n);
	leave();
	return result;
}

ssize_t
send(int fd, const void *bytes, size_t n, int flags)
{
	ssize_t result;

	arrive("send", OTHER);
	if (is_torn()) {
		result = REAL(send)(fd, bytes, n / 2, flags);
		die();
	}
	result = REAL(send)(fd, bytes, n, flags);
	leave();
	return result;
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t result;

	arrive("sendmsg", OTHER);
	if (is_torn())
		die();
	result = REAL(sendmsg)(fd, message, flags);
	leave();
	return result;
}

/* Calls whose arguments only go through. */
#define PASS(name, kind, parameters, ...)         \
	int name parameters                       \
	{                                         \
		int result;                       \
                                                  \
		if (arrive(#name, kind))          \
			return -1;                \
		if (is_torn())                    \
			die();                    \
		result = REAL(name)(__VA_ARGS__); \
		leave();                          \
		return result;                    \
	}

PASS(fsync, FLUSH, (int fd), fd)
PASS(fdatasync, FLUSH, (int fd), fd)
PASS(syncfs, FLUSH, (int fd), fd)
PASS(ftruncate, FLUSH, (int fd, off_t length), fd, length)
PASS(rename, FILE_ROOM, (const char *from, const char *to), from, to)
PASS(link, FILE_ROOM, (const char *from, const char *to), from, to)
PASS(mkdir, FILE_ROOM, (const char *path, mode_t mode), path, mode)
PASS(unlink, OTHER, (const char *path), path)
PASS(flock, OTHER, (int fd, int what), fd, what)

int
close(int fd)
{
	const bool fails = arrive("close", is_regular(fd) ? FLUSH : OTHER);
	int result;

	if (is_torn())
		die();
	result = REAL(close)(fd);
	if (fails)
		errno = EIO;
	leave();
	return fails ? -1 : result;
}

static int
open_any(const char *name, open_function *real, const char *path, int flags, mode_t mode)
{
	int result;

	if (!(flags & O_CREAT))
		return real(path, flags, mode);
	if (arrive(name, access(path, F_OK) == 0 ? OTHER : FILE_ROOM))
		return -1;
	if (is_torn())
		die();
	result = real(path, flags, mode);
	leave();
	return result;
}
