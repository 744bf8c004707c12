/* SPDX-License-Identifier: ISC */
/* An mbox comes through a pipe, in pieces of all sizes, and its messages come out the same. */
#include "message/mbox.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "tap.h"

#define DATED "From c@example.org Sat Nov 21 10:00:00 2026\n"

/* The messages of TEXT, read PIECE bytes at a time, with "|" after each, "!" for one
 * that may be two; or the error. */
static void
messages(struct buf *out, const char *text, size_t piece)
{
	const size_t len = strlen(text);
	struct err e = {0};
	int ends[2], fd;
	pid_t writer;
	struct mbox *m;

	if (pipe(ends) != 0 || (writer = fork()) < 0)
		abort();
	if (writer == 0) {
		for (size_t at = 0; at < len; at += piece)
			if (write(ends[1], text + at, at + piece < len ? piece : len - at) < 0)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	m = mbox_open(ends[0]);
	while ((fd = mbox_next(m, &e)) >= 0 || mbox_goes_on(m)) {
		char block[4096];
		ssize_t n;

		if (fd < 0) {
			buf_add_str(out, "!");
			continue;
		}
		while ((n = read(fd, block, sizeof block)) > 0)
			buf_add(out, block, (size_t)n);
		buf_add_str(out, "|");
		close(fd);
	}
	buf_add_str(out, e.text);
	mbox_close(m);
	close(ends[0]);
}

static void
is_split(const char *text, const char *want, const char *name)
{
	static const size_t pieces[] = {1, 2, 3, 7, 4096};

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct buf got = {0};

		messages(&got, text, pieces[i]);
		is_str(got.data, want, name);
		buf_free(&got);
	}
}

int
main(void)
{
	is_split("", "", "nothing holds nothing");
	is_split("From a\nTo: b\n\nx\n", "To: b\n\nx\n|", "one message");
	is_split("From a\nTo: b\n\nx\n\n", "To: b\n\nx\n|",
		 "the empty line at the end is the mbox's");
	is_split("From a\nTo: b\n\nx\n\n\n\n", "To: b\n\nx\n\n\n|", "one of them");
	is_split("From a\nTo: b\n\nx\n\nFrom c\nTo: d\n\ny", "To: b\n\nx\n|To: d\n\ny|",
		 "two messages");
	is_split("From a\r\nTo: b\r\n\r\nx\r\n\r\nFrom c\r\nTo: d\r\n\r\ny\r\n",
		 "To: b\r\n\r\nx\r\n|To: d\r\n\r\ny\r\n|", "with CRLF");
	is_split("From a\nTo: b\n\n>From x\n>>From y\n>>>From z\n> From q\n>Fromage\n",
		 "To: b\n\nFrom x\n>From y\n>>From z\n> From q\n>Fromage\n|",
		 "quotes are taken off");
	is_split("From a\nTo: b\n\nx\nFrom c\nTo: d\n", "To: b\n\nx\nFrom c\nTo: d\n|",
		 "From_ behind a line that is not empty is text");
	is_split(DATED "To: b\n\nx\n" DATED "\nTo: d\n" DATED "y: z\nTo be continued\nTo: d\n",
		 "To: b\n\nx\n" DATED "\nTo: d\n" DATED "y: z\nTo be continued\nTo: d\n|",
		 "so it is with a date, if no recipients are named right after it");
	is_split(DATED "To: b\n\nx\n" DATED "Subject: y\n z\nBcc: d\n\ny\n\n" DATED "To: e\n",
		 "!To: e\n|", "if some are, nobody knows whose message it is; others follow");
	is_split(DATED DATED "To: b\n>" DATED "To: c\n", DATED "To: b\n" DATED "To: c\n|",
		 "quoted, or at the start, it is not");
	is_split("From a\nTo: b\n\n\nFrom here on\nit is text\n",
		 "To: b\n\n\nFrom here on\nit is text\n|",
		 "From_ without a field behind it is text");
	is_split("From a\nTo: b\n\nx\n\nFrom c", "To: b\n\nx\n\nFrom c|",
		 "so it is at the very end");
	is_split("From a\n\nFrom c\nTo: d\n", "|To: d\n|", "an empty message");
	is_split("From a", "|", "a From_ line alone");
	is_split("To: b\n\nx\n", "this is not an mbox: it does not begin with a From_ line",
		 "no mbox");
	return tap_done();
}
