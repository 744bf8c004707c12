/* SPDX-License-Identifier: ISC */
/*
 * The peer is the other end of a SOCK_SEQPACKET pair: one packet is one write(2) of ours, so the
 * commands in a flight can be counted.
 */
#include "net/dialog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/trace.h"
#include "net/stream.h"
#include "tap.h"

struct talk {
	struct dialog *d;
	struct stream *s;
	int peer;
};

static struct talk
begin(void)
{
	struct talk t;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
		abort();
	t.peer = ends[1];
	fcntl(t.peer, F_SETFL, O_NONBLOCK);
	t.s = stream_from_fds(ends[0], ends[0], "mail.example.org:25", 5);
	t.d = dialog_new(t.s);
	return t;
}

static void
end(struct talk *t)
{
	dialog_free(t->d);
	stream_close(t->s);
	close(t->peer);
}

static void
say(struct talk *t, const char *text)
{
	if (send(t->peer, text, strlen(text), 0) < 0)
		abort();
}

/* The next line of the answer is WANT. */
static void
is_line(struct talk *t, const char *want, const char *name)
{
	size_t len;

	is_str(dialog_line(t->d, &len), want, name);
}

static void
is_answer(struct talk *t, const char *want, const char *name)
{
	dialog_await(t->d);
	is_line(t, want, name);
}

static char got[65536];

/* The next write of ours, or NULL: there is none. */
static const char *
next_write(struct talk *t)
{
	const ssize_t n = recv(t->peer, got, sizeof got - 1, 0);

	if (n < 0)
		return NULL;
	got[n] = '\0';
	return got;
}

static void
is_write(struct talk *t, const char *want, const char *name)
{
	is_str(next_write(t), want, name);
}

static void
test_strict(void)
{
	struct talk t = begin();

	say(&t, "220 hello\r\n");
	is_answer(&t, "220 hello", "a greeting answers nothing");
	dialog_ask(t.d, "EHLO %s", "me");
	dialog_ask(t.d, "NOOP");
	is_number(dialog_unanswered(t.d), 2, "both are unanswered");
	ok(!next_write(&t), "asking sends nothing");
	say(&t, "250-a\r\n");
	is_answer(&t, "250-a", "the first answer");
	is_number(dialog_unanswered(t.d), 1, "one is unanswered");
	is_write(&t, "EHLO me\r\n", "strict order: one command at a time");
	say(&t, "250 b\r\n");
	is_line(&t, "250 b", "its second line");
	ok(!next_write(&t), "the next command waits for the end of the answer");
	say(&t, "250 noop\r\n");
	is_answer(&t, "250 noop", "the second answer");
	is_write(&t, "NOOP\r\n", "the second command goes out when its answer is awaited");
	end(&t);
	dialog_free(NULL);
}

static void
test_window(void)
{
	struct talk t = begin();

	dialog_window(t.d, 3);
	for (int i = 1; i <= 5; i++)
		dialog_ask(t.d, "DELE %d", i);
	say(&t, "+OK 1\r\n");
	is_answer(&t, "+OK 1", "answer 1");
	is_write(&t, "DELE 1\r\nDELE 2\r\nDELE 3\r\n", "a window of 3 lets out 3, in one write");
	say(&t, "+OK 2\r\n+OK 3\r\n");
	is_answer(&t, "+OK 2", "answer 2");
	is_write(&t, "DELE 4\r\n", "the window is refilled at the next wait");
	is_answer(&t, "+OK 3", "answer 3");
	ok(!next_write(&t), "an answer that is there already lets out nothing");
	say(&t, "+OK 4\r\n+OK 5\r\n");
	is_answer(&t, "+OK 4", "answer 4");
	is_write(&t, "DELE 5\r\n", "the rest goes out");
	is_answer(&t, "+OK 5", "answer 5");
	is_number(dialog_unanswered(t.d), 0, "all are answered");
	end(&t);
}

