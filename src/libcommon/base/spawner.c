/* SPDX-License-Identifier: ISC */
#include "base/spawner.h"

#include "base/err.h"

#include <errno.h>
#if defined(__linux__) || defined(__OpenBSD__)
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/descriptors.h"
#include "base/spawner_process.h"

enum { GONE_WITHIN_MS = 1000 /* after its end of a connection is closed */ };

/* Our end; 0: there is none. */
static int to_spawner;
static pid_t spawner_pid;

bool
spawner_is_on(void)
{
	return to_spawner > 0;
}

/* Two connected sockets. */
static bool
open_pair(int ends[2])
{
	int low[2];

	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, low) == 0 && descriptors_lift(low, ends);
}

bool
spawner_start(const char *const commands[], size_t count, spawner_execute *execute, struct err *e)
{
	const pid_t self = getpid();
	int ends[2];
	pid_t pid;

	if (spawner_is_on())
		return true;
	if (!open_pair(ends))
		return err_set_errno(e, ERR_TEMPORARY, "no socket for commands");
	pid = fork();
	if (pid == 0)
		spawner_run(self, ends[1], commands, count, execute);
	close(ends[1]);
	spawner_pid = pid;
	if (pid > 0)
		to_spawner = ends[0];
	else
		close(ends[0]);
	return pid > 0 || err_set_errno(e, ERR_TEMPORARY, "no process for commands");
}

static void
add_string(struct buf *packet, const char *text)
{
	buf_add(packet, text, strlen(text) + 1);
}

static void
fill_packet(struct buf *packet, const struct spawner_request *r)
{
	const struct spawner_head head = {
	    .out_kind = r->out_kind, .has_in = r->in >= 0, .has_out = r->out >= 0};

	buf_add(packet, (const char *)&head, sizeof head);
	add_string(packet, r->command);
	for (size_t i = 0; r->environment && r->environment[i]; i++)
		add_string(packet, r->environment[i]);
}

static bool
send_request(const struct spawner_request *r, int theirs)
{
	int fds[DESCRIPTORS_MAX] = {theirs};
	size_t count = 1;
	struct buf packet = {0};
	ssize_t sent;

	if (r->in >= 0)
		fds[count++] = r->in;
	if (r->out >= 0)
		fds[count++] = r->out;
	fill_packet(&packet, r);
	do
		sent = descriptors_send(to_spawner, packet.data, packet.len, fds, count);
	while (sent < 0 && errno == EINTR);
	buf_free(&packet);
	return sent >= 0;
}

/* A command that kills its parent means us: SIGKILL cannot be passed on (pass_on()), so it is
 * looked for when the spawner is gone. One that only had no descriptors for our request is still
 * there. */
static void
die_as_spawner(void)
{
	struct pollfd end = {.fd = to_spawner}; /* POLLHUP is always reported */
	int how;

	if (poll(&end, 1, GONE_WITHIN_MS) <= 0)
		return;
	while (waitpid(spawner_pid, &how, 0) < 0)
		if (errno != EINTR)
			return;
	if (WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL)
		raise(SIGKILL);
}

static int
read_reply(int control, struct spawner_reply *r)
{
	ssize_t n;

	do
		n = recv(control, r, sizeof *r, 0);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		die_as_spawner();
	return n == sizeof *r ? r->error : n < 0 ? errno : ESRCH;
}

int
spawner_ask(const struct spawner_request *r, pid_t *pid, int *control)
{
	struct spawner_reply reply = {0};
	int ends[2], error;

	if (!open_pair(ends))
		return errno;
	error = send_request(r, ends[1]) ? 0 : errno;
	close(ends[1]);
	if (error == EPIPE)
		die_as_spawner();
	if (error == 0)
		error = read_reply(ends[0], &reply);
	if (error != 0) {
		close(ends[0]);
		return error;
	}
	*control = ends[0];
	*pid = reply.pid;
	return 0;
}

pid_t
spawner_wait(int control, pid_t pid, int *how, int options)
{
	const ssize_t n = recv(control, how, sizeof *how, options & WNOHANG ? MSG_DONTWAIT : 0);

	if (n == 0)
		die_as_spawner();
	if (n == sizeof *how)
		return pid;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n >= 0)
		errno = ECHILD;
	return -1;
}

void
spawner_signal(int control, int number)
{
	send(control, &number, sizeof number, MSG_NOSIGNAL);
}
#else /* nothing to give up, so that nobody needs one */
bool
spawner_start(const char *const commands[], size_t count, spawner_execute *execute, struct err *e)
{
	(void)commands;
	(void)count;
	(void)execute;
	return err_set(e, ERR_TEMPORARY, "no process for commands");
}

bool
spawner_is_on(void)
{
	return false;
}

int
spawner_ask(const struct spawner_request *r, pid_t *pid, int *control)
{
	(void)r;
	(void)pid;
	(void)control;
	return ENOSYS;
}

pid_t
spawner_wait(int control, pid_t pid, int *how, int options)
{
	(void)control;
	(void)pid;
	(void)how;
	(void)options;
	return -1;
}

void
spawner_signal(int control, int number)
{
	(void)control;
	(void)number;
}
#endif
