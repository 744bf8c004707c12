/* SPDX-License-Identifier: ISC */
/*
 * socket - both ends of a TCP connection, for the programs of the benchmark. Whatever goes wrong
 * ends the program.
 */
#ifndef MAILVERBS_BENCH_SOCKET_H
#define MAILVERBS_BENCH_SOCKET_H

#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Nothing that is written waits for more (Nagle). */
static inline void
socket_hurry(int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static inline int
socket_connect(const char *host, const char *port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int fd;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		errx(1, "%s: unknown", host);
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen) != 0)
		err(1, "%s:%s", host, port);
	socket_hurry(fd);
	freeaddrinfo(found);
	return fd;
}

/*
 * Listens on 127.0.0.1, prints `PORT PID` and goes on in the background, where SERVE is called for
 * each connection, in a process of its own.
 */
static inline _Noreturn void
socket_serve(void (*serve)(int client, void *ctx), void *ctx)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	const int listener = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	if (bind(listener, (struct sockaddr *)&address, len) != 0 || listen(listener, 64) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) != 0)
		err(1, "no port");
	pid = fork();
	if (pid != 0) {
		printf("%u %ld\n", ntohs(address.sin_port), (long)pid);
		exit(pid < 0);
	}
	setpgid(0, 0);
	close(STDOUT_FILENO);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		const int client = accept(listener, NULL, NULL);

		if (client >= 0 && fork() == 0) {
			socket_hurry(client);
			serve(client, ctx);
			_exit(0);
		}
		close(client);
	}
}

#endif