/* RETR 2 goes out while the lines of RETR 1's answer still come. */
static void
test_refill_within_answer(void)
{
	struct talk t = begin();

	dialog_window(t.d, 2);
	dialog_ask(t.d, "RETR 1");
	dialog_ask(t.d, "RETR 2");
	say(&t, "+OK\r\nline\r\n");
	is_answer(&t, "+OK", "an answer of many lines");
	is_write(&t, "RETR 1\r\nRETR 2\r\n", "two commands, one write");
	dialog_ask(t.d, "RETR 3");
	is_line(&t, "line", "a line that is there");
	ok(!next_write(&t), "writes nothing");
	dialog_window(t.d, 3);
	say(&t, ".\r\n");
	is_line(&t, ".", "a line that is waited for");
	is_write(&t, "RETR 3\r\n", "refills the window, in the middle of an answer");
	end(&t);
}

static void
test_byte_cap(void)
{
	struct talk t = begin();
	const char *flight;
	size_t commands = 0, most = 0;
	char line[64];

	dialog_window(t.d, 0);
	for (int i = 0; i < 1000; i++)
		dialog_ask(t.d, "DELE %04d", i); /* 11 bytes each */
	say(&t, "+OK 0\r\n");
	is_answer(&t, "+OK 0", "the first of 1,000 answers");
	flight = next_write(&t);
	ok(flight && strlen(flight) <= DIALOG_UNANSWERED_BYTES &&
	       strlen(flight) > DIALOG_UNANSWERED_BYTES - 11,
	   "unanswered commands fill 4 KiB and no more");
	commands = flight ? strlen(flight) / 11 : 0;
	most = commands;
	for (int i = 1; i < 1000; i++) {
		size_t len;
		const char *answer;

		snprintf(line, sizeof line, "+OK %d\r\n", i);
		say(&t, line);
		dialog_await(t.d);
		answer = dialog_line(t.d, &len);
		if (!answer || strncmp(answer, line, len) != 0)
			break;
		flight = next_write(&t);
		commands += flight ? strlen(flight) / 11 : 0;
		if (commands - (size_t)i > most)
			most = commands - (size_t)i;
	}
	is_number(commands, 1000, "in the end all went out");
	is_number(most, DIALOG_UNANSWERED_BYTES / 11, "never more than 4 KiB at a time");
	end(&t);
}

static void
test_long_command(void)
{
	struct talk t = begin();
	char token[6000];
	const char *flight;

	memset(token, 'x', sizeof token - 1);
	token[sizeof token - 1] = '\0';
	dialog_window(t.d, 0);
	dialog_ask(t.d, "%s", token);
	dialog_ask(t.d, "NOOP");
	say(&t, "1\r\n2\r\n");
	is_answer(&t, "1", "the answer to a long command");
	flight = next_write(&t);
	ok(flight && strlen(flight) == 6001, "a command longer than the cap goes out alone");
	is_answer(&t, "2", "an answer that came before its command");
	end(&t);
}

/* "421 4.4.2 idle": the server spoke first, so answers run ahead of commands. */
static void
test_answers_ahead(void)
{
	struct talk t = begin();

	dialog_ask(t.d, "MAIL");
	dialog_ask(t.d, "RCPT");
	dialog_ask(t.d, "DATA");
	say(&t, "220 hi\r\n421 a\r\n421 b\r\n");
	ok(dialog_line(t.d, &(size_t){0}) != NULL, "the greeting");
	next_write(&t);
	is_answer(&t, "421 a", "words for the first");
	is_answer(&t, "421 b", "words for the second");
	say(&t, "354\r\n");
	is_answer(&t, "354", "the third");
	is_write(&t, "RCPT\r\nDATA\r\n", "the counts stay right: each command goes out once");
	end(&t);
}

