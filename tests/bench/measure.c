/* SPDX-License-Identifier: ISC */
/*
 * measure FILE COMMAND [ARGUMENT]... - runs the command and adds a line to FILE:
 *
 *	WALL_US CPU_US RSS_KIB STATUS
 *
 * The CPU is user's and system's, of the command and every descendant that was waited for; the
 * resident memory is the largest of any of them. The exit status is the command's.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long
microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int
main(int argc, char **argv)
{
	struct rusage used;
	long long start, end;
	int status;
	pid_t pid;
	FILE *file;

	if (argc < 3)
		errx(64, "usage: measure FILE COMMAND [ARGUMENT]...");
	start = microseconds();
	pid = vfork(); /* what the parent has is not to count */
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		err(1, "%s", argv[2]);
	end = microseconds();
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	file = fopen(argv[1], "a");
	if (!file)
		err(1, "%s", argv[1]);
	fprintf(file, "%lld %lld %ld %d\n", end - start,
		(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec +
		    used.ru_stime.tv_usec,
		used.ru_maxrss, status);
	fclose(file);
	return status;
}
