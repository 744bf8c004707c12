/* SPDX-License-Identifier: ISC */
/*
 * floor_spawn COUNT SIZE COMMAND [ARGUMENT]...
 *
 * Starts the command COUNT times, one after the other, with SIZE octets on its standard input and
 * /dev/null as its output: what it costs that a message has a process of its own, and nothing else.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void
feed(char *const command[], const char *bytes, size_t n)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status;
	pid_t pid;

	if (pipe(ends) != 0)
		err(1, "pipe");
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0)
		errx(1, "%s: cannot be run", command[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[0]);
	if (write(ends[1], bytes, n) < 0) {
		/* a command need not read: `true` does not */
	}
	close(ends[1]);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		errx(1, "%s: failed", command[0]);
}

int
main(int argc, char **argv)
{
	size_t size;
	char *bytes;

	if (argc < 4)
		errx(64, "usage: floor_spawn COUNT SIZE COMMAND [ARGUMENT]...");
	signal(SIGPIPE, SIG_IGN);
	size = strtoul(argv[2], NULL, 10);
	bytes = malloc(size + 1);
	if (!bytes)
		err(1, "malloc");
	memset(bytes, 'x', size);
	for (int i = atoi(argv[1]); i > 0; i--)
		feed(argv + 3, bytes, size);
	free(bytes);
	return 0;
}
