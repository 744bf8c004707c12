/* SPDX-License-Identifier: ISC */
/*
 * replay - a server that follows a script: plays a transcript on its standard input and output.
 *
 *	tests/replay FILE
 *
 * What tools are tested against whose server must say exactly this: `--tunnel='tests/replay FILE'`.
 * One line of a transcript is one of these; empty lines and those that begin with # are passed
 * over:
 *
 *	S: TEXT       says the line TEXT, CRLF added
 *	S> TEXT       says TEXT, no line end added
 *	S* N TEXT     says the line TEXT N times; \i in it is the number, from 1
 *	S% N TEXT     the same without line ends
 *	S< FILE       says the bytes of FILE (from the current directory)
 *	C: TEXT       the line TEXT comes, and CRLF
 *	C~ REGEX      a line comes that REGEX (POSIX, extended) matches as a whole
 *	C* N TEXT     the line TEXT comes N times; \i as above
 *	C< FILE       the bytes of FILE come
 *	C+            something comes, whatever it is (TLS)
 *	! quiet MS    nothing comes for so many milliseconds
 *	! drip MS     from here on each byte is said by itself, so many milliseconds apart
 *	! interrupt   from here on what comes is neither waited for nor looked at
 *	! run COMMAND a shell runs it, to its end
 *	! close       hangs up
 *	! stall       says nothing more until the peer hangs up
 *	! relay HOST PORT
 *	              the real server there speaks from here on; each read is a flight
 *
 * N 0 of S* and S% is: until the peer hangs up. In TEXT \r \n \t \\ \xHH and \i are bytes, the last
 * line's blanks count, and the one blank behind the colon does not; an empty TEXT is an empty line.
 *
 * S lines in a row are one write. C lines in a row are one *flight*: they come in one read, and
 * nothing comes behind them before an answer. So a transcript tells too what is sent ahead and what
 * waits. (A flight too long for a pipe may come in pieces.) After the last line the peer hangs up.
 * It may take leave first, by QUIT or LOGOUT, unless the last line is `! stall`: then no byte may
 * come.
 *
 * An exit status tells the tool nothing, so the verdict goes to the file that REPLAY_VERDICT names:
 * "ok", or FILE:LINE and what should have come, and what came. Each read adds a line to the file
 * that REPLAY_FLIGHTS names: how many line ends it had.
 */
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	ROOM = 256 * 1024,
	FLIGHT_MAX = 16 * 1024, /* what a pipe takes in one write wherever POSIX is spoken */
	LINE_SHOWN = 300,
};

static struct {
	const char *path;
	unsigned line;
	char in[ROOM];
	size_t at, end;
	bool has_ended;    /* the peer says no more */
	bool is_rude;      /* no one looks at what comes */
	unsigned reads;    /* of this flight */
	size_t flight_len; /* bytes of it that were expected and came */
	char out[ROOM];
	size_t out_len;
	bool is_deaf; /* the peer listens no more */
	unsigned drip_ms;
} replay;

/* The end. */

__attribute__((noreturn)) static void
end_with(const char *verdict)
{
	const char *path = getenv("REPLAY_VERDICT");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (f) {
		fprintf(f, "%s\n", verdict);
		fclose(f);
	}
	exit(strcmp(verdict, "ok") == 0 ? 0 : 1);
}

__attribute__((noreturn, format(printf, 1, 2))) static void
fail(const char *fmt, ...)
{
	char text[4 * LINE_SHOWN + 500];
	int len = snprintf(text, sizeof text, "%s:%u: ", replay.path, replay.line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, sizeof text - (size_t)len, fmt, ap);
	va_end(ap);
	end_with(text);
}

/* Bytes as a transcript would have them; one buffer, for one use in a fail(). */
static const char *
shown(const char *bytes, size_t n)
{
	static char text[LINE_SHOWN + 10];
	size_t len = 0;

	for (size_t i = 0; i < n && len < LINE_SHOWN; i++) {
		const unsigned char c = (unsigned char)bytes[i];

		if (c == '\r' || c == '\n')
			len += (size_t)sprintf(text + len, c == '\r' ? "\\r" : "\\n");
		else if (c < ' ' || c >= 0x7f)
			len += (size_t)sprintf(text + len, "\\x%02x", c);
		else
			text[len++] = (char)c;
	}
	text[len] = '\0';
	return text;
}

