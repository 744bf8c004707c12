/* SPDX-License-Identifier: ISC */
/*
 * Requests are packets on a socket pair, each with the descriptors for the command and one end of a
 * socket pair of its own, its control: on that come the start's result, then the exit status; to it
 * goes a signal's number. The process on the other side may be in a stranger's hand: so the command
 * line is compared, the names of the variables too, and only these two signals are passed on.
 */
#include "base/spawner.h"

#include "base/err.h"

#include <errno.h>
#if defined(__linux__) || defined(__OpenBSD__)
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/descriptors.h"

enum {
	CHILDREN_MAX = 16,
	PACKET_MAX = 128 * 1024,
	VARIABLES_MAX = 8,
	OPEN_MAX_GUESS = 1024,
	GONE_WITHIN_MS = 1000 /* after its end of a connection is closed */
};

/* Our end; 0: there is none. */
static int to_spawner;
static pid_t spawner_pid;

/* In the spawner: the process whose commands it starts. */
static pid_t served;

/* Before the strings of a packet: the command line, then the variables, each ended by NUL. A byte
 * from a stranger may be neither true nor false, so these are no bool. */
struct head {
	int out_kind;
	unsigned char has_in; /* 0 or 1 */
	unsigned char has_out;
};

struct reply {
	int error;
	pid_t pid;
};

struct running {
	pid_t pid;
	int control; /* -1: nobody wants to know how it ends */
};

/* The spawner's own state. */
struct spawner {
	spawner_execute *execute;
	const char *const *commands;
	size_t count;
	int requests;
	struct running children[CHILDREN_MAX];
	size_t running;
	char packet[PACKET_MAX + 1];
};

/* The limits. */

static const char harmless[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.,:/+-_=%";

/* An address that --pipe puts in: never an option, or one for a second shell. */
static bool
allows_value(const char *template, const char *line)
{
	size_t len = 0;

	if (spawner_allows(template, line) ||
	    (strncmp(line, "''", 2) == 0 && spawner_allows(template, line + 2)))
		return true;
	if (line[0] == '-')
		return false;
	while (line[len] && strchr(harmless, line[len]))
		if (spawner_allows(template, line + ++len))
			return true;
	return false;
}

bool
spawner_allows(const char *template, const char *line)
{
	for (; *template; template ++, line++) {
		if (template[0] == '%' && template[1] && strchr("FT", template[1]))
			return allows_value(template + 2, line);
		if (template[0] == '%' && template[1] == '%')
			template ++;
		if (*template != *line)
			return false;
	}
	return *line == '\0';
}

static bool
is_allowed_command(const struct spawner *s, const char *line)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->commands[i], line) == 0 || spawner_allows(s->commands[i], line))
			return true;
	return false;
}

/* Anything else, such as PATH or LD_PRELOAD, would be a command of its own. */
static bool
is_allowed_variable(const char *text)
{
	static const char *const names[] = {
	    "ACCOUNT=", "COUNT=", "FOLDER=", "RECIPIENT=", "SENDER=", "SIZE=", "UID="};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The spawner's process. */

static void
close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

/* The contents of a packet, and the command's end of it. */
struct order {
	struct head head;
	const char *command;
	const char *environment[VARIABLES_MAX + 1];
	int fds
	    [DESCRIPTORS_MAX]; /* the control, standard input, standard output: those that came */
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
		if (n == VARIABLES_MAX || !is_allowed_variable(at))
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
	const struct reply r = {.error = EPERM};

	if (o->fd_count > 0)
		send(o->fds[0], &r, sizeof r, MSG_NOSIGNAL);
	close_all(o->fds, o->fd_count);
}

/* False: it was refused. */
static bool
read_order(struct spawner *s, struct order *o, size_t len)
{
	const struct head *h = &o->head;

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
	struct reply r = {0};

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
run(struct spawner *s)
{
	sigset_t blocked, usual;

	prepare(s);
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

/* Our side. */

bool
spawner_is_on(void)
{
	return to_spawner > 0;
}

/* Two connected sockets, clear of 0 to 2. */
static bool
open_pair(int ends[2])
{
	int low[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, low) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		close(low[i]);
	}
	return ends[0] >= 0 && ends[1] >= 0;
}

bool
spawner_start(const char *const commands[], size_t count, spawner_execute *execute, struct err *e)
{
	static struct spawner s;
	int ends[2];
	pid_t pid;

	if (spawner_is_on())
		return true;
	if (!open_pair(ends))
		return err_set_errno(e, ERR_TEMPORARY, "no socket for commands");
	served = getpid();
	pid = fork();
	if (pid == 0) {
		s.execute = execute;
		s.commands = commands;
		s.count = count;
		s.requests = ends[1];
		run(&s);
	}
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
	const struct head head = {
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

/* A command that kills its parent means us: SIGKILL cannot be passed on (pass_on()), so it is looked
 * for when the spawner is gone. One that only had no descriptors for our request is still there. */
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
read_reply(int control, struct reply *r)
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
	struct reply reply = {0};
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
