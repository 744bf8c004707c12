/* SPDX-License-Identifier: ISC */
#include "msend/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/err.h"
#include "base/mem.h"

struct opener {
	int socket;
	pid_t pid;
};

/* The reply to a request, which is one byte; an open file comes with it as SCM_RIGHTS. */
struct reply {
	enum opened result;
	struct err e;
	char name[PATH_MAX];
};

/* The opener's process. */

static bool
send_reply(int socket, const struct reply *r, int fd)
{
	ssize_t n;

	do
		n = descriptors_send(socket, r, sizeof *r, &fd, fd >= 0);
	while (n < 0 && errno == EINTR);
	return n == sizeof *r;
}

static bool
take_request(int socket)
{
	char byte;
	ssize_t n;

	do
		n = recv(socket, &byte, 1, 0);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* It may wait for names on standard input when the other process is killed: so it is, too. */
_Noreturn static void
run(int socket, opener_next *next, void *ctx)
{
	static struct item item;
	static struct reply r;

#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	while (take_request(socket)) {
		r = (struct reply){.result = OPENED_END};
		item = (struct item){.fd = -1};
		r.result = next(ctx, &item, &r.e);
		memcpy(r.name, item.name, sizeof r.name);
		if (!send_reply(socket, &r, r.result == OPENED_FILE ? item.fd : -1))
			break; /* else the other side would wait for it for ever */
		if (r.result == OPENED_FILE)
			close(item.fd);
	}
	_exit(0);
}

/* Our side. */

struct opener *
opener_start(void (*begin)(void *ctx), opener_next *next, void *ctx, struct err *e)
{
	struct opener *o;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) {
		err_set_errno(e, ERR_TEMPORARY, "no socket for messages");
		return NULL;
	}
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		begin(ctx);
		run(ends[1], next, ctx);
	}
	close(ends[1]);
	if (pid < 0) {
		err_set_errno(e, ERR_TEMPORARY, "no process to open messages");
		close(ends[0]);
		return NULL;
	}
	o = mem_alloc(sizeof *o);
	*o = (struct opener){.socket = ends[0], .pid = pid};
	return o;
}

static bool
read_reply(int socket, struct reply *r, int *fd)
{
	int fds[DESCRIPTORS_MAX];
	size_t count;
	ssize_t n;

	do
		n = descriptors_receive(socket, r, sizeof *r, fds, &count, 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof *r || count != (r->result == OPENED_FILE))
		return false;
	if (count > 0)
		*fd = fds[0];
	return true;
}

enum opened
opener_ask(struct opener *o, struct item *item, struct err *e)
{
	struct reply r;

	item->fd = -1;
	if (send(o->socket, "", 1, MSG_NOSIGNAL) != 1 || !read_reply(o->socket, &r, &item->fd)) {
		err_set(e, ERR_TEMPORARY,
			"the process that opens the messages is gone; the rest was not sent");
		return OPENED_END;
	}
	memcpy(item->name, r.name, sizeof item->name);
	*e = r.e;
	return r.result;
}

void
opener_end(struct opener *o)
{
	int how;

	if (!o)
		return;
	close(o->socket);
	while (waitpid(o->pid, &how, 0) < 0 && errno == EINTR)
		;
	free(o);
}
