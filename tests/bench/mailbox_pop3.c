/* SPDX-License-Identifier: ISC */
/*
 * mailbox_pop3 COUNT - a POP3 server on standard input and output (mfetch --tunnel) whose mailbox
 * has COUNT messages of 600 octets, which can be listed and not fetched.
 *
 * It is what a mailbox of a million is listed from: a real server needs minutes to make one.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { OCTETS = 600 };

static unsigned long count;

static int
is(const char *line, const char *command)
{
	return strncasecmp(line, command, strlen(command)) == 0;
}

/* UIDL and LIST: of one message, or of all. */
static void
list(const char *line, int with_uids)
{
	const unsigned long one = strtoul(line + 4, NULL, 10);

	if (one > count) {
		puts("-ERR no such message\r");
		return;
	}
	if (one == 0)
		puts("+OK\r");
	for (unsigned long i = one ? one : 1; i <= (one ? one : count); i++) {
		if (with_uids)
			printf("%s%lu %016lx\r\n", one ? "+OK " : "", i, i * 2654435761UL);
		else
			printf("%s%lu %d\r\n", one ? "+OK " : "", i, OCTETS);
	}
	if (one == 0)
		puts(".\r");
}

static void
answer(const char *line)
{
	if (is(line, "CAPA"))
		puts("+OK\r\nUSER\r\nUIDL\r\nTOP\r\nPIPELINING\r\n.\r");
	else if (is(line, "UIDL") || is(line, "LIST"))
		list(line, is(line, "UIDL"));
	else if (is(line, "STAT"))
		printf("+OK %lu %lu\r\n", count, count * OCTETS);
	else
		puts("+OK\r");
}

int
main(int argc, char **argv)
{
	static char out[64 * 1024];
	char line[600];

	if (argc != 2)
		errx(64, "usage: mailbox_pop3 COUNT");
	count = strtoul(argv[1], NULL, 10);
	setvbuf(stdout, out, _IOFBF, sizeof out);
	puts("+OK ready\r");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		answer(line);
		fflush(stdout);
		if (is(line, "QUIT"))
			break;
	}
	return 0;
}
