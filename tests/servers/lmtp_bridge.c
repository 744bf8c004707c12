/* SPDX-License-Identifier: ISC */
/*
 * lmtp_bridge LMTP_PORT - an SMTP server for one's own machine that hands every message on by LMTP.
 *
 * Dovecot's submission service needs an SMTP server behind it; Dovecot delivers by LMTP. This
 * stands between the two: it listens on a free port of 127.0.0.1, prints "PORT PID", and goes on in
 * the background until it is sent SIGTERM (as a process group of its own: its connections are its
 * children). No queue: a message is accepted when LMTP has accepted it.
 *
 * The two protocols differ in three places, which is all there is to do here: the greeting command
 * (EHLO, LHLO), the extensions to be offered, and the number of answers to a message (RFC
 * 2033, 4.2: one for each accepted recipient, of which SMTP can be told only the worst).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { BUFFER_SIZE = 64 * 1024, LINE_MAX_SIZE = 4096, REPLY_MAX_SIZE = 8192, TIMEOUT_S = 300 };

struct peer {
	int fd;
	size_t start, end; /* what was read and not used yet */
	char bytes[BUFFER_SIZE];
};

struct bridge {
	struct peer client, server;
	unsigned accepted; /* recipients of this transaction */
};

static const char end_of_message[] = "\r\n.\r\n";

/* ---- reading and writing: false is the end of the connection ---- */

static bool
peer_write(struct peer *p, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = send(p->fd, bytes, n, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		n -= (size_t)done;
	}
	return true;
}

static bool
peer_say(struct peer *p, const char *text)
{
	return peer_write(p, text, strlen(text));
}

