/* SPDX-License-Identifier: ISC */
#include "message/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"

const char *
spool_directory(void)
{
	const char *const dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

static bool
failed(struct err *e)
{
	err_set_errno(e, ERR_IO, "cannot keep the message in %s", spool_directory());
	return err_hint(e, "set TMPDIR to a directory with room for it");
}

/* O_TMPFILE needs support of the file system: NFS and others have none. */
int
spool_open(struct err *e)
{
	char *path;
	int fd = -1;

#ifdef O_TMPFILE
	fd = open(spool_directory(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
#endif
	path = mem_printf("%s/mailverbs.XXXXXX", spool_directory());
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	else
		failed(e);
	free(path);
	return fd;
}

bool
spool_write(int fd, const char *bytes, size_t n, struct err *e)
{
	return file_write_all(fd, bytes, n) || failed(e);
}

bool
spool_read(int fd, char *bytes, size_t n, size_t *got, struct err *e)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
				       {.fd = stop_fd(), .events = POLLIN}};
		ssize_t len;

		if (poll(fds, 2, -1) < 0)
			continue; /* a signal, which stop_fd() tells: read(2) would sit on it */
		if (fds[1].revents)
			return err_set(e, ERR_TEMPORARY, "interrupted");
		len = read(fd, bytes, n);
		if (len >= 0) {
			*got = (size_t)len;
			return true;
		}
		if (errno != EINTR && errno != EAGAIN)
			return err_set_errno(e, ERR_IO, "cannot read the message");
	}
}
