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
	unsigned char ahead; /* the most messages that are asked for, and not yet taken */
	unsigned char asked; /* that many are, at the moment */
};

/* One of the replies to a request, which is one byte: the number of messages asked for. An open
 * file comes with it as SCM_RIGHTS. It ends with the name. */
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

/* How many messages are asked for; 0: nobody asks any more. */
static unsigned
take_request(int socket)
{
	unsigned char count;
	ssize_t n;

	do
		n = recv(socket, &count, 1, 0);
	while (n < 0 && errno == EINTR);
	return n == 1 ? count : 0;
}

/* False: the other side, which would wait for ever, does not get it. */
static bool
hand_over(int socket, opener_next *next, void *ctx, struct reply *r)
{
	bool ok;

	r->item.fd = -1;
	r->item.name[0] = '\0';
	r->result = next(ctx, &r->item, &r->e);
	ok = send_reply(socket, r);
	if (r->result == OPENED_FILE)
		close(r->item.fd);
	return ok;
}

/* Hands over COUNT messages, or what is left of them. */
static bool
answer(int socket, unsigned count, opener_next *next, void *ctx)
{
	static struct reply r;

	while (count-- > 0 && r.result != OPENED_END)
		if (!hand_over(socket, next, ctx, &r))
			return false;
	return true;
}

/* It may wait for names on standard input when the other process is killed: so it is, too. After the
 * end of the batch it stays to take requests that were made before the end was seen: if it left them
 * unread, the replies before the end would be lost (ECONNRESET). */
_Noreturn static void
run(int socket, opener_next *next, void *ctx)
{
	unsigned count;

#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	while ((count = take_request(socket)) > 0 && answer(socket, count, next, ctx))
		;
	_exit(0);
}

/* Our side. */

struct opener *
opener_start(unsigned ahead, void (*begin)(void *ctx), opener_next *next, void *ctx, struct err *e)
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
	*o = (struct opener){.socket = ends[0], .pid = pid, .ahead = (unsigned char)ahead};
	return o;
}

/* Asks for as many as are missing, once that is half of them: a request is the more expensive part,
 * since it wakes the process. If it cannot be sent, the process is gone, and the replies
 * tell. */
static void
ask_ahead(struct opener *o)
{
	const unsigned char missing = (unsigned char)(o->ahead - o->asked);

	if (missing * 2 >= o->ahead && send(o->socket, &missing, 1, MSG_NOSIGNAL) == 1)
		o->asked = o->ahead;
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

static bool
take_reply(struct opener *o, struct reply *r)
{
	if (o->asked == 0)
		ask_ahead(o);
	if (o->asked == 0 || !read_reply(o->socket, r))
		return false;
	o->asked--;
	if (r->result != OPENED_END)
		ask_ahead(o);
	return true;
}

enum opened
opener_ask(struct opener *o, struct item *item, struct err *e)
{
	struct reply r MEM_UNINITIALIZED;

	item->fd = -1;
	if (!take_reply(o, &r)) {
		err_set(e, ERR_TEMPORARY,
			"the process that opens the messages is gone; the rest was not sent");
		return OPENED_END;
	}
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