/* What comes. */

static void
note_read(const char *bytes, size_t n)
{
	const char *path = getenv("REPLAY_FLIGHTS");
	FILE *f = path ? fopen(path, "a") : NULL;
	unsigned lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += bytes[i] == '\n';
	if (f) {
		fprintf(f, "%u\n", lines);
		fclose(f);
	}
}

/* False: the peer has hung up. */
static bool
read_more(void)
{
	ssize_t n;

	memmove(replay.in, replay.in + replay.at, replay.end - replay.at);
	replay.end -= replay.at;
	replay.at = 0;
	if (replay.end >= ROOM)
		fail("a line without end comes: %s", shown(replay.in, ROOM));
	do
		n = read(STDIN_FILENO, replay.in + replay.end, ROOM - replay.end);
	while (n < 0 && errno == EINTR);
	replay.has_ended = n <= 0;
	if (n <= 0)
		return false;
	note_read(replay.in + replay.end, (size_t)n);
	replay.reads++;
	replay.end += (size_t)n;
	return true;
}

static bool
comes_within(int ms)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, ms) > 0 && read_more();
}

/* Between a flight and its answer nothing comes. */
static void
end_flight(void)
{
	if (replay.is_rude)
		return;
	if (replay.at < replay.end || (!replay.has_ended && comes_within(0)))
		fail("this comes before the answer: %s",
		     shown(replay.in + replay.at, replay.end - replay.at));
	if (replay.reads > 1 && replay.flight_len <= FLIGHT_MAX)
		fail("the flight that ends above this line came in %u pieces", replay.reads);
	replay.reads = 0;
	replay.flight_len = 0;
}

/* The line that comes next, up to its LF; borrowed. */
static char *
take_line(const char *expected, size_t *len)
{
	char *from, *lf;

	while (!(lf = memchr(replay.in + replay.at, '\n', replay.end - replay.at)))
		if (!read_more())
			fail("expected: %s; the peer hung up behind: %s", expected,
			     shown(replay.in + replay.at, replay.end - replay.at));
	from = replay.in + replay.at;
	*len = (size_t)(lf + 1 - from);
	replay.at += *len;
	replay.flight_len += *len;
	return from;
}

static void
expect_line(const char *text, size_t n)
{
	size_t len;
	char *line = take_line(text, &len);

	if (len != n + 2 || memcmp(line, text, n) != 0 || line[n] != '\r')
		fail("expected: %s; came: %s", text, shown(line, len));
}

static void
expect_match(const char *pattern)
{
	char whole[2000];
	regex_t regex;
	size_t len;
	char *line = take_line(pattern, &len);

	snprintf(whole, sizeof whole, "^(%s)$", pattern);
	if (regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB) != 0)
		fail("no regular expression: %s", pattern);
	if (len < 2 || line[len - 2] != '\r')
		fail("expected: %s; came: %s", pattern, shown(line, len));
	line[len - 2] = '\0';
	if (strlen(line) != len - 2 || regexec(&regex, line, 0, NULL, 0) != 0)
		fail("expected: %s; came: %s", pattern, shown(line, len - 2));
	regfree(&regex);
}

static void
expect_bytes(const char *bytes, size_t n)
{
	while (n > 0) {
		const size_t there = replay.end - replay.at;
		const size_t take = n < there ? n : there;

		if (take == 0 && !read_more())
			fail("the peer hung up %zu bytes early", n);
		if (memcmp(replay.in + replay.at, bytes, take) != 0)
			fail("other bytes came: %s", shown(replay.in + replay.at, take));
		replay.at += take;
		replay.flight_len += take;
		bytes += take;
		n -= take;
	}
}

static void
expect_something(void)
{
	if (replay.at == replay.end && !read_more())
		fail("the peer hung up without a byte");
	replay.at = replay.end;
}

/* What is said. */

static void
write_all(const char *bytes, size_t n)
{
	while (n > 0 && !replay.is_deaf) {
		const ssize_t written = write(STDOUT_FILENO, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			replay.is_deaf = true;
			return;
		}
		bytes += written;
		n -= (size_t)written;
	}
}

static void
pause_ms(unsigned ms)
{
	const struct timespec time = {.tv_sec = (time_t)(ms / 1000),
				      .tv_nsec = (long)(ms % 1000) * 1000000L};

	nanosleep(&time, NULL);
}

