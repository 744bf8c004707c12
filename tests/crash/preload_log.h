/* SPDX-License-Identifier: ISC */
/*
 * preload_log.h - the log of such a library, whose calls are those of the program that it watches.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The log: opened at once, because a contained process could not. A process that closes what it has
 * inherited may open a file of its own under the same number, into which nothing must be
 * written. */
static struct {
	int fd;
	struct stat file;
} preload_log = {.fd = -1};

/* PATH may be NULL. */
static void
log_open(const char *path)
{
	if (path)
		preload_log.fd = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (preload_log.fd >= 0 && fstat(preload_log.fd, &preload_log.file) != 0)
		abort();
}

static void
log_write(const char *text, size_t n)
{
	struct stat st;

	if (preload_log.fd < 0 || fstat(preload_log.fd, &st) != 0 ||
	    st.st_dev != preload_log.file.st_dev || st.st_ino != preload_log.file.st_ino)
		return;
	if (REAL(write)(preload_log.fd, text, n) != (ssize_t)n)
		abort();
}
