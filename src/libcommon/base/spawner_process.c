/* SPDX-License-Identifier: ISC */
#include "base/spawner_process.h"

#if defined(__linux__) || defined(__OpenBSD__)
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/spawner_limits.h"

enum {
	CHILDREN_MAX = 16,
	PACKET_MAX = 128 * 1024,
	VARIABLES_MAX = 8,
	OPEN_MAX_GUESS = 1024,
};

/* The process whose commands are started. */
static pid_t served;

struct running {
	pid_t pid;
	int control; /* -1: nobody wants to know how it ends */
};

struct spawner {
	spawner_execute *execute;
	const char *const *commands;
	size_t count;
	int requests;
	struct running children[CHILDREN_MAX];
	size_t running;
	char packet[PACKET_MAX + 1];
};

static bool
is_allowed_command(const struct spawner *s, const char *line)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->commands[i], line) == 0 || spawner_allows(s->commands[i], line))
			return true;
	return false;
}

static void
close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

/* The contents of a packet, and the command's end of it. */
struct order {
	struct spawner_head head;
	const char *command;
	const char *environment[VARIABLES_MAX + 1];
	/* the control, standard input, standard output: those that came */
	int fds[DESCRIPTORS_MAX];
	size_t fd_count;
};

/* The strings after the head: LEN bytes that end in NUL. */
static bool
read_strings(struct order *o, const char *at, size_t len)
{
	const char *end = at + len;
	size_t n = 0;

	if (len == 0 || end[-1] != '\0')
		return false;
	o->command = at;
	for (at += strlen(at) + 1; at < end; at += strlen(at) + 1) {
		if (n == VARIABLES_MAX || !spawner_allows_variable(at))
			return false;
		o->environment[n++] = at;
	}
	o->environment[n] = NULL;
	return true;
}

/* Not one of ours. */
static void
refuse(const struct order *o)
{
	const struct spawner_reply r = {.error = EPERM};

	if (o->fd_count > 0)
		send(o->fds[0], &r, sizeof r, MSG_NOSIGNAL);
	close_all(o->fds, o->fd_count);
}

/* False: it was refused. */
static bool
read_order(struct spawner *s, struct order *o, size_t len)
{
	const struct spawner_head *h = &o->head;

	if (len > sizeof o->head && o->fd_count > 0) {
		memcpy(&o->head, s->packet, sizeof o->head);
		if (read_strings(o, s->packet + sizeof o->head, len - sizeof o->head) &&
		    h->has_in <= 1 && h->has_out <= 1 &&
		    o->fd_count == 1 + (size_t)h->has_in + (size_t)h->has_out)
			return true;
	}
	refuse(o);
	return false;
}

static int
start(struct spawner *s, const struct order *o, pid_t *pid)
{
	const struct spawner_request r = {.command = o->command,
					  .environment = o->environment,
					  .in = o->head.has_in ? o->fds[1] : -1,
					  .out = o->head.has_out ? o->fds[o->fd_count - 1] : -1,
					  .out_kind = o->head.out_kind};

	if (s->running == CHILDREN_MAX)
		return EAGAIN;
	return is_allowed_command(s, o->command) ? s->execute(&r, pid) : EPERM;
}

static void
serve(struct spawner *s, const struct order *o)
{
	struct spawner_reply r = {0};

	r.error = start(s, o, &r.pid);
	close_all(o->fds + 1, o->fd_count - 1);
	if (r.error == 0)
		s->children[s->running++] = (struct running){r.pid, o->fds[0]};
	send(o->fds[0], &r, sizeof r, MSG_NOSIGNAL);
	if (r.error != 0)
		close(o->fds[0]);
}

