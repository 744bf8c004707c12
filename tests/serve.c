/* SPDX-License-Identifier: ISC */
/*
 * serve - runs a command while scripted servers wait for it on a Unix socket.
 *
 *	tests/serve SOCKET SCRIPT... -- COMMAND [ARGUMENT]...
 *
 * Each connection to SOCKET is served by tests/replay (beside this program) with the next SCRIPT,
 * whose verdict goes to SCRIPT.verdict; nobody listens any more when the last one is taken. Ends
 * when COMMAND and all of them have, with COMMAND's exit status.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *socket_path;
static const char *replay_path;
static int listener = -1;

__attribute__((noreturn)) static void
die(const char *what)
{
	perror(what);
	exit(99);
}

static void
open_listener(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(listener, 8) != 0)
		die(socket_path);
}

static void
close_listener(void)
{
	close(listener);
	unlink(socket_path);
	listener = -1;
}

static pid_t
start_command(char **command, const sigset_t *mask)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	die(command[0]);
}

static void
start_script(const char *script, const sigset_t *mask)
{
	const int fd = accept(listener, NULL, NULL);
	char verdict[4096];

	if (fork() == 0) {
		snprintf(verdict, sizeof verdict, "%s.verdict", script);
		setenv("REPLAY_VERDICT", verdict, 1);
		unsetenv("REPLAY_FLIGHTS");
		sigprocmask(SIG_SETMASK, mask, NULL);
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		execl(replay_path, "replay", script, (char *)NULL);
		die(replay_path);
	}
	close(fd);
}

static void
on_child(int number)
{
	(void)number;
}

/* Collects whoever has ended; *STATUS is COMMAND's. False: it still runs. */
static int
has_ended(pid_t command, int *status, int options)
{
	int how, ended = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &how, options)) > 0)
		if (pid == command) {
			*status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
			ended = 1;
		}
	return ended;
}

int
main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_child};
	sigset_t child, before;
	int next = 2, last = 2, status = 99;
	pid_t command;
	char path[4096];

	while (last < argc && strcmp(argv[last], "--") != 0)
		last++;
	if (last + 1 >= argc)
		die("usage");
	socket_path = argv[1];
	snprintf(path, sizeof path, "%.*sreplay",
		 strrchr(argv[0], '/') ? (int)(strrchr(argv[0], '/') + 1 - argv[0]) : 0, argv[0]);
	replay_path = path;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	sigaction(SIGCHLD, &action, NULL);
	open_listener();
	command = start_command(argv + last + 1, &before);
	while (!has_ended(command, &status, WNOHANG)) {
		struct pollfd fd = {.fd = listener, .events = POLLIN};

		if (ppoll(&fd, 1, NULL, &before) <= 0)
			continue;
		start_script(argv[next++], &before);
		if (next == last)
			close_listener();
	}
	if (listener >= 0)
		close_listener();
	has_ended(command, &status, 0);
	return status;
}
