/* SPDX-License-Identifier: ISC */
/*
 * peak - runs a command and tells how much memory it had at most: tests/peak FILE COMMAND… writes
 * the KiB into FILE. The exit status is the command's.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	const pid_t pid = argc > 2 ? fork() : -1;
	struct rusage used;
	int how;
	FILE *f;

	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &how, 0, &used) != pid || !(f = fopen(argv[1], "w")))
		return 99;
	fprintf(f, "%ld\n", used.ru_maxrss);
	fclose(f);
	return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}
