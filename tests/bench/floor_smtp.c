/* SPDX-License-Identifier: ISC */
/*
 * floor_smtp [-s] HOST PORT CA USER PASSWORD FROM TO COUNT SIZE <MESSAGE
 *
 * Submits the SIZE octets of standard input, which are on the wire as they are, COUNT times over
 * one connection, with implicit TLS or (-s) STARTTLS: the conversation of msend with CHUNKING and
 * PIPELINING and nothing around it. A message that is sent once is never in memory as a whole.
 */
#include "floor.h"

static unsigned
reply(void)
{
	const char *line;

	do
		line = floor_line();
	while (strlen(line) > 3 && line[3] == '-');
	if (line[0] != '2')
		errx(1, "refused: %s", line);
	return (unsigned)atoi(line);
}

static void
ask(const char *command)
{
	floor_send(command, strlen(command));
	reply();
}

static size_t
fill(char *block, size_t n)
{
	size_t have = 0;
	ssize_t got;

	while (have < n && (got = read(STDIN_FILENO, block + have, n - have)) > 0)
		have += (size_t)got;
	return have;
}

/* A small one goes in one flight with its envelope, of a large one the envelope's replies come
 * first. */
static void
send_message(const char *from, const char *to, size_t size, const char *message, int is_last)
{
	static char flight[64 * 1024];
	size_t n = (size_t)snprintf(flight, sizeof flight,
				    "MAIL FROM:<%s> SIZE=%zu\r\nRCPT TO:<%s>\r\n", from, size, to);

	if (!message) {
		floor_send(flight, n);
		reply();
		reply();
		n = 0;
	}
	n += (size_t)snprintf(flight + n, sizeof flight - n, "BDAT %zu LAST\r\n", size);
	if (message) {
		memcpy(flight + n, message, size);
		n += size;
	} else {
		floor_send(flight, n);
		while ((n = fill(flight, sizeof flight)) > 0)
			floor_send(flight, n);
	}
	if (is_last) {
		memcpy(flight + n, "QUIT\r\n", 6);
		n += 6;
	}
	floor_send(flight, n);
	if (message) {
		reply();
		reply();
	}
	reply();
}

int
main(int argc, char **argv)
{
	static char message[32 * 1024], line[600];
	const int starttls = argc > 1 && strcmp(argv[1], "-s") == 0;
	const char *host, *ca;
	size_t size;
	int count;

	argv += starttls;
	if (argc - starttls != 10)
		errx(64, "usage: floor_smtp [-s] HOST PORT CA USER PASSWORD FROM TO COUNT SIZE");
	host = argv[1], ca = argv[3], count = atoi(argv[8]), size = strtoul(argv[9], NULL, 10);
	floor_connect(host, argv[2]);
	if (starttls) {
		reply();
		ask("EHLO [127.0.0.1]\r\n");
		ask("STARTTLS\r\n");
	}
	floor_start_tls(host, ca);
	if (!starttls)
		reply();
	ask("EHLO [127.0.0.1]\r\n");
	snprintf(line, sizeof line, "AUTH PLAIN %s\r\n", floor_plain(argv[4], argv[5]));
	ask(line);
	if (size <= sizeof message)
		fill(message, size);
	for (int i = 1; i <= count; i++)
		send_message(argv[6], argv[7], size, size <= sizeof message ? message : NULL,
			     i == count);
	floor_bye();
	return 0;
}
