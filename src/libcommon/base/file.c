/* SPDX-License-Identifier: ISC */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"

enum {
	BLOCK = 4000, /* a buffer of 4 KiB in all, which is wiped, does for most */
	WRITER_MS = 500
};

bool
file_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		const ssize_t written = write(fd, p, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		p += written;
		n -= (size_t)written;
	}
	return true;
}

bool
file_write_record(int fd, const void *bytes, size_t n)
{
	ssize_t written;

	do
		written = write(fd, bytes, n);
	while (written < 0 && errno == EINTR);
	if (written >= 0 && (size_t)written < n)
		errno = ENOSPC;
	return written == (ssize_t)n;
}

bool
file_write_new(const char *path, const void *bytes, size_t n, struct err *e)
{
	int fd;
	bool ok;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", path);
	ok = fchmod(fd, 0600) == 0 && file_write_all(fd, bytes, n) && fsync(fd) == 0;
	if (!ok)
		err_set_errno(e, ERR_IO, "%s", path);
	if (close(fd) != 0 && ok)
		ok = err_set_errno(e, ERR_IO, "%s", path);
	if (!ok)
		unlink(path);
	return ok;
}

/* For at most MS milliseconds, after which *e says LATE; -1: without end. */
static bool
await(int fd, int ms, const char *late, struct err *e)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd(), .events = POLLIN}};
	int ready;

	do {
		if (stop_signal() != 0)
			return err_set(e, ERR_TEMPORARY, "interrupted");
		ready = poll(fds, 2, ms);
		if (ready == 0)
			return err_set(e, ERR_IO, "%s", late);
		if (ready < 0 && errno != EINTR)
			return err_set_errno(e, ERR_IO, "poll");
	} while (fds[0].revents == 0);
	return true;
}

bool
file_await(int fd, struct err *e)
{
	return await(fd, -1, "", e);
}

static bool
is_fifo(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* A program that waited for us to open the FIFO may not have written yet. */
static bool
await_writer(int fd, struct err *e)
{
	return await(fd, WRITER_MS, "nobody writes into this FIFO", e);
}

bool
file_read_all(int fd, struct buf *text, size_t max, struct err *e)
{
	bool may_be_early = is_fifo(fd);

	for (;;) {
		char *to = buf_reserve(text, BLOCK);
		const ssize_t n = read(fd, to, BLOCK);

		if (n == 0 && !may_be_early)
			return true;
		if (n == 0 && !await_writer(fd, e))
			return false;
		may_be_early = false;
		if (n == 0)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (!file_await(fd, e))
				return false;
			continue;
		}
		if (n < 0 && errno != EINTR)
			return err_set(e, ERR_IO, "%s", strerror(errno));
		if (n > 0 && (size_t)n > max - text->len)
			return err_set(e, ERR_IO, "more than %zu MiB", max >> 20);
		if (n > 0)
			text->len += (size_t)n;
	}
}

static bool
make_one(const char *path, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return file_sync_parent(path, e);
	if (errno == EEXIST && stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return true;
		errno = ENOTDIR;
	}
	return err_set_errno(e, ERR_OUTPUT, "%s", path);
}

bool
file_make_directory(const char *path, struct err *e)
{
	char *copy;
	struct stat st;
	bool ok = true;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	copy = mem_strdup(path);
	for (char *p = copy + 1; ok && copy[0] && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		ok = make_one(copy, e);
		*p = '/';
	}
	ok = ok && make_one(copy, e);
	free(copy);
	return ok;
}

/* The kernel's own file systems let root write everywhere, and take no files all the same. */
static bool
is_of_kernel(const char *path)
{
#ifdef __linux__
	struct statfs fs;

	return statfs(path, &fs) == 0 &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
#else
	(void)path;
	return false;
#endif
}

/* False: errno. */
static bool
takes_files(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	errno = S_ISDIR(st.st_mode) ? EPERM : ENOTDIR;
	return S_ISDIR(st.st_mode) && !is_of_kernel(path) && access(path, W_OK | X_OK) == 0;
}

/* Leaves of PATH, which has room for one byte more, the directory that it is in. */
static void
cut_name(char *path)
{
	char *slash;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		strcpy(path, ".");
	else
		slash[slash == path] = '\0';
}

bool
file_check_can_make(const char *path, bool with_parents, struct err *e)
{
	char *parent = mem_alloc(strlen(path) + 2);
	bool ok;

	strcpy(parent, path);
	do
		cut_name(parent);
	while (with_parents && access(parent, F_OK) != 0 && errno == ENOENT);
	ok = takes_files(parent) || err_set_errno(e, ERR_OUTPUT, "%s", path);
	free(parent);
	return ok;
}