static void
test_send(void)
{
	struct talk t = begin();

	dialog_ask(t.d, "MAIL FROM:<a@example.org>");
	dialog_ask(t.d, "BDAT 5 LAST");
	dialog_send(t.d, "hel", 3);
	dialog_send(t.d, "lo", 2);
	dialog_ask(t.d, "QUIT");
	say(&t, "250 mail\r\n250 bdat\r\n");
	is_answer(&t, "250 mail", "the first answer");
	is_write(&t, "MAIL FROM:<a@example.org>\r\nBDAT 5 LAST\r\nhello",
		 "bytes follow their command at once, whatever the window");
	is_answer(&t, "250 bdat", "the second answer");
	say(&t, "221 bye\r\n");
	is_answer(&t, "221 bye", "the third answer");
	is_write(&t, "QUIT\r\n", "the next command keeps to the window");
	end(&t);
}

static void
is_refused(const char *name, void (*ask)(struct dialog *))
{
	struct talk t = begin();
	struct err e = {0};

	dialog_ask(t.d, "NOOP");
	ask(t.d);
	ok(!dialog_ok(t.d, &e) && e.code == ERR_BUG, "%s inside a command is refused", name);
	dialog_ask(t.d, "NOOP");
	ok(!dialog_line(t.d, &(size_t){0}) && !next_write(&t), "%s: nothing is sent", name);
	end(&t);
}

static void
ask_cr(struct dialog *d)
{
	dialog_ask(d, "RCPT TO:<%s>", "a\rb");
}

static void
ask_lf(struct dialog *d)
{
	dialog_ask(d, "RCPT TO:<%s>", "a\nb");
}

static void
ask_nul(struct dialog *d)
{
	dialog_ask(d, "RCPT TO:<%c>", '\0');
}

static void
ask_secret_lf(struct dialog *d)
{
	dialog_ask_secret(d, "PASS ", "a\nDELE 1");
}

/* What the trace says on standard error meanwhile; read_trace() ends that. */
static int saved_stderr, trace_pipe[2];

static void
begin_trace(void)
{
	if (pipe(trace_pipe) != 0)
		abort();
	saved_stderr = dup(STDERR_FILENO);
	dup2(trace_pipe[1], STDERR_FILENO);
	trace_set_level(TRACE_PROTOCOL);
}

static const char *
read_trace(void)
{
	static char text[4096];
	ssize_t n;

	fflush(stderr);
	trace_set_level(TRACE_OFF);
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(trace_pipe[1]);
	n = read(trace_pipe[0], text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	close(trace_pipe[0]);
	return text;
}

static void
test_trace(void)
{
	struct talk t = begin();

	begin_trace();
	dialog_ask(t.d, "EHLO me");
	say(&t, "250 hi\r\n");
	dialog_await(t.d);
	dialog_line(t.d, &(size_t){0});
	dialog_ask_secret(t.d, "AUTH PLAIN ", "AGEAYg==");
	dialog_ask_secret(t.d, "", "c2VjcmV0");
	say(&t, "334 \r\n235 ok\r\n");
	dialog_await(t.d);
	dialog_line(t.d, &(size_t){0});
	dialog_ask(t.d, "BDAT 3 LAST");
	dialog_send(t.d, "a\r\n", 3);
	dialog_await(t.d);
	dialog_line(t.d, &(size_t){0});
	stream_flush(t.s);
	is_str(read_trace(),
	       "C: EHLO me\nS: 250 hi\nC: AUTH PLAIN ***\nS: 334 \nC: ***\nC: BDAT 3 LAST\n"
	       "S: 235 ok\n",
	       "the trace shows the conversation, and no secret");
	is_write(&t, "EHLO me\r\n", "a command");
	is_write(&t, "AUTH PLAIN AGEAYg==\r\n", "the secret itself goes out");
	is_write(&t, "c2VjcmV0\r\nBDAT 3 LAST\r\na\r\n", "the second one too");
	end(&t);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_strict();
	test_window();
	test_refill_within_answer();
	test_byte_cap();
	test_long_command();
	test_answers_ahead();
	test_send();
	is_refused("CR", ask_cr);
	is_refused("LF", ask_lf);
	is_refused("NUL", ask_nul);
	is_refused("a secret's LF", ask_secret_lf);
	test_trace();
	return tap_done();
}