/* Makes sure that there is something unused in the buffer. */
static bool
peer_fill(struct peer *p)
{
	ssize_t got;

	if (p->start < p->end)
		return true;
	do
		got = recv(p->fd, p->bytes, sizeof p->bytes, 0);
	while (got < 0 && errno == EINTR);
	p->start = 0;
	p->end = got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* One line, with its line end, as a string. What does not fit, and a NUL, is dropped; *cut says so.
 */
static bool
peer_line(struct peer *p, char line[static LINE_MAX_SIZE], bool *cut)
{
	size_t n = 0;

	*cut = false;
	do {
		if (!peer_fill(p))
			return false;
		if (n < LINE_MAX_SIZE - 1 && p->bytes[p->start] != '\0')
			line[n++] = p->bytes[p->start];
		else
			*cut = true;
	} while (p->bytes[p->start++] != '\n');
	line[n] = '\0';
	return true;
}

/* ---- answers ---- */

/* A whole answer of the LMTP server, all its lines; 0 if there is none. */
static int
server_reply(struct peer *server, char reply[static REPLY_MAX_SIZE])
{
	char line[LINE_MAX_SIZE];
	size_t used = 0;
	bool cut;

	do {
		size_t n;

		if (!peer_line(server, line, &cut) || cut || strlen(line) < 4)
			return 0;
		n = strlen(line);
		if (used + n >= REPLY_MAX_SIZE)
			return 0;
		memcpy(reply + used, line, n + 1);
		used += n;
	} while (line[3] == '-');
	return atoi(line);
}

/* Passes one command on and its answer back; 0 if the connection is over. */
static int
pass(struct bridge *b, const char *command)
{
	char reply[REPLY_MAX_SIZE];
	int code;

	if (!peer_say(&b->server, command) || (code = server_reply(&b->server, reply)) == 0 ||
	    !peer_say(&b->client, reply))
		return 0;
	return code;
}

/* ---- commands ---- */

static bool
is_command(const char *line, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(line, name, n) == 0 && strchr(" :\r\n", line[n]) != NULL;
}

/* Offers what LMTP offered, as far as it can be passed on. */
static bool
offer(struct bridge *b, char *reply)
{
	static const char *const known[] = {"PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME",
					    "SIZE"};
	char out[LINE_MAX_SIZE] = "250-localhost\r\n";
	size_t used = strlen(out);

	for (char *line = strtok(reply, "\r\n"); line != NULL; line = strtok(NULL, "\r\n"))
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			if (strncasecmp(line + 4, known[i], strlen(known[i])) == 0 &&
			    used + strlen(line) + sizeof "250 HELP\r\n" < sizeof out)
				used += (size_t)snprintf(out + used, sizeof out - used,
							 "250-%s\r\n", line + 4);
	snprintf(out + used, sizeof out - used, "250 HELP\r\n");
	return peer_say(&b->client, out);
}

static bool
greet(struct bridge *b, char *line)
{
	char reply[REPLY_MAX_SIZE];
	bool extended = is_command(line, "EHLO");
	int code;

	memcpy(line, "LHLO", 4);
	if (!peer_say(&b->server, line) || (code = server_reply(&b->server, reply)) == 0)
		return false;
	if (code != 250)
		return peer_say(&b->client, reply);
	return extended ? offer(b, reply) : peer_say(&b->client, "250 localhost\r\n");
}

/* Everything up to and including the line that is a dot. */
static bool
pass_message(struct bridge *b)
{
	size_t journal = 2; /* of end_of_message: the message begins after a line end */

	while (end_of_message[journal] != '\0') {
		struct peer *c = &b->client;
		size_t from;

		if (!peer_fill(c))
			return false;
		from = c->start;
		while (c->start < c->end && end_of_message[journal] != '\0') {
			char byte = c->bytes[c->start++];

			if (byte == end_of_message[journal])
				journal++;
			else
				journal = byte == '\r' ? 1 : 0;
		}
		if (!peer_write(&b->server, c->bytes + from, c->start - from))
			return false;
	}
	return true;
}

static bool
message(struct bridge *b)
{
	char reply[REPLY_MAX_SIZE], worst[REPLY_MAX_SIZE] = "";
	int code, worst_code = 0;

	if (b->accepted == 0)
		return peer_say(&b->client, "503 5.5.1 no valid recipients\r\n");
	code = pass(b, "DATA\r\n");
	if (code != 354)
		return code != 0;
	if (!pass_message(b))
		return false;
	for (; b->accepted > 0; b->accepted--) {
		if ((code = server_reply(&b->server, reply)) == 0)
			return false;
		if (code > worst_code) {
			worst_code = code;
			memcpy(worst, reply, sizeof worst);
		}
	}
	return peer_say(&b->client, worst);
}

static bool
command(struct bridge *b, char *line)
{
	int code;

	if (is_command(line, "EHLO") || is_command(line, "HELO")) {
		b->accepted = 0;
		return greet(b, line);
	}
	if (is_command(line, "DATA"))
		return message(b);
	if (is_command(line, "BDAT") || is_command(line, "STARTTLS") || is_command(line, "AUTH") ||
	    is_command(line, "XCLIENT") || is_command(line, "LHLO"))
		return peer_say(&b->client, "502 5.5.1 command not implemented\r\n") &&
		       !is_command(line, "BDAT"); /* its chunk would be read as commands */
	code = pass(b, line);
	if (is_command(line, "RCPT") && code / 100 == 2)
		b->accepted++;
	else if (is_command(line, "MAIL") || is_command(line, "RSET"))
		b->accepted = 0;
	return code != 0 && !is_command(line, "QUIT");
}

/* ---- connections ---- */

static bool
prepare(int fd)
{
	struct timeval timeout = {.tv_sec = TIMEOUT_S};
	int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0 &&
	       setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

static void
serve(int client_fd, uint16_t lmtp_port)
{
	static struct bridge b;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(lmtp_port)};
	char line[LINE_MAX_SIZE], greeting[REPLY_MAX_SIZE];
	bool cut, open;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	b.client.fd = client_fd;
	b.server.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (b.server.fd < 0 || !prepare(client_fd) || !prepare(b.server.fd) ||
	    connect(b.server.fd, (const struct sockaddr *)&to, sizeof to) != 0 ||
	    server_reply(&b.server, greeting) == 0) {
		peer_say(&b.client, "421 4.3.0 LMTP is not there\r\n");
		return;
	}
	open = peer_say(&b.client, greeting);
	while (open && peer_line(&b.client, line, &cut))
		open = cut ? peer_say(&b.client, "500 5.5.2 line too long\r\n") : command(&b, line);
}

static int
listen_on_loopback(uint16_t *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t size = sizeof sin;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&sin, sizeof sin) != 0 ||
	    listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&sin, &size) != 0)
		return -1;
	*port = ntohs(sin.sin_port);
	return fd;
}

static void
accept_forever(int listener, uint16_t lmtp_port)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(listener);
			serve(fd, lmtp_port);
			_exit(0);
		}
		close(fd);
	}
}

int
main(int argc, char *argv[])
{
	long lmtp_port = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	uint16_t port = 0;
	int listener, null;
	pid_t pid;

	if (lmtp_port < 1 || lmtp_port > UINT16_MAX) {
		fprintf(stderr, "usage: lmtp_bridge LMTP_PORT\n");
		return 64;
	}
	listener = listen_on_loopback(&port);
	null = open("/dev/null", O_RDWR);
	if (listener < 0 || null < 0 || (pid = fork()) < 0) {
		perror("lmtp_bridge");
		return 69;
	}
	if (pid > 0) {
		printf("%u %ld\n", (unsigned)port, (long)pid);
		return 0;
	}
	setsid();
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	signal(SIGCHLD, SIG_IGN); /* no zombies */
	accept_forever(listener, (uint16_t)lmtp_port);
}
