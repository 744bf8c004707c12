/* SPDX-License-Identifier: ISC */
/*
 * proxy HOST PORT RTT_MS FILE - a line of that round trip time to a TCP server.
 *
 * Listens on 127.0.0.1, prints `PORT PID` and goes on in the background. Each byte takes half of
 * the round trip time, whichever way it goes; nothing else slows it down. A connection that ends
 * adds a line to FILE:
 *
 *	ROUND_TRIPS OCTETS_UP OCTETS_DOWN MILLISECONDS
 *
 * ROUND_TRIPS are causal: what the client sends behind an answer of depth N has depth N + 1, an
 * answer has the depth of what the server had read before it; counted is the deepest answer. So a
 * conversation took at least so many times the round trip time, however it was pipelined. TCP's own
 * handshake is not among them, since the proxy does not see it.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "socket.h"

struct chunk {
	struct chunk *next;
	long long due; /* microseconds */
	unsigned depth;
	size_t len; /* 0: the end */
	char bytes[];
};

/* One of the two directions. */
struct way {
	int from, to;
	struct chunk *first, **last;
	int has_ended;
	unsigned delivered; /* depth */
	unsigned long long octets;
};

static long long delay_us;

static long long
microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void
take_in(struct way *w, unsigned depth)
{
	enum { BLOCK = 64 * 1024 };
	struct chunk *c = malloc(sizeof *c + BLOCK);
	ssize_t n;

	if (!c)
		err(1, "malloc");
	n = recv(w->from, c->bytes, BLOCK, 0);
	*c = (struct chunk){.due = microseconds() + delay_us, .depth = depth};
	c->len = n > 0 ? (size_t)n : 0;
	w->octets += c->len;
	w->has_ended = c->len == 0;
	c = realloc(c, sizeof *c + c->len); /* smaller: succeeds */
	*w->last = c;
	w->last = &c->next;
}

static void
hand_on(struct way *w)
{
	struct chunk *c = w->first;
	size_t sent = 0;

	w->first = c->next;
	if (!w->first)
		w->last = &w->first;
	if (c->len == 0)
		shutdown(w->to, SHUT_WR);
	else if (c->depth > w->delivered)
		w->delivered = c->depth;
	while (sent < c->len) {
		const ssize_t n = send(w->to, c->bytes + sent, c->len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	free(c);
}

/* Until the first chunk is due; -1: there is none. */
static int
ms_left(const struct way *up, const struct way *down)
{
	long long due = -1, left;

	if (up->first)
		due = up->first->due;
	if (down->first && (due < 0 || down->first->due < due))
		due = down->first->due;
	left = due - microseconds();
	return due < 0 ? -1 : left > 0 ? (int)((left + 999) / 1000) : 0;
}

static void
relay(int client, int server, const char *path)
{
	struct way up = {.from = client, .to = server, .last = &up.first};
	struct way down = {.from = server, .to = client, .last = &down.first};
	const long long start = microseconds();
	FILE *file;

	while (!up.has_ended || !down.has_ended || up.first || down.first) {
		struct pollfd fds[2] = {{.fd = up.has_ended ? -1 : client, .events = POLLIN},
					{.fd = down.has_ended ? -1 : server, .events = POLLIN}};

		if (poll(fds, 2, ms_left(&up, &down)) < 0)
			err(1, "poll");
		if (fds[0].revents)
			take_in(&up, down.delivered + 1);
		if (fds[1].revents)
			take_in(&down, up.delivered);
		while (up.first && up.first->due <= microseconds())
			hand_on(&up);
		while (down.first && down.first->due <= microseconds())
			hand_on(&down);
	}
	file = fopen(path, "a");
	if (!file)
		err(1, "%s", path);
	fprintf(file, "%u %llu %llu %lld\n", down.delivered, up.octets, down.octets,
		(microseconds() - start) / 1000);
	fclose(file);
}

/* ctx: the arguments */
static void
serve(int client, void *ctx)
{
	char **argv = ctx;

	relay(client, socket_connect(argv[1], argv[2]), argv[4]);
}

int
main(int argc, char **argv)
{
	if (argc != 5)
		errx(64, "usage: proxy HOST PORT RTT_MS FILE");
	delay_us = atoll(argv[3]) * 500;
	socket_serve(serve, argv);
}