void
file_note(const char *path, const void *bytes, size_t n)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	if (!file_write_all(fd, bytes, n)) {
		/* a torn one is none */
	}
	close(fd);
}

char *
file_noted_line(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len = file ? getline(&line, &size, file) : -1;

	if (len > 0 && line[len - 1] == '\n' && strlen(line) == (size_t)len && getc(file) == EOF) {
		line[len - 1] = '\0';
	} else {
		free(line);
		line = NULL;
	}
	if (file)
		fclose(file);
	return line;
}

int
file_lock(const char *path, const char *busy, struct err *e)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		err_set_errno(e, ERR_OUTPUT, "%s", path);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		err_set(e, ERR_TEMPORARY, "%s", busy);
	else
		err_set_errno(e, ERR_IO, "%s", path);
	close(fd);
	return -1;
}

char *
file_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* May others make files in the directory of PATH, and not remove ours? */
static bool
is_shared_directory(const char *path, struct stat *directory)
{
	char *parent = file_directory(path);
	const bool is = stat(parent, directory) == 0 && (directory->st_mode & S_ISVTX) &&
			(directory->st_mode & (S_IWGRP | S_IWOTH));

	free(parent);
	return is;
}

bool
file_check_owner(const char *path, struct err *e)
{
	struct stat directory, st;
	bool ok;

	if (!is_shared_directory(path, &directory) || lstat(path, &st) != 0)
		return true;
	ok = st.st_uid == geteuid();
	if (S_ISREG(st.st_mode))
		ok = ok && st.st_nlink == 1;
	else
		ok = ok || st.st_uid == 0 || st.st_uid == directory.st_uid;
	return ok || err_set(e, ERR_OUTPUT,
			     "%s: belongs to another user, in a directory that all share", path);
}

bool
file_check_unshared(const char *path, mode_t mode, struct err *e)
{
	if ((mode & (S_IWGRP | S_IWOTH)) == 0)
		return true;
	err_set(e, ERR_CONFIG, "%s: others can write %s", path,
		S_ISDIR(mode) ? "in this directory" : "this file");
	return err_hint(e, "chmod go-w %s", path);
}

bool
file_check_own_directory(const char *path, struct err *e)
{
	struct stat st;

	if (!file_check_owner(path, e))
		return false;
	return stat(path, &st) == 0 ? file_check_unshared(path, st.st_mode, e)
				    : err_set_errno(e, ERR_IO, "%s", path);
}

bool
file_check_private(const char *path, mode_t mode, mode_t forbidden, struct err *e)
{
	if ((mode & forbidden) == 0)
		return true;
	err_set(e, ERR_CONFIG, "%s: others may read it (mode %03o)", path, (unsigned)mode & 0777u);
	return err_hint(e, "chmod 600 %s", path);
}

/* The target of the symbolic link PATH, the caller's to free(). NULL: PATH is not a symbolic
 * link. */
static char *
link_target(const char *path)
{
	char target[4096];
	const ssize_t n = readlink(path, target, sizeof target - 1);
	const char *slash = strrchr(path, '/');

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	return target[0] == '/' ? mem_strdup(target)
				: mem_printf("%.*s/%s", (int)(slash - path), path, target);
}

enum { LINKS_MAX = 40 }; /* as in the kernel */

static char *
real_path(const char *path, int links)
{
	char *real = realpath(path, NULL), *target, *parent, *made;
	const char *slash = strrchr(path, '/');

	if (real || !slash || slash == path || links == 0)
		return real ? real : mem_strdup(path);
	target = link_target(path);
	if (target) {
		made = real_path(target, links - 1);
		free(target);
		return made;
	}
	parent = mem_strndup(path, (size_t)(slash - path));
	real = real_path(parent, links - 1);
	made = mem_printf("%s/%s", strcmp(real, "/") == 0 ? "" : real, slash + 1);
	free(parent);
	free(real);
	return made;
}

char *
file_real_path(const char *path)
{
	return real_path(path, LINKS_MAX);
}

bool
file_sync_directory(const char *path, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return err_set_errno(e, ERR_IO, "%s", path);
	/* A file system that can't flush a directory (EINVAL) has nothing to flush. */
	ok = fsync(fd) == 0 || errno == EINVAL || err_set_errno(e, ERR_IO, "%s", path);
	close(fd);
	return ok;
}

bool
file_sync_parent(const char *path, struct err *e)
{
	char *parent = file_directory(path);
	const bool ok = file_sync_directory(parent, e);

	free(parent);
	return ok;
}

bool
file_move(const char *from, const char *to, struct err *e)
{
	return (rename(from, to) == 0 || err_set_errno(e, ERR_IO, "%s", to)) &&
	       file_sync_parent(to, e);
}
