/* SPDX-License-Identifier: ISC */
/*
 * What is known of a message when the line is cut: at every byte of a conversation. The server
 * replies to each command that has gone out as a whole, as long as it has replies, and then hangs
 * up. The line takes so many bytes and no more: send(2) is this file's.
 */
#include "proto/smtp/smtp.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "message/outgoing.h"
#include "message/source.h"
#include "net/stream.h"
#include "proto/login.h"
#include "tap.h"

/* The line. */

static char went_out[512 * 1024];
static size_t out_len, line_takes;
static size_t answered; /* the bytes of went_out that were looked at for commands */
static const char *replies;
static int peer = -1;

static void
hang_up(void)
{
	if (peer >= 0)
		close(peer);
	peer = -1;
}

static void
reply_next(void)
{
	const char *end = replies;
	bool is_last;

	do {
		is_last = end[3] == ' ';
		end = strstr(end, "\r\n") + 2;
	} while (!is_last && *end);
	if (write(peer, replies, (size_t)(end - replies)) != end - replies)
		abort();
	replies = end;
	if (*replies == '\0')
		hang_up();
}

static bool
is_command(const char *line)
{
	static const char *const verbs[] = {"EHLO", "MAIL", "RCPT", "DATA", "BDAT"};

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (memcmp(line, verbs[i], 4) == 0)
			return true;
	return false;
}

static void
reply_to_commands(void)
{
	char *lf;

	while (peer >= 0 && (lf = memchr(went_out + answered, '\n', out_len - answered))) {
		if (is_command(went_out + answered))
			reply_next();
		answered = (size_t)(lf + 1 - went_out);
	}
}

ssize_t
send(int fd, const void *bytes, size_t n, int flags)
{
	const size_t room = line_takes - out_len;
	const size_t take = n < room ? n : room;

	(void)fd;
	(void)flags;
	if (n > 0 && take == 0) {
		hang_up();
		errno = EPIPE;
		return -1;
	}
	memcpy(went_out + out_len, bytes, take);
	out_len += take;
	reply_to_commands();
	return (ssize_t)take;
}

static struct stream *
open_line(const char *script, size_t takes)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	hang_up();
	peer = ends[1];
	replies = script;
	out_len = answered = 0;
	line_takes = takes;
	reply_next(); /* the greeting */
	return stream_from_fds(ends[0], ends[0], "mx:587", 5);
}

static struct outgoing *
message(struct source **s, size_t size)
{
	struct err e;
	char *text = malloc(size);

	if (!text)
		abort();
	memset(text, 'x', size);
	memcpy(text, "Subject: a\r\n\r\n", 14);
	memcpy(text + size - 2, "\r\n", 2);
	*s = source_new();
	if (!source_add(*s, text, size, &e))
		abort();
	free(text);
	return outgoing_open_as_is(*s, &e);
}

struct sent {
	bool ok;
	bool maybe;
};

/* A message of SIZE octets over a line that takes so many bytes. */
static struct sent
send_over(const char *script, size_t takes, size_t size)
{
	const struct smtp_params params = {
	    .domain = "here", .timeout_s = 5, .message_timeout_s = 5};
	const struct login login = {.is_skipped = true};
	struct smtp_recipient to = {.address = "b@example.org"};
	struct smtp_envelope envelope = {
	    .from = "a@example.org", .recipients = &to, .count = 1, .is_last = true};
	struct stream *s = open_line(script, takes);
	struct err e = {0};
	struct smtp *c = smtp_open(s, &login, &params, &e);
	struct sent sent = {0};
	struct smtp_reply reply;
	struct source *source;
	struct outgoing *o = message(&source, size);

	if (c)
		sent.ok = smtp_send(c, &envelope, o, &reply, &sent.maybe, &e);
	smtp_close(c);
	stream_close(s);
	outgoing_free(o);
	source_close(source);
	return sent;
}

/* Cut at each byte: it may have been sent where END (and no less) went out, and nowhere else. */
static void
check_cuts(const char *script, size_t size, size_t behind_end, const char *name)
{
	size_t whole, first, wrong = 0;

	send_over(script, sizeof went_out, size);
	whole = out_len;
	ok(whole > size, "%s: the whole message goes out", name);
	first = whole > 1000 ? whole - 1000 : 0;
	for (size_t takes = first; takes <= whole; takes++) {
		const struct sent sent = send_over(script, takes, size);

		if (sent.ok || sent.maybe != (takes >= whole - behind_end)) {
			diag("%zu of %zu bytes: maybe sent: %d", takes, whole, sent.maybe);
			wrong++;
		}
	}
	ok(wrong == 0, "%s: it may have been sent from its last byte on, not before", name);
}

int
main(void)
{
#define HELLO "220 mx\r\n250-mx\r\n250-PIPELINING\r\n250 "
	const size_t quit = strlen("QUIT\r\n");

	check_cuts(HELLO "CHUNKING\r\n250 ok\r\n250 ok\r\n", 100, quit, "a chunk that rides");
	check_cuts(HELLO "CHUNKING\r\n250 ok\r\n250 ok\r\n", 100000, quit, "a chunk");
	check_cuts(HELLO "CHUNKING\r\n", 100, quit, "a chunk whose sender has no reply");
	check_cuts(HELLO "CHUNKING\r\n250-ok\r\n", 100, quit, "half a reply to the sender");
	check_cuts(HELLO "SIZE\r\n250 ok\r\n250 ok\r\n354 go\r\n", 100, quit, "DATA");
	check_cuts(HELLO "SIZE\r\n250 ok\r\n250 ok\r\n354 go\r\n", 100000, quit, "much DATA");
	check_cuts("220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n", 100, 0,
		   "without PIPELINING");
	ok(!send_over(HELLO "CHUNKING\r\n550 no\r\n", sizeof went_out, 100).maybe,
	   "a chunk whose sender was refused was not sent");
	ok(!send_over(HELLO "CHUNKING\r\n250 ok\r\n550 no\r\n", sizeof went_out, 100).maybe,
	   "a chunk whose recipient was refused was not sent");
	return tap_done();
}