/* False: the other side is gone. */
static bool
take_request(struct spawner *s)
{
	struct order o = {0};
	const ssize_t len = descriptors_receive(s->requests, s->packet, PACKET_MAX, o.fds,
						&o.fd_count, MSG_DONTWAIT);

	if (len <= 0)
		return len < 0 && (errno == EINTR || errno == EAGAIN);
	if (read_order(s, &o, (size_t)len))
		serve(s, &o);
	return true;
}

static void
reap_all(struct spawner *s)
{
	for (size_t i = 0; i < s->running;) {
		struct running *r = &s->children[i];
		int how;

		if (waitpid(r->pid, &how, WNOHANG) == 0) {
			i++;
			continue;
		}
		if (r->control >= 0) {
			send(r->control, &how, sizeof how, MSG_NOSIGNAL);
			close(r->control);
		}
		*r = s->children[--s->running];
	}
}

/* It has not been reaped, so that its number is still its own. */
static void
take_signal(struct running *r)
{
	int number;
	const ssize_t n = recv(r->control, &number, sizeof number, MSG_DONTWAIT);

	if (n == sizeof number && (number == SIGTERM || number == SIGKILL))
		kill(r->pid, number);
	if (n == 0) {
		close(r->control);
		r->control = -1;
	}
}

static void
do_nothing(int number)
{
	(void)number;
}

/* A command may signal its parent: that is meant for the process whose commands we start. From a
 * terminal that gets it twice, which is the same as once. */
static void
pass_on(int number)
{
	const int saved = errno;

	if (getppid() == served)
		kill(served, number);
	errno = saved;
}

/* A handler, not SIG_IGN, which commands would inherit. Ignored ones stay so, for them too. */
static void
pass_over(int number)
{
	struct sigaction action;

	sigaction(number, NULL, &action);
	if (number != SIGCHLD && action.sa_handler == SIG_IGN)
		return;
	action = (struct sigaction){
	    .sa_handler = number == SIGCHLD || number == SIGALRM ? do_nothing : pass_on};
	sigaction(number, &action, NULL);
}

/* Locks (flock(2)) and connections of the other side would last as long as our copies of them. */
static void
close_others(int from)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)from, ~0U, 0U) == 0)
		return;
#endif
	for (int fd = from; fd < OPEN_MAX_GUESS; fd++)
		close(fd);
}

static void
prepare(struct spawner *s)
{
	static const int signals[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGALRM};
	enum { REQUESTS = STDERR_FILENO + 1 };

	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		pass_over(signals[i]);
	if (s->requests != REQUESTS && dup2(s->requests, REQUESTS) != REQUESTS)
		_exit(EX_OSERR);
	s->requests = REQUESTS;
	fcntl(REQUESTS, F_SETFD, FD_CLOEXEC);
	close_others(REQUESTS + 1);
}

/* SIGCHLD is let in only while we wait, so that none is missed. A signal to end is for the other
 * side, whose end is ours; it may yet ask us to end a command. */
_Noreturn static void
serve_all(struct spawner *s)
{
	sigset_t blocked, usual;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &usual);
	sigdelset(&usual, SIGCHLD);
	for (;;) {
		struct pollfd fds[CHILDREN_MAX + 1] = {{.fd = s->requests, .events = POLLIN}};

		reap_all(s);
		for (size_t i = 0; i < s->running; i++)
			fds[i + 1] =
			    (struct pollfd){.fd = s->children[i].control, .events = POLLIN};
		if (ppoll(fds, s->running + 1, NULL, &usual) <= 0)
			continue;
		for (size_t i = 0; i < s->running; i++)
			if (fds[i + 1].revents)
				take_signal(&s->children[i]);
		if (fds[0].revents && !take_request(s))
			_exit(0);
	}
}

_Noreturn void
spawner_run(pid_t client, int requests, const char *const commands[], size_t count,
	    spawner_execute *execute)
{
	static struct spawner s;

	served = client;
	s.execute = execute;
	s.commands = commands;
	s.count = count;
	s.requests = requests;
	prepare(&s);
	serve_all(&s);
}
#endif
