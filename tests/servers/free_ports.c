/* SPDX-License-Identifier: ISC */
/*
 * free_ports N - prints N port numbers that nobody on this machine uses, one a line.
 *
 * They lie below the range from which the kernel takes ports for outgoing connections, so that only
 * another server can come in between; all are held until the last one is found, so that no two are
 * the same. A first line says which loopback addresses can be bound: "4" (127.0.0.1), "6" (::1),
 * "n" (127.0.0.2 and on).
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LOWEST = 15000, HIGHEST = 31999, TRIES = 2000, MOST = 200 };

static int
bind_ipv4(uint32_t address, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(address);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&sin, sizeof sin) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int
bind_ipv6_loopback(uint16_t port)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	sin6.sin6_addr = in6addr_loopback;
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&sin6, sizeof sin6) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int
can(int fd)
{
	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

int
main(int argc, char *argv[])
{
	long wanted = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	int has_ipv6 = can(bind_ipv6_loopback(0));
	struct timespec now;

	if (wanted < 1 || wanted > MOST) {
		fprintf(stderr, "usage: free_ports N\n");
		return 64;
	}
	printf("4%s%s\n", has_ipv6 ? "6" : "", can(bind_ipv4(INADDR_LOOPBACK + 1, 0)) ? "n" : "");

	clock_gettime(CLOCK_REALTIME, &now);
	srandom((unsigned)now.tv_nsec ^ (unsigned)getpid());
	for (int tries = 0; wanted > 0 && tries < TRIES; tries++) {
		uint16_t port = (uint16_t)(LOWEST + random() % (HIGHEST - LOWEST + 1));
		int fd = bind_ipv4(INADDR_ANY, port);

		/* a socket that was got stays open to the end of the program */
		if (fd < 0 || (has_ipv6 && bind_ipv6_loopback(port) < 0))
			continue;
		printf("%u\n", (unsigned)port);
		wanted--;
	}
	return wanted == 0 ? 0 : 69;
}
