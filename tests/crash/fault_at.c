/* SPDX-License-Identifier: ISC */
/*
 * fault_at - a library for LD_PRELOAD that lets one system call fail, or do half of its work.
 *
 *	FAULT_HOW     EINTR    reads, writes, opens, flushes and locks: a signal came
 *	              short    reads and writes do half of what was asked
 *	              EIO      reads of regular files and directories
 *	              EDQUOT   writes to regular files, and calls that need room for a name;
 *	              ENOSPC   likewise
 *	              EMFILE   calls that make a descriptor
 *	              ESTALE   whatever is done with a regular file or a name
 *	              ENOMEM   malloc(3), calloc(3) and realloc(3)
 *	FAULT_AT=N    at the Nth call that this can happen to, counted from 1; 0: never
 *	FAULT_LOG=FILE  gets a line for each such call: its name
 *
 * Children are left alone.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload.h"
#include "preload_log.h"

enum { INTR = 1, SHORT = 2, READ_IO = 4, ROOM = 8, DESCRIPTOR = 16, STALE = 32, MEMORY = 64 };

static const struct {
	const char *word;
	unsigned how;
	int error;
} hows[] = {
    {"EINTR", INTR, EINTR},         {"short", SHORT, 0},
    {"EIO", READ_IO, EIO},          {"EDQUOT", ROOM, EDQUOT},
    {"EMFILE", DESCRIPTOR, EMFILE}, {"ESTALE", STALE, ESTALE},
    {"ENOMEM", MEMORY, ENOMEM},     {"ENOSPC", ROOM, ENOSPC},
};

static long at, calls;
static unsigned how;
static int error;

__attribute__((constructor)) static void
start(void)
{
	const char *word = getenv("FAULT_HOW"), *number = getenv("FAULT_AT"),
		   *path = getenv("FAULT_LOG");

	at = number ? atol(number) : 0;
	log_open(path);
	for (size_t i = 0; word && i < sizeof hows / sizeof hows[0]; i++)
		if (strcmp(word, hows[i].word) == 0) {
			how = hows[i].how;
			error = hows[i].error;
		}
	unsetenv("LD_PRELOAD");
}

/* True: the call NAME, to which the faults in CAN can happen, is the one. */
static bool
strikes(const char *name, unsigned can)
{
	if (!(can & how))
		return false;
	log_write(name, strlen(name));
	log_write("\n", 1);
	if (++calls != at)
		return false;
	errno = error;
	return true;
}

static unsigned
if_regular(int fd, unsigned can)
{
	struct stat st;
	const int saved = errno;
	const bool is = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	errno = saved;
	return is ? can : 0;
}

/* Half, and never nothing: that would be the end. */
#define HALF(n) ((n) > 1 ? (n) / 2 : (n))

#define TRANSFER(name, can, parameters, bytes, ...)         \
	ssize_t name parameters                             \
	{                                                   \
		if (strikes(#name, INTR | SHORT | (can))) { \
			if (how != SHORT)                   \
				return -1;                  \
			bytes = HALF(bytes);                \
		}                                           \
		return REAL(name)(__VA_ARGS__);             \
	}

TRANSFER(read, if_regular(fd, READ_IO | STALE), (int fd, void *to, size_t n), n, fd, to, n)
TRANSFER(pread, if_regular(fd, READ_IO | STALE), (int fd, void *to, size_t n, off_t from), n, fd,
	 to, n, from)
TRANSFER(write, if_regular(fd, ROOM | STALE), (int fd, const void *from, size_t n), n, fd, from, n)
TRANSFER(pwrite, if_regular(fd, ROOM | STALE), (int fd, const void *from, size_t n, off_t to), n,
	 fd, from, n, to)
TRANSFER(send, 0, (int fd, const void *from, size_t n, int flags), n, fd, from, n, flags)
TRANSFER(recv, 0, (int fd, void *to, size_t n, int flags), n, fd, to, n, flags)

#define PASS(name, can, parameters, ...)        \
	int name parameters                     \
	{                                       \
		if (strikes(#name, can))        \
			return -1;              \
		return REAL(name)(__VA_ARGS__); \
	}

#define NEXT_NAME(type, name)                        \
	struct type *name(DIR *directory)            \
	{                                            \
		if (strikes(#name, READ_IO | STALE)) \
			return NULL;                 \
		return REAL(name)(directory);        \
	}

NEXT_NAME(dirent, readdir)
NEXT_NAME(dirent64, readdir64)

PASS(fsync, INTR | if_regular(fd, STALE), (int fd), fd)
PASS(fdatasync, INTR | if_regular(fd, STALE), (int fd), fd)
PASS(ftruncate, INTR | STALE, (int fd, off_t length), fd, length)
PASS(flock, INTR, (int fd, int what), fd, what)
PASS(rename, ROOM | STALE, (const char *from, const char *to), from, to)
PASS(link, ROOM | STALE, (const char *from, const char *to), from, to)
PASS(unlink, STALE, (const char *path), path)
PASS(mkdir, ROOM | STALE, (const char *path, mode_t mode), path, mode)
PASS(pipe, DESCRIPTOR, (int fds[2]), fds)
PASS(pipe2, DESCRIPTOR, (int fds[2], int flags), fds, flags)
PASS(socket, DESCRIPTOR, (int family, int type, int protocol), family, type, protocol)

static int
open_any(const char *name, open_function *real, const char *path, int flags, mode_t mode)
{
	if (strikes(name, INTR | DESCRIPTOR | STALE | (flags & O_CREAT ? ROOM : 0)))
		return -1;
	return real(path, flags, mode);
}

/* dlsym(3) needs memory itself. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *p, size_t n);

void *
malloc(size_t n)
{
	return strikes("malloc", MEMORY) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t count, size_t n)
{
	return strikes("calloc", MEMORY) ? NULL : __libc_calloc(count, n);
}

void *
realloc(void *p, size_t n)
{
	return strikes("realloc", MEMORY) ? NULL : __libc_realloc(p, n);
}