static void
flush(void)
{
	if (replay.drip_ms == 0)
		write_all(replay.out, replay.out_len);
	else
		for (size_t i = 0; i < replay.out_len && !replay.is_deaf; i++) {
			pause_ms(replay.drip_ms);
			write_all(replay.out + i, 1);
		}
	replay.out_len = 0;
}

static void
say(const char *bytes, size_t n)
{
	if (replay.out_len + n > ROOM)
		flush();
	if (n > ROOM) {
		write_all(bytes, n);
		return;
	}
	memcpy(replay.out + replay.out_len, bytes, n);
	replay.out_len += n;
}

/* The transcript. */

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *found = strchr(digits, tolower((unsigned char)c));

	return c && found ? (int)(found - digits) : -1;
}

/* The bytes that TEXT stands for; the caller's to free(). A NUL stands behind them. */
static char *
unescape(const char *text, unsigned long number, size_t *len)
{
	static const char letters[] = "rnt\\", meant[] = "\r\n\t\\";
	/* \i is the only escape that grows */
	char *bytes = malloc(strlen(text) * 10 + 1), *to = bytes;

	for (const char *p = text; *p; p++) {
		const char *letter = *p == '\\' && p[1] ? strchr(letters, p[1]) : NULL;

		if (*p != '\\') {
			*to++ = *p;
		} else if (letter) {
			*to++ = meant[letter - letters];
			p++;
		} else if (p[1] == 'i') {
			to += sprintf(to, "%lu", number);
			p++;
		} else if (p[1] == 'x' && hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0) {
			*to++ = (char)(hex_digit(p[2]) * 16 + hex_digit(p[3]));
			p += 3;
		} else {
			fail("no escape: %s", p);
		}
	}
	*to = '\0';
	*len = (size_t)(to - bytes);
	return bytes;
}

/* One line of either side, said or expected. */
static void
do_text(const char *text, unsigned long number, void (*with)(const char *, size_t))
{
	size_t n;
	char *bytes = unescape(text, number, &n);

	with(bytes, n);
	free(bytes);
}

static void
say_line(const char *bytes, size_t n)
{
	say(bytes, n);
	say("\r\n", 2);
}

/* "N TEXT" */
static void
repeat(const char *arg, void (*with)(const char *, size_t))
{
	char *text;
	const unsigned long n = strtoul(arg, &text, 10);

	if (text == arg)
		fail("no number: %s", arg);
	text += *text == ' ';
	for (unsigned long i = 1; (n == 0 || i <= n) && !replay.is_deaf; i++)
		do_text(text, i, with);
}

static void
do_file(const char *path, void (*with)(const char *, size_t))
{
	char block[16 * 1024];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		fail("cannot read %s", path);
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		with(block, n);
	fclose(f);
}

/* The real server. */

static int
connect_to(const char *host, const char *port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		fail("no such host: %s %s", host, port);
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd < 0)
		fail("cannot connect to %s %s", host, port);
	return fd;
}

/* What is at hand from FROM goes to TO. False: one of them has ended. */
static bool
pass_on(int from, int to)
{
	static char block[ROOM];
	const ssize_t n = read(from, block, sizeof block);
	ssize_t written = 0;

	if (n > 0 && from == STDIN_FILENO)
		note_read(block, (size_t)n);
	while (written < n) {
		const ssize_t more = write(to, block + written, (size_t)(n - written));

		if (more < 0)
			return false;
		written += more;
	}
	return n > 0;
}

/* The peer may speak first (TLS), and may have a last word when the server has gone. */
__attribute__((noreturn)) static void
relay(const char *arg)
{
	char host[256], port[16];
	struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};

	if (sscanf(arg, "%255s %15s", host, port) != 2)
		fail("no HOST PORT: %s", arg);
	fds[1].fd = connect_to(host, port);
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents && !pass_on(STDIN_FILENO, fds[1].fd))
			break;
		if (fds[1].revents && !pass_on(fds[1].fd, STDOUT_FILENO))
			break;
	}
	close(STDOUT_FILENO);
	replay.at = replay.end = 0;
	while (read_more())
		replay.at = replay.end;
	end_with("ok");
}

