/* SPDX-License-Identifier: ISC */
/*
 * The dot-lock must not outlive us, whenever we are killed. So it appears with our process id in it
 * already: it is written as FILE.lock.new and gets its name by link(2). That draft is held by
 * flock(2) while somebody works with it; one that nobody holds was left by a kill. Only the process
 * that holds the draft removes stale locks. We hold our dot-lock by flock(2) too, as long as we
 * live: no clock and no process id is needed to see that.
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
 * procmail's patience is 1024 seconds. A lock that names no process that we can judge, and is older
 * than this, was left by a process that died. One older than a year was not: the clock was changed.
 */
enum { STALE_SECONDS = 20 * 60, YEAR_SECONDS = 366 * 24 * 60 * 60 };

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* fcntl(2) could wait by itself but not for a time; a dot-lock can only be looked at again. False:
 * it is later than DEADLINE, or a signal came. */
static bool
wait_a_step(int64_t deadline)
{
	struct pollfd stop = {.fd = stop_fd(), .events = POLLIN};

	return now_ms() < deadline && poll(&stop, 1, STEP_MS) <= 0;
}

static bool
fcntl_lock(int fd, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(fd, F_SETLK, &lock) == 0;
}

/*
 * Our process ids are valid in this place: the host, and on Linux the PID namespace, for a
 * container's may share both the directory and the host's name.
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
 * that cannot be judged here. A number alone may be of any host or container. *IS_OURS: one of us
 * made it.
 */
static pid_t
owner(const char *lock_path, bool *is_ours)
{
	char text[600], host[300] = "", ours[300], namespaced[300];
	long pid = 0;

	if (!read_lock(lock_path, text, sizeof text) ||
	    sscanf(text, "%ld:%299s", &pid, host) != 2 || pid <= 1)
		return 0;
	name_host(ours, sizeof ours, false);
	name_host(namespaced, sizeof namespaced, true);
	*is_ours = strcmp(host, ours) != 0 && strcmp(host, namespaced) == 0;
	return strcmp(host, ours) == 0 || *is_ours ? (pid_t)pid : 0;
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

/* One of us holds it, on whatever host and in whatever container, as far as flock(2) reaches. */
static bool
is_held(const char *lock_path)
{
	const int fd = open(lock_path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return held;
}

/* NOW is the time of the file system, whose clock may be another host's. A lock of ours that nobody
 * holds was left by a kill, even if another process has its number now. */
static bool
is_stale(const char *lock_path, time_t now)
{
	bool is_ours = false;
	const pid_t pid = owner(lock_path, &is_ours);
	struct stat st;

	if (lstat(lock_path, &st) != 0 || is_held(lock_path))
		return false;
	if (pid > 0)
		return is_ours || pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH);
	return now - st.st_mtime > STALE_SECONDS && now - st.st_mtime < YEAR_SECONDS;
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
take_stale_away(const char *lock_path, const char *draft_path, time_t now)
{
	if (!is_stale(lock_path, now) || rename(lock_path, draft_path) != 0)
		return;
	if (!is_stale(draft_path, now) && link(draft_path, lock_path) != 0) {
		/* It was given up meanwhile, or a third one has his there already. */
	}
}

/* A file system without hard links: an empty lock for a moment, which a kill could leave. *FD holds
 * it. */
static enum outcome
create_lock(const char *lock_path, int *fd)
{
	char line[400];
	const size_t len = own_line(line, sizeof line);

	*fd = open(lock_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (*fd < 0)
		return errno == EEXIST ? HELD : IMPOSSIBLE;
	if (hold(*fd, lock_path) && file_write_all(*fd, line, len))
		return MINE;
	unlink(lock_path);
	close(*fd);
	return IMPOSSIBLE;
}

/* Makes the draft, which *FD holds, the lock. */
static enum outcome
publish(const char *draft_path, const char *lock_path, int *fd)
{
	const int draft = *fd;
	struct stat st;
	enum outcome outcome;

	if (link(draft_path, lock_path) == 0) {
		unlink(draft_path);
		return MINE;
	}
	outcome = errno == EEXIST ? HELD : create_lock(lock_path, fd);
	if (outcome == HELD && fstat(draft, &st) == 0)
		take_stale_away(lock_path, draft_path, st.st_mtime);
	unlink(draft_path);
	close(draft);
	return outcome;
}

/* MINE: *FD holds it. */
static enum outcome
try_dot_lock(const char *lock_path, int *fd)
{
	char *draft_path = mem_printf("%s.new", lock_path);
	enum outcome outcome = make_draft(draft_path, fd);

	if (outcome == MINE)
		outcome = publish(draft_path, lock_path, fd);
	free(draft_path);
	return outcome;
}

static bool
take_fcntl_lock(int fd, int64_t deadline)
{
	while (!fcntl_lock(fd, F_WRLCK))
		if ((errno != EAGAIN && errno != EACCES) || !wait_a_step(deadline))
			return false;
	return true;
}

bool
mbox_lock(struct mbox_lock *l, int fd, const char *path, struct err *e)
{
	char *lock_path = mem_printf("%s.lock", path);
	const int64_t deadline = now_ms() + WAIT_MS;
	enum outcome outcome;
	int dot_fd;

	while ((outcome = try_dot_lock(lock_path, &dot_fd)) == HELD && wait_a_step(deadline))
		continue;
	*l = (struct mbox_lock){.fd = fd};
	if (outcome == MINE) {
		l->dot = lock_path;
		l->dot_fd = dot_fd;
	}
	if (outcome == HELD)
		err_set(e, ERR_TEMPORARY, "%s: locked by another program (%s)", path, lock_path);
	if (outcome != MINE)
		free(lock_path);
	if (outcome == HELD || take_fcntl_lock(fd, deadline))
		return outcome != HELD;
	err_set(e, ERR_TEMPORARY, "%s: locked by another program", path);
	mbox_unlock(l);
	return false;
}

/* Other programs may have taken ours for stale meanwhile (we were stopped): it may be theirs
 * now. */
static void
remove_lock(const char *lock_path, int fd)
{
	if (is_file_at(fd, lock_path))
		unlink(lock_path);
	close(fd);
}

void
mbox_unlock(struct mbox_lock *l)
{
	if (l->fd >= 0)
		fcntl_lock(l->fd, F_UNLCK);
	if (l->dot)
		remove_lock(l->dot, l->dot_fd);
	free(l->dot);
	*l = (struct mbox_lock){.fd = -1};
}

void
mbox_lock_tidy(const char *path)
{
	char *lock_path = mem_printf("%s.lock", path);
	char *draft_path = mem_printf("%s.new", lock_path);
	struct stat st;
	int fd;

	drop_abandoned(draft_path);
	/* The first try removes a stale one. If another of us was quicker, it may make one. */
	if (lstat(lock_path, &st) == 0 && try_dot_lock(lock_path, &fd) == MINE)
		remove_lock(lock_path, fd);
	free(draft_path);
	free(lock_path);
}
