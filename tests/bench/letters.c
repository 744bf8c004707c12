/* SPDX-License-Identifier: ISC */
/*
 * letters message SIZE              a message of SIZE octets, lines ended by LF, on standard output
 * letters maildir DIR COUNT SIZE    COUNT such messages, each with a Message-ID of its own, in DIR
 * letters links DIR COUNT SIZE      COUNT links to one message
 *
 * The names in a Maildir carry the sizes (S= and W=), so that Dovecot need not open the files.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char text_line[] =
    "The quick brown fox jumps over the lazy dog, and goes on to other and 100% larger things.\n";

static void
put(FILE *to, size_t *n, size_t *lines, const char *line, size_t len)
{
	fwrite(line, 1, len, to);
	*n += len;
	++*lines;
}

/* How many lines it has. */
static size_t
write_message(FILE *to, size_t size, unsigned number)
{
	char head[400];
	size_t n = 0, lines = 0;
	const int len = snprintf(head, sizeof head,
				 "From: Alice <alice@example.org>\n"
				 "To: bob@example.org\n"
				 "Date: Sat, 21 Nov 2026 10:00:00 +0000\n"
				 "Message-ID: <%u.bench@example.org>\n"
				 "Subject: message %u of the bench\n"
				 "MIME-Version: 1.0\n"
				 "Content-Type: text/plain; charset=us-ascii\n\n",
				 number, number);

	put(to, &n, &lines, head, (size_t)len);
	lines += 7;
	while (n + sizeof text_line - 1 <= size)
		put(to, &n, &lines, text_line, sizeof text_line - 1);
	if (n < size) {
		fwrite(text_line, 1, size - n - 1, to);
		putc('\n', to);
		lines++;
	}
	return lines;
}

/* The file in tmp, from which each message is renamed or linked. */
static size_t
write_file(const char *name, size_t size, unsigned number)
{
	FILE *file = fopen(name, "w");
	size_t lines;

	if (!file)
		err(1, "%s", name);
	lines = write_message(file, size, number);
	if (fclose(file) != 0)
		err(1, "%s", name);
	return lines;
}

static void
make_maildir(const char *path, unsigned count, size_t size, int links)
{
	static const char tmp[] = "tmp/letter";
	char name[100];
	size_t lines = 0;

	mkdir(path, 0700);
	if (chdir(path) != 0 || mkdir("cur", 0700) != 0 || mkdir("new", 0700) != 0 ||
	    mkdir("tmp", 0700) != 0)
		err(1, "%s", path);
	for (unsigned i = 1; i <= count; i++) {
		if (!links || i == 1)
			lines = write_file(tmp, size, i);
		snprintf(name, sizeof name, "cur/%u.M%06uP1.bench,S=%zu,W=%zu:2,",
			 1700000000 + i / 1000000, i % 1000000, size, size + lines);
		if (links ? link(tmp, name) : rename(tmp, name))
			err(1, "%s", name);
	}
	unlink(tmp);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "message") == 0)
		write_message(stdout, strtoul(argv[2], NULL, 10), 1);
	else if (argc == 5)
		make_maildir(argv[2], (unsigned)atoi(argv[3]), strtoul(argv[4], NULL, 10),
			     strcmp(argv[1], "links") == 0);
	else
		errx(64, "usage: letters message SIZE | letters maildir|links DIR COUNT SIZE");
	return fflush(stdout) == 0 ? 0 : 1;
}
