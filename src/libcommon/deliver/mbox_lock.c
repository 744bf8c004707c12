/* SPDX-License-Identifier: ISC */
#include "deliver/mbox_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"

enum { WAIT_MS = 30000, STEP_MS = 50 };

/* fcntl(2) could wait by itself but not for a time; a dot-lock can only be looked at again. False:
 * time is up, or a signal came. */
static bool
wait_a_step(int *left_ms)
{
	struct pollfd stop = {.fd = stop_fd(), .events = POLLIN};

	if (*left_ms <= 0)
		return false;
	*left_ms -= STEP_MS;
	return poll(&stop, 1, STEP_MS) == 0;
}

static bool
fcntl_lock(int fd, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(fd, F_SETLK, &lock) == 0;
}

/* A lock that says whose it is, and he is gone. */
static bool
is_stale(const char *lock_path)
{
	FILE *file = fopen(lock_path, "re");
	long pid = 0;
	bool named;

	if (!file)
		return false;
	named = fscanf(file, "%ld", &pid) == 1 && pid > 1;
	fclose(file);
	return named && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/*
 * Two that find the same stale lock must not take each other's new one away: the stale one is moved
 * aside by rename(2), which only one of them can do, and looked at once more there.
 */
static void
take_stale_away(const char *lock_path)
{
	char *aside = mem_printf("%s.%ld", lock_path, (long)getpid());

	if (rename(lock_path, aside) == 0) {
		/* Somebody's living lock, taken between the look and the move: back with it. */
		if (!is_stale(aside) && link(aside, lock_path) != 0) {
			/* It was given up meanwhile, or a third one has his there already. */
		}
		unlink(aside);
	}
	free(aside);
}

enum dot { DOT_MINE, DOT_HELD, DOT_IMPOSSIBLE };

static enum dot
dot_lock(const char *lock_path)
{
	const int fd = open(lock_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	char pid[32];
	int len;

	if (fd < 0)
		return errno == EEXIST ? DOT_HELD : DOT_IMPOSSIBLE;
	len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (!file_write_all(fd, pid, (size_t)len)) {
		/* An empty lock still locks; only nobody can see that it is stale. */
	}
	close(fd);
	return DOT_MINE;
}

static bool
take_dot_lock(const char *lock_path, int *left_ms)
{
	enum dot dot;

	while ((dot = dot_lock(lock_path)) == DOT_HELD) {
		if (is_stale(lock_path))
			take_stale_away(lock_path);
		else if (!wait_a_step(left_ms))
			return false;
	}
	return true;
}

static bool
take_fcntl_lock(int fd, int *left_ms)
{
	while (!fcntl_lock(fd, F_WRLCK))
		if ((errno != EAGAIN && errno != EACCES) || !wait_a_step(left_ms))
			return false;
	return true;
}

bool
mbox_lock(int fd, const char *path, struct err *e)
{
	char *lock_path = mem_printf("%s.lock", path);
	int left_ms = WAIT_MS;
	const bool ok = take_dot_lock(lock_path, &left_ms);

	if (!ok)
		err_set(e, ERR_TEMPORARY, "%s: locked by another program (%s)", path, lock_path);
	free(lock_path);
	if (!ok || take_fcntl_lock(fd, &left_ms))
		return ok;
	err_set(e, ERR_TEMPORARY, "%s: locked by another program", path);
	mbox_unlock(fd, path);
	return false;
}

void
mbox_unlock(int fd, const char *path)
{
	char *lock_path = mem_printf("%s.lock", path);

	fcntl_lock(fd, F_UNLCK);
	unlink(lock_path);
	free(lock_path);
}
