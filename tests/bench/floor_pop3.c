/* SPDX-License-Identifier: ISC */
/*
 * floor_pop3 HOST PORT CA USER PASSWORD login
 * floor_pop3 HOST PORT CA USER PASSWORD list            UIDL and LIST, on standard output
 * floor_pop3 HOST PORT CA USER PASSWORD delete          LIST, and all of them go
 * floor_pop3 HOST PORT CA USER PASSWORD maildir|mbox keep|delete DIRECTORY|FILE
 *
 * The conversations of mlist, mdel and mfetch and nothing around them: logs in, lists, pipelines
 * RETR, writes what comes as it comes (CRLF and stuffed dots too), a file for each message or one
 * for all, flushes nothing, records nothing.
 */
#include <fcntl.h>

#include "floor.h"

enum { AHEAD = 256 }; /* commands without an answer, at most */

static int directory = -1, out = -1;
static int is_maildir;

static void
ask(const char *command)
{
	const char *line;

	floor_send(command, strlen(command));
	line = floor_line();
	if (line[0] != '+')
		errx(1, "refused: %s", line);
}

static void
status(void)
{
	const char *line = floor_line();

	if (line[0] != '+')
		errx(1, "refused: %s", line);
}

/* A multi-line answer; how many lines it had. */
static unsigned
lines(int shows)
{
	unsigned n = 0;
	const char *line;

	status();
	while (strcmp(line = floor_line(), ".") != 0) {
		if (shows)
			puts(line);
		n++;
	}
	return n;
}

static void
keep(const char *bytes, size_t n)
{
	if (write(out, bytes, n) != (ssize_t)n)
		err(1, "write");
}

/* Up to the lone dot, found by the five bytes that nothing else can be. */
static void
body(void)
{
	static const char end[] = "\r\n.\r\n";

	for (;;) {
		char *start = floor_in + floor_at;
		const size_t n = floor_end - floor_at;
		char *found = memmem(start, n, end, 5);

		if (found) {
			keep(start, (size_t)(found + 2 - start));
			floor_at += (size_t)(found + 5 - start);
			return;
		}
		if (n > 4) {
			keep(start, n - 4);
			floor_at += n - 4;
		}
		floor_more();
	}
}

static void
message(unsigned number)
{
	char name[32];

	status();
	if (is_maildir) {
		snprintf(name, sizeof name, "%u", number);
		out = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (out < 0)
			err(1, "%s", name);
	}
	body();
	if (is_maildir)
		close(out);
}

static void
each(const char *verb, unsigned count, void (*answer)(unsigned number))
{
	char text[AHEAD * 16];
	unsigned asked = 0;

	for (unsigned i = 1; i <= count; i++) {
		size_t n = 0;

		if (asked < count && asked - (i - 1) <= AHEAD / 2) {
			while (asked < count && asked - (i - 1) < AHEAD)
				n += (size_t)snprintf(text + n, sizeof text - n, "%s %u\r\n", verb,
						      ++asked);
			floor_send(text, n);
		}
		answer(i);
	}
}

static void
deleted(unsigned number)
{
	(void)number;
	status();
}

static void
open_destination(const char *kind, const char *path)
{
	char new_directory[4096];

	is_maildir = strcmp(kind, "maildir") == 0;
	snprintf(new_directory, sizeof new_directory, "%s/new", path);
	if (is_maildir)
		directory = open(new_directory, O_RDONLY | O_DIRECTORY);
	else
		out = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (directory < 0 && out < 0)
		err(1, "%s", path);
}

static unsigned
list(int shows)
{
	floor_send("UIDL\r\nLIST\r\n", 12);
	lines(shows);
	return lines(shows);
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 6 ? argv[6] : "";
	char line[600];

	if (argc < 7)
		errx(64, "usage: floor_pop3 HOST PORT CA USER PASSWORD VERB [ARGUMENT]...");
	floor_connect(argv[1], argv[2]);
	floor_start_tls(argv[1], argv[3]);
	status();
	floor_send("CAPA\r\n", 6);
	lines(0);
	snprintf(line, sizeof line, "AUTH PLAIN %s\r\n", floor_plain(argv[4], argv[5]));
	ask(line);
	if (strcmp(verb, "login") == 0) {
		ask("STAT\r\n");
	} else if (strcmp(verb, "list") == 0) {
		list(1);
	} else if (strcmp(verb, "delete") == 0) {
		floor_send("LIST\r\n", 6);
		each("DELE", lines(0), deleted);
	} else if (argc == 9) {
		const unsigned count = list(0);

		open_destination(verb, argv[8]);
		each("RETR", count, message);
		if (strcmp(argv[7], "delete") == 0)
			each("DELE", count, deleted);
	} else {
		errx(64, "%s: what is that?", verb);
	}
	ask("QUIT\r\n");
	floor_bye();
	return 0;
}
