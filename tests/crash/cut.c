/* SPDX-License-Identifier: ISC */
/*
 * cut HOST PORT in|out BYTES [WORD] - standard input and output to a TCP port and back, as a
 * --tunnel, until BYTES came from the server (in) or went to it (out): then the line is dead, both
 * ways at once. 0 never cuts: where the client ends first, it lasts until the server has. With
 * CUT_COUNT=FILE in the environment the bytes of both ways, `IN OUT`, are added there at the end.
 *
 * A WORD behind a blank is not let through as it is when the server says it: as if it lacked an
 * extension.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
connected(const char *host, const char *port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		exit(1);
	for (; found; found = found->ai_next) {
		const int fd = socket(found->ai_family, found->ai_socktype, 0);

		if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0)
			return fd;
		close(fd);
	}
	exit(1);
}

static void
hide(char *bytes, size_t n, const char *word)
{
	const size_t len = strlen(word);

	for (char *at = bytes; (at = memmem(at, n - (size_t)(at - bytes), word, len)); at += len)
		if (at > bytes && at[-1] == ' ')
			memset(at, 'X', len);
}

/* Moves what there is, at most LEFT bytes of it, without WORD. 0: the end. */
static ssize_t
move(int from, int to, long left, const char *word)
{
	char bytes[16384];
	const size_t want = left >= 0 && left < (long)sizeof bytes ? (size_t)left : sizeof bytes;
	const ssize_t n = read(from, bytes, want);

	if (word && n > 0)
		hide(bytes, (size_t)n, word);
	for (ssize_t done = 0; done < n;) {
		const ssize_t written = write(to, bytes + done, (size_t)(n - done));

		if (written <= 0)
			return 0;
		done += written;
	}
	return n > 0 ? n : 0;
}

int
main(int argc, char **argv)
{
	const char *count = getenv("CUT_COUNT");
	long moved[2] = {0, 0}; /* out, in */

	if (argc != 5 && argc != 6)
		return 64;

	signal(SIGPIPE, SIG_IGN);

	const int server = connected(argv[1], argv[2]);
	const int limited = strcmp(argv[3], "in") == 0;
	const long limit = atol(argv[4]);
	struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {server, POLLIN, 0}};

	while ((limit == 0 || moved[limited] < limit) && poll(fds, 2, -1) > 0) {
		const int way = fds[1].revents ? 1 : 0;
		const ssize_t n =
		    move(fds[way].fd, way ? STDOUT_FILENO : server,
			 limit && way == limited ? limit - moved[way] : -1, way ? argv[5] : NULL);

		if (n == 0 && way == 0 && limit == 0) {
			shutdown(server, SHUT_WR);
			fds[0].fd = -1;
			continue;
		}
		if (n == 0)
			break;
		moved[way] += n;
	}
	if (count) {
		FILE *file = fopen(count, "a");

		if (file) {
			fprintf(file, "%ld %ld\n", moved[1], moved[0]);
			fclose(file);
		}
	}
	return 0;
}