/* Without waiting for an answer. */
static void
take_leave(void)
{
	regex_t goodbye;
	char *lf;

	if (replay.is_rude || replay.has_ended || (replay.at == replay.end && !read_more()) ||
	    !(lf = memchr(replay.in + replay.at, '\n', replay.end - replay.at)))
		return;
	*lf = '\0';
	regcomp(&goodbye, "^(QUIT|a[0-9]+ LOGOUT)\r$", REG_EXTENDED | REG_NOSUB);
	if (regexec(&goodbye, replay.in + replay.at, 0, NULL, 0) == 0)
		replay.at = (size_t)(lf + 1 - replay.in);
	*lf = '\n';
	regfree(&goodbye);
}

/* The peer is to hang up without another byte. */
__attribute__((noreturn)) static void
expect_silence(void)
{
	while (!replay.has_ended) {
		if (replay.is_rude)
			replay.at = replay.end;
		if (!replay.is_rude && replay.at < replay.end)
			fail("expected: the end; came: %s",
			     shown(replay.in + replay.at, replay.end - replay.at));
		if (read_more() && !replay.is_rude)
			fail("expected: the end; came: %s", shown(replay.in, replay.end));
	}
	end_with("ok");
}

/* These two ask nothing of what came before. */
static bool
do_rude_command(const char *command)
{
	if (strncmp(command, "relay ", 6) == 0) {
		flush();
		relay(command + 6);
	}
	if (strcmp(command, "interrupt") != 0)
		return false;
	flush();
	replay.is_rude = true;
	return true;
}

static void
do_command(const char *command)
{
	const unsigned ms = (unsigned)strtoul(command + strcspn(command, " "), NULL, 10);

	if (do_rude_command(command))
		return;
	end_flight();
	flush(); /* from now on the peer may speak */
	if (strncmp(command, "run ", 4) == 0) {
		if (system(command + 4) != 0)
			fail("it failed: %s", command);
	} else if (strcmp(command, "close") == 0) {
		end_with("ok");
	} else if (strcmp(command, "stall") == 0) {
		expect_silence();
	} else if (strncmp(command, "drip ", 5) == 0) {
		replay.drip_ms = ms;
	} else if (strncmp(command, "quiet ", 6) == 0) {
		if (comes_within((int)ms))
			fail("expected: nothing; came: %s", shown(replay.in, replay.end));
	} else {
		fail("unknown: ! %s", command);
	}
}

static void
do_server(char kind, const char *arg)
{
	end_flight();
	switch (kind) {
	case ':':
		do_text(arg, 0, say_line);
		break;
	case '>':
		do_text(arg, 0, say);
		break;
	case '*':
		repeat(arg, say_line);
		break;
	case '%':
		repeat(arg, say);
		break;
	case '<':
		do_file(arg, say);
		break;
	default:
		fail("unknown: S%c", kind);
	}
}

static void
do_client(char kind, const char *arg)
{
	flush();
	switch (kind) {
	case ':':
		do_text(arg, 0, expect_line);
		break;
	case '~':
		expect_match(arg);
		break;
	case '*':
		repeat(arg, expect_line);
		break;
	case '<':
		do_file(arg, expect_bytes);
		break;
	case '+':
		expect_something();
		break;
	default:
		fail("unknown: C%c", kind);
	}
}

static void
do_line(const char *line)
{
	const char *arg = line[0] && line[1] ? line + 2 : "";

	replay.line++;
	arg += *arg == ' ';
	switch (line[0]) {
	case '\0':
	case '#':
		break;
	case 'S':
		do_server(line[1], arg);
		break;
	case 'C':
		do_client(line[1], arg);
		break;
	case '!':
		do_command(arg);
		break;
	default:
		fail("no line of a transcript: %s", line);
	}
}

int
main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	replay.path = argc == 2 ? argv[1] : "";
	signal(SIGPIPE, SIG_IGN);
	if (!f)
		fail("cannot read the transcript");
	while ((len = getline(&line, &size, f)) >= 0) {
		if (len > 0 && line[len - 1] == '\n')
			line[len - 1] = '\0';
		do_line(line);
	}
	free(line);
	fclose(f);
	if (replay.out_len > 0 || replay.flight_len > 0) /* else the peer may speak already */
		end_flight();
	flush();
	take_leave();
	expect_silence();
}
