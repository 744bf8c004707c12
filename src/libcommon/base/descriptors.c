/* SPDX-License-Identifier: ISC */
#include "base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool
descriptors_lift(const int low[2], int ends[2])
{
	int error = 0;

	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (ends[i] < 0)
			error = errno;
		close(low[i]);
	}
	if (error == 0)
		return true;
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
		ends[i] = -1;
	}
	errno = error;
	return false;
}

union control {
	char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	struct cmsghdr align;
};

ssize_t
descriptors_send(int socket, const void *bytes, size_t n, const int fds[], size_t count)
{
	union control control = {{0}};
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = n};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (count > 0) {
		control.align = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
		control.align.cmsg_len = (socklen_t)CMSG_LEN(count * sizeof *fds);
		memcpy(CMSG_DATA(&control.align), fds, count * sizeof *fds);
		m.msg_control = control.bytes;
		m.msg_controllen = (socklen_t)CMSG_SPACE(count * sizeof *fds);
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL);
}

static size_t
take(struct msghdr *m, int fds[DESCRIPTORS_MAX])
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	size_t count;

	if (!c || c->cmsg_type != SCM_RIGHTS)
		return 0;
	count = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
	memcpy(fds, CMSG_DATA(c), count * sizeof *fds);
	return count;
}

ssize_t
descriptors_receive(int socket, void *bytes, size_t n, int fds[DESCRIPTORS_MAX], size_t *count,
		    int flags)
{
	union control control;
	struct iovec part = {.iov_base = bytes, .iov_len = n};
	/* not CMSG_SPACE(), whose padding has room for one more than FDS */
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = CMSG_LEN(DESCRIPTORS_MAX * sizeof *fds)};
	const ssize_t got = recvmsg(socket, &m, flags | MSG_CMSG_CLOEXEC);

	*count = got > 0 ? take(&m, fds) : 0;
	return got;
}
