/* SPDX-License-Identifier: ISC */
#include "msend/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
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
	bool has_asked;
};

/* The reply to a request, which is one byte; an open file comes with it as SCM_RIGHTS. It ends with
 * the name. */
struct reply {
	enum opened result;
	struct err e;
	struct item item;
};

/* The opener's process. */

static bool
send_reply(int socket, const struct reply *r)
{
	const int fd = r->result == OPENED_FILE ? r->item.fd : -1;
	const size_t len = offsetof(struct reply, item.name) + strlen(r->item.name) + 1;
	ssize_t n;

	do
		n = descriptors_send(socket, r, len, &fd, fd >= 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len;
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
	static struct reply r;

#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	while (take_request(socket)) {
		r.item.fd = -1;
		r.item.name[0] = '\0';
		r.result = next(ctx, &r.item, &r.e);
		if (!send_reply(socket, &r))
			break; /* else the other side would wait for it for ever */
		if (r.result == OPENED_FILE)
			close(r.item.fd);
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

static void
ask(struct opener *o)
{
	o->has_asked = send(o->socket, "", 1, MSG_NOSIGNAL) == 1;
}

static bool
read_reply(int socket, struct reply *r)
{
	int fds[DESCRIPTORS_MAX];
	size_t count;
	ssize_t n;

	do
		n = descriptors_receive(socket, r, sizeof *r, fds, &count, 0);
	while (n < 0 && errno == EINTR);
	if (n <= (ssize_t)offsetof(struct reply, item.name) || count != (r->result == OPENED_FILE))
		return false;
	r->item.fd = count > 0 ? fds[0] : -1;
	return true;
}

/* The next message is asked for at once, so that it is open when this one is sent. */
enum opened
opener_ask(struct opener *o, struct item *item, struct err *e)
{
	struct reply r;

	item->fd = -1;
	if (!o->has_asked)
		ask(o);
	if (!o->has_asked || !read_reply(o->socket, &r)) {
		err_set(e, ERR_TEMPORARY,
			"the process that opens the messages is gone; the rest was not sent");
		return OPENED_END;
	}
	o->has_asked = false;
	if (r.result != OPENED_END)
		ask(o);
	item->fd = r.item.fd;
	strcpy(item->name, r.item.name);
	*e = r.e;
	return r.result;
}

/* It may be waiting for the next name, which nobody wants any more. */
void
opener_end(struct opener *o)
{
	int how;

	if (!o)
		return;
	close(o->socket);
	kill(o->pid, SIGKILL);
	while (waitpid(o->pid, &how, 0) < 0 && errno == EINTR)
		;
	free(o);
}
