/* SPDX-License-Identifier: ISC */
/*
 * The dot-lock must not outlive us, whenever we are killed. So it appears with our process id in it
 * already: it is written as FILE.lock.new and gets its name by link(2). That draft is held by
 * flock(2) while somebody works with it; one that nobody holds was left by a kill. Only the process
 * that holds the draft removes stale locks.
 */
#include "deliver/mbox_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"

enum { WAIT_MS = 30000, STEP_MS = 50 };

/*
 * procmail's patience is 1024 seconds. An owner that holds the lock longer than this without a sign
 * of life has died: it named no process, or another process has its number now (soon so in a
 * container).
 */
enum { STALE_SECONDS = 20 * 60 };

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

/*
 * Our process ids are valid in this place: the host, and on Linux the PID namespace, for a container's may
 * share both the directory and the host's name.
 */
static void
name_host(char *host, size_t size, bool with_namespace)
{
	struct stat ns;
	size_t len;

	if (gethostname(host, size - 1) != 0)
		strcpy(host, "localhost");
	host[size - 1] = '\0';
	len = strlen(host);
	if (with_namespace && stat("/proc/self/ns/pid", &ns) == 0)
		snprintf(host + len, size - len, ":%ju", (uintmax_t)ns.st_ino);
}

/* Reads the lock's content, at most SIZE - 1 bytes. It may be a FIFO, or a link to anywhere. */
static bool
read_lock(const char *lock_path, char *text, size_t size)
{
	const int fd = open(lock_path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/*
 * The process that a lock names: our "123:host:namespace", or Dovecot's "123:host"; 0: none, or one
 * that cannot be judged here. A number alone may be of any host or container.
 */
static pid_t
owner(const char *lock_path)
{
	char text[600], host[300] = "", ours[300], namespaced[300];
	long pid = 0;

	if (!read_lock(lock_path, text, sizeof text) ||
	    sscanf(text, "%ld:%299s", &pid, host) != 2 || pid <= 1)
		return 0;
	name_host(ours, sizeof ours, false);
	name_host(namespaced, sizeof namespaced, true);
	return strcmp(host, ours) == 0 || strcmp(host, namespaced) == 0 ? (pid_t)pid : 0;
}

/* The line that makes a lock ours. Its length. */
static size_t
own_line(char *line, size_t size)
{
	char host[300];
	int n;

	name_host(host, sizeof host, true);
	n = snprintf(line, size, "%ld:%s\n", (long)getpid(), host);
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

static bool
is_stale(const char *lock_path)
{
	const pid_t pid = owner(lock_path);
	struct stat st;

	if (lstat(lock_path, &st) != 0)
		return false;
	if (pid > 0 && (pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH)))
		return true;
	return time(NULL) - st.st_mtime > STALE_SECONDS;
}

static bool
is_file_at(int fd, const char *path)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 && lstat(path, &there) == 0 && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

/* Held by us, and still what the path names? */
static bool
hold(int fd, const char *path)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 && is_file_at(fd, path);
}

static void
drop_abandoned(const char *draft_path)
{
	const int fd = open(draft_path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && hold(fd, draft_path))
		unlink(draft_path);
	if (fd >= 0)
		close(fd);
}

enum outcome { MINE, HELD, IMPOSSIBLE };

/* Opens a draft with our process id in it, which *FD holds. HELD: somebody else is about it. */
static enum outcome
make_draft(const char *draft_path, int *fd)
{
	char line[400];
	const size_t len = own_line(line, sizeof line);

	*fd = open(draft_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (*fd < 0 && errno != EEXIST)
		return IMPOSSIBLE;
	if (*fd < 0) {
		drop_abandoned(draft_path);
		return HELD;
	}
	if (!hold(*fd, draft_path)) {
		close(*fd);
		return HELD;
	}
	if (file_write_all(*fd, line, len))
		return MINE;
	unlink(draft_path);
	close(*fd);
	return IMPOSSIBLE;
}

/*
 * Other programs take stale locks away too, and may just have made their own: so it is moved aside,
 * onto our draft, which only one can do, and looked at once more there.
 */
static void
take_stale_away(const char *lock_path, const char *draft_path)
{
	if (!is_stale(lock_path) || rename(lock_path, draft_path) != 0)
		return;
	if (!is_stale(draft_path) && link(draft_path, lock_path) != 0) {
		/* It was given up meanwhile, or a third one has his there already. */
	}
}

/* A file system without hard links: an empty lock for a moment, which a kill could leave. */
static enum outcome
create_lock(const char *lock_path)
{
	char line[400];
	const size_t len = own_line(line, sizeof line);
	const int fd = open(lock_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	bool ok;

	if (fd < 0)
		return errno == EEXIST ? HELD : IMPOSSIBLE;
	ok = file_write_all(fd, line, len);
	close(fd);
	if (!ok)
		unlink(lock_path);
	return ok ? MINE : IMPOSSIBLE;
}

static enum outcome
try_dot_lock(const char *lock_path)
{
	char *draft_path = mem_printf("%s.new", lock_path);
	int fd;
	enum outcome outcome = make_draft(draft_path, &fd);

	if (outcome == MINE) {
		if (link(draft_path, lock_path) != 0)
			outcome = errno == EEXIST ? HELD : create_lock(lock_path);
		if (outcome == HELD)
			take_stale_away(lock_path, draft_path);
		unlink(draft_path);
		close(fd);
	}
	free(draft_path);
	return outcome;
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
mbox_lock(struct mbox_lock *l, int fd, const char *path, struct err *e)
{
	char *lock_path = mem_printf("%s.lock", path);
	int left_ms = WAIT_MS;
	enum outcome outcome;

	while ((outcome = try_dot_lock(lock_path)) == HELD && wait_a_step(&left_ms))
		continue;
	*l = (struct mbox_lock){.fd = fd, .dot = outcome == MINE ? lock_path : NULL};
	if (outcome == HELD)
		err_set(e, ERR_TEMPORARY, "%s: locked by another program (%s)", path, lock_path);
	if (outcome != MINE)
		free(lock_path);
	if (outcome == HELD || take_fcntl_lock(fd, &left_ms))
		return outcome != HELD;
	err_set(e, ERR_TEMPORARY, "%s: locked by another program", path);
	mbox_unlock(l);
	return false;
}

/* Ours may have been taken for stale meanwhile (we were stopped), and be somebody else's now. */
void
mbox_unlock(struct mbox_lock *l)
{
	if (l->fd >= 0)
		fcntl_lock(l->fd, F_UNLCK);
	if (l->dot && owner(l->dot) == getpid())
		unlink(l->dot);
	free(l->dot);
	*l = (struct mbox_lock){.fd = -1};
}

void
mbox_lock_tidy(const char *path)
{
	char *lock_path = mem_printf("%s.lock", path);
	char *draft_path = mem_printf("%s.new", lock_path);

	drop_abandoned(draft_path);
	/* The first try takes it away; where another of us was quicker, it may make one. */
	if (is_stale(lock_path) && try_dot_lock(lock_path) == MINE)
		unlink(lock_path);
	free(draft_path);
	free(lock_path);
}
