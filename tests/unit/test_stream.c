/* SPDX-License-Identifier: ISC */
/*
 * The peer is the other end of a socket pair: what it is to say is put there beforehand, and what
 * went out is taken from there afterwards, a packet a write(2) (SOCK_SEQPACKET). Where both sides
 * must move at the same time it is a thread.
 */
#include "net/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/stop.h"
#include "net/connect.h"
#include "net/tls.h"
#include "tap.h"

#define NAME "mail.example.org:587"

enum { MEGABYTE = 1024 * 1024 };

/* A stream over one end; the other end is the peer's, and doesn't block. */
static struct stream *
open_pair(int type, int *peer, unsigned timeout_s)
{
	int ends[2];

	if (socketpair(AF_UNIX, type, 0, ends) != 0)
		abort();
	*peer = ends[1];
	fcntl(*peer, F_SETFL, O_NONBLOCK);
	return stream_from_fds(ends[0], ends[0], NAME, timeout_s);
}

static void
say(int peer, const void *bytes, size_t n)
{
	if (send(peer, bytes, n, 0) != (ssize_t)n)
		abort();
}

static void
say_text(int peer, const char *text)
{
	say(peer, text, strlen(text));
}

/* The next write(2) of ours is WANT; NULL: there is none. */
static void
is_write(int peer, const char *want, const char *name)
{
	static char got[256 * 1024];
	const ssize_t n = recv(peer, got, sizeof got, 0);

	if (!want)
		ok(n < 0 && errno == EAGAIN, "%s", name);
	else
		is_bytes(got, n > 0 ? (size_t)n : 0, want, strlen(want), name);
}

static void
is_line(struct stream *s, const char *want, const char *name)
{
	size_t len = 0;
	const char *line = stream_line(s, &len);

	is_bytes(line ? line : "", line ? len : 0, want, strlen(want), name);
	if (!line)
		diag("failed");
}

/* The stream has failed: this code, and this text behind its name. */
static void
has_failed(struct stream *s, enum err_code code, const char *text, const char *name)
{
	struct err e = {0};
	char want[sizeof e.text];

	snprintf(want, sizeof want, "%s: %s", stream_name(s), text);
	ok(!stream_ok(s, &e) && e.code == code, "%s: the code", name);
	is_str(e.text, want, name);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
nap(long ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static void
test_lines(void)
{
	int peer;
	struct stream *s = open_pair(SOCK_SEQPACKET, &peer, 5);
	size_t len;

	say_text(peer, "220 hello\r\n\r\nbare\nto");
	say_text(peer, "rn\r");
	say_text(peer, "\nx\ry\r\nlast");
	is_line(s, "220 hello", "a line comes without its CRLF");
	ok(stream_has_input(s), "what came with it is known to be there");
	is_line(s, "", "a line may be empty");
	is_line(s, "bare", "a bare LF ends a line too");
	is_line(s, "torn", "a line may come in pieces, even within CRLF");
	is_line(s, "x\ry", "a CR inside stays");
	close(peer);
	ok(!stream_line(s, &len), "a line without its end is none");
	has_failed(s, ERR_TEMPORARY, "the server closed the connection", "it was cut");
	stream_fail(s, ERR_BUG, "later");
	has_failed(s, ERR_TEMPORARY, "the server closed the connection", "the first error stays");
	ok(!stream_line(s, &len) && !stream_block(s, &len) && !stream_flush(s),
	   "after it everything fails");
	stream_close(s);
	stream_close(NULL);
}

/* A line of N bytes, in packets of at most 8,000. */
static void
say_long(int peer, size_t n)
{
	char *bytes = mem_alloc(n + 2);

	memset(bytes, 'x', n);
	memcpy(bytes + n, "\r\n", 2);
	for (size_t at = 0; at < n + 2; at += 8000)
		say(peer, bytes + at, n + 2 - at < 8000 ? n + 2 - at : 8000);
	free(bytes);
}

static void
test_bad_lines(void)
{
	static const char endless[8000] = {'x'};
	static const size_t too_long[] = {STREAM_LINE_MAX + 1, 20000};
	int peer;
	struct stream *s = open_pair(SOCK_SEQPACKET, &peer, 5);
	size_t len = 0;

	say_long(peer, STREAM_LINE_MAX);
	ok(stream_line(s, &len) && len == STREAM_LINE_MAX, "a line may have STREAM_LINE_MAX bytes");
	say(peer, "a\0b\r\n", 5);
	ok(!stream_line(s, &len), "a NUL in a line is refused");
	has_failed(s, ERR_PROTOCOL, "a line with a NUL in it", "NUL");
	stream_close(s);
	close(peer);
	s = open_pair(SOCK_SEQPACKET, &peer, 5);
	for (int i = 0; i < 3; i++)
		say(peer, endless, sizeof endless);
	ok(!stream_line(s, &len), "a line without an end is refused before it is there");
	has_failed(s, ERR_PROTOCOL, "a line of more than 16384 bytes", "endless");
	stream_close(s);
	close(peer);
	for (size_t i = 0; i < 2; i++) {
		s = open_pair(SOCK_SEQPACKET, &peer, 5);
		say_long(peer, too_long[i]);
		ok(!stream_line(s, &len), "a line of %zu bytes is refused", too_long[i]);
		has_failed(s, ERR_PROTOCOL, "a line of more than 16384 bytes", "too long");
		stream_close(s);
		close(peer);
	}
}

static void
test_blocks(void)
{
	int peer;
	struct stream *s = open_pair(SOCK_SEQPACKET, &peer, 5);
	const char *block;
	size_t n = 0;

	say_text(peer, "* 1 FETCH {5}\r\nhello)\r\n");
	is_line(s, "* 1 FETCH {5}", "a line in front of a block");
	block = stream_block(s, &n);
	ok(block && n == 8 && memcmp(block, "hello)\r\n", 8) == 0, "a block is what is there");
	stream_consume(s, 5);
	is_line(s, ")", "what was not consumed of a block is the next line");
	say_text(peer, "more");
	block = stream_block(s, &n);
	ok(block && n == 4 && memcmp(block, "more", 4) == 0, "a block waits for its first byte");
	stream_consume(s, n);
	close(peer);
	ok(!stream_block(s, &n), "there is no block at the end of the stream");
	has_failed(s, ERR_TEMPORARY, "the server closed the connection", "the end");
	stream_close(s);
}

static void
test_one_write(void)
{
	int peer;
	struct stream *s = open_pair(SOCK_SEQPACKET, &peer, 5);

	say_text(peer, "1\r\n2\r\n");
	is_line(s, "1", "an answer");
	stream_write(s, "MAIL\r\n", 6);
	stream_write(s, "RCPT\r\n", 6);
	stream_write(s, "DATA\r\n", 6);
	is_line(s, "2", "an answer that is there already");
	is_write(peer, NULL, "reading what is there writes nothing");
	say_text(peer, "3\r\n");
	is_line(s, "3", "an answer that is waited for");
	is_write(peer, "MAIL\r\nRCPT\r\nDATA\r\n", "a flight is one write, before the wait");
	is_write(peer, NULL, "and no second one");
	stream_write(s, "QUIT\r\n", 6);
	ok(stream_flush(s), "stream_flush()");
	is_write(peer, "QUIT\r\n", "writes out what is collected");
	stream_write(s, "lost\r\n", 6);
	stream_close(s);
	ok(recv(peer, &(char){0}, 1, 0) == 0, "stream_close() doesn't");
	close(peer);
}

static void
test_large_write(void)
{
	static char bytes[70000], got[100000];
	int peer;
	struct stream *s = open_pair(SOCK_SEQPACKET, &peer, 5);

	memset(bytes, 'x', sizeof bytes);
	stream_write(s, bytes, 60000);
	is_write(peer, NULL, "less than 64 KiB wait");
	stream_write(s, bytes, 10000);
	is_number((uint64_t)recv(peer, got, sizeof got, 0), 65536, "64 KiB go out at once");
	stream_flush(s);
	is_number((uint64_t)recv(peer, got, sizeof got, 0), 70000 - 65536, "the rest goes later");
	stream_close(s);
	close(peer);
}

struct hook {
	struct stream *s;
	unsigned calls;
};

static void
on_wait(void *ctx)
{
	struct hook *h = ctx;

	h->calls++;
	stream_write(h->s, "NOOP\r\n", 6);
}

static void
test_hook(void)
{
	int peer;
	struct hook h = {.s = open_pair(SOCK_SEQPACKET, &peer, 5)};

	stream_before_wait(h.s, on_wait, &h);
	say_text(peer, "1\r\n2\r\n");
	stream_write(h.s, "EHLO\r\n", 6);
	is_line(h.s, "1", "a line");
	is_number(h.calls, 1, "the hook is called before the wait");
	is_line(h.s, "2", "another line");
	is_number(h.calls, 1, "and not for what is there");
	is_write(peer, "EHLO\r\nNOOP\r\n", "what the hook writes goes out in the same write");
	stream_before_wait(h.s, NULL, NULL);
	say_text(peer, "3\r\n");
	is_line(h.s, "3", "a line without the hook");
	is_number(h.calls, 1, "a hook can be taken off");
	stream_close(h.s);
	close(peer);
}

static void
test_silence(void)
{
	int peer;
	struct stream *s = open_pair(SOCK_STREAM, &peer, 1);
	double start, took;
	size_t len;

	stream_answer(s);
	start = seconds_now();
	ok(!stream_line(s, &len), "a silent peer");
	took = seconds_now() - start;
	ok(took >= 0.99 && took < 1.9, "holds us for the timeout (%.2f s)", took);
	has_failed(s, ERR_TEMPORARY, "timed out: no answer within 1 second", "silence");
	stream_close(s);
	close(peer);
}

/* A peer that says SIZE bytes every PAUSE_MS until we hang up, or COUNT times. */
struct drip {
	int fd;
	size_t size;
	unsigned count;
	long pause_ms;
};

static void *
drip(void *arg)
{
	static const char bytes[8192];
	const struct drip *d = arg;

	for (unsigned i = 0; i < d->count && write(d->fd, bytes, d->size) > 0; i++)
		nap(d->pause_ms);
	return NULL;
}

static void
test_drip(void)
{
	struct drip slow = {.size = 1, .count = 1000, .pause_ms = 100};
	struct drip steady = {.size = 5000, .count = 4, .pause_ms = 500};
	struct stream *s = open_pair(SOCK_STREAM, &slow.fd, 1);
	double start, took;
	pthread_t thread;
	size_t n, total = 0;

	pthread_create(&thread, NULL, drip, &slow);
	stream_answer(s);
	start = seconds_now();
	while (stream_block(s, &n))
		stream_consume(s, n);
	took = seconds_now() - start;
	ok(took >= 0.99 && took < 1.9, "a byte now and then is silence too (%.2f s)", took);
	has_failed(s, ERR_TEMPORARY, "timed out: no answer within 1 second", "drip");
	stream_close(s);
	pthread_join(thread, NULL);
	close(slow.fd);

	s = open_pair(SOCK_STREAM, &steady.fd, 1);
	pthread_create(&thread, NULL, drip, &steady);
	stream_answer(s);
	while (total < 4 * 5000 && stream_block(s, &n)) {
		total += n;
		stream_consume(s, n);
	}
	is_number(total, 20000, "more than 16 KiB within the timeout push the deadline on");
	stream_close(s);
	pthread_join(thread, NULL);
	close(steady.fd);
}

static void
test_peer_reads_nothing(void)
{
	int peer;
	struct stream *s = open_pair(SOCK_STREAM, &peer, 1);
	char *bytes = mem_alloc(4 * MEGABYTE);
	double start = seconds_now(), took;
	size_t len;

	say_text(peer, "421 too busy\r\n");
	stream_write(s, bytes, 4 * MEGABYTE);
	took = seconds_now() - start;
	ok(took >= 0.99 && took < 1.9, "a peer that reads nothing holds us for the timeout");
	ok(!stream_flush(s) && !stream_is_writable(s), "writing is over");
	ok(stream_ok(s, &(struct err){0}), "reading is not");
	is_line(s, "421 too busy", "what it had said can be read");
	ok(!stream_line(s, &len), "but no more");
	has_failed(s, ERR_TEMPORARY, "timed out: nothing could be sent within 1 second", "writing");
	free(bytes);
	stream_close(s);
	close(peer);
}

/* Says N bytes before it reads any, as a server does that answers while the client still sends. */
struct babble {
	int fd;
	size_t n;
	size_t got;
};

static void *
babble(void *arg)
{
	static char bytes[65536];
	struct babble *b = arg;
	ssize_t n;

	fcntl(b->fd, F_SETFL, 0);
	memset(bytes, '\n', sizeof bytes);
	if (write(b->fd, bytes, b->n) != (ssize_t)b->n)
		return NULL;
	while (b->got < 4 * MEGABYTE && (n = read(b->fd, bytes, sizeof bytes)) > 0)
		b->got += (size_t)n;
	if (write(b->fd, "250 ok\r\n", 8) < 0)
		b->got = 0;
	return NULL;
}

static void
test_both_write(void)
{
	const int small = 4096;
	struct babble b = {.n = 40000};
	struct stream *s = open_pair(SOCK_STREAM, &b.fd, 10);
	char *bytes = mem_alloc(4 * MEGABYTE);
	pthread_t thread;
	size_t len = 0, lines = 0;

	setsockopt(b.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	pthread_create(&thread, NULL, babble, &b);
	stream_write(s, bytes, 4 * MEGABYTE);
	ok(stream_flush(s), "a peer that writes first doesn't block us");
	while (lines < b.n && stream_line(s, &len) && len == 0)
		lines++;
	is_number(lines, b.n, "nothing of what it said meanwhile is lost");
	is_line(s, "250 ok", "nor what it says then");
	pthread_join(thread, NULL);
	is_number(b.got, 4 * MEGABYTE, "it got all of what we said");
	free(bytes);
	stream_close(s);
	close(b.fd);
}

/* Reads N bytes, at most SIZE at a time, with a pause after each. */
struct gulp {
	int fd;
	size_t n;
	size_t size;
	long pause_ms;
};

static void *
gulp(void *arg)
{
	static char bytes[65536];
	const struct gulp *g = arg;
	size_t total = 0;
	ssize_t n;

	fcntl(g->fd, F_SETFL, 0);
	while (total < g->n && (n = read(g->fd, bytes, g->size)) > 0) {
		total += (size_t)n;
		nap(g->pause_ms);
	}
	return NULL;
}

/* A stream whose writes have to wait, for the kernel takes little at a time. */
static struct stream *
open_narrow(int *peer)
{
	const int small = 4096;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	*peer = ends[1];
	return stream_from_fds(ends[0], ends[0], NAME, 1);
}

static void
test_answer_while_writing(void)
{
	static char bytes[60000];
	struct gulp g = {.n = sizeof bytes, .size = 8192};
	struct stream *s = open_narrow(&g.fd);
	pthread_t thread;

	say_text(g.fd, "250 ok\r\n");
	stream_write(s, bytes, sizeof bytes);
	pthread_create(&thread, NULL, gulp, &g);
	is_line(s, "250 ok", "an answer that came while the flight went out is not waited for");
	pthread_join(thread, NULL);
	stream_close(s);
	close(g.fd);
}

static void
test_slow_reader(void)
{
	static char bytes[60000];
	struct gulp g = {.n = sizeof bytes, .size = 8192, .pause_ms = 300};
	struct stream *s = open_narrow(&g.fd);
	pthread_t thread;

	stream_write(s, bytes, sizeof bytes);
	pthread_create(&thread, NULL, gulp, &g);
	ok(stream_flush(s), "a peer that reads slowly, but reads, is no silence");
	pthread_join(thread, NULL);
	stream_close(s);
	close(g.fd);
}

static int
listen_on_loopback(struct sockaddr_in *address)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof *address;

	*address = (struct sockaddr_in){.sin_family = AF_INET};
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)address, sizeof *address) != 0 || listen(fd, 5) != 0 ||
	    getsockname(fd, (struct sockaddr *)address, &len) != 0)
		abort();
	return fd;
}

/* Reads a little, says why it won't go on, and hangs up on the rest: the kernel sends a RST. */
static void *
refuse(void *arg)
{
	const int listener = *(int *)arg;
	const int fd = accept(listener, NULL, NULL);
	char bytes[1000];

	if (recv(fd, bytes, sizeof bytes, MSG_WAITALL) < 0)
		abort();
	say_text(fd, "421 4.3.2 closing down\r\n");
	close(fd);
	return NULL;
}

static void
test_last_words(void)
{
	struct sockaddr_in address;
	int listener = listen_on_loopback(&address);
	const struct connect_params p = {
	    .host = "127.0.0.1", .port = ntohs(address.sin_port), .timeout_s = 10};
	char *bytes = mem_alloc(16 * MEGABYTE);
	struct err e = {0};
	struct stream *s;
	pthread_t thread;
	size_t len;

	pthread_create(&thread, NULL, refuse, &listener);
	s = stream_open(&p, &e);
	stream_write(s, bytes, 16 * MEGABYTE);
	pthread_join(thread, NULL);
	while (stream_flush(s))
		stream_write(s, bytes, MEGABYTE);
	ok(stream_ok(s, &e), "a write that failed is no error yet");
	is_line(s, "421 4.3.2 closing down", "the server's last words are read before");
	ok(!stream_line(s, &len) && !stream_ok(s, &e) && e.code == ERR_TEMPORARY, "then it is");
	diag("%s", e.text);
	free(bytes);
	stream_close(s);
	close(listener);
}

static void
test_pipes(void)
{
	int to[2], from[2];
	struct stream *s;
	struct err e = {0};
	size_t len;

	if (pipe(to) != 0 || pipe(from) != 0)
		abort();
	s = stream_from_fds(from[0], to[1], NAME, 5);
	ok(stream_is_local(s) && !stream_is_tls(s), "pipes are local");
	if (write(from[1], "452 full\r\n", 10) != 10)
		abort();
	close(to[0]);
	close(from[1]);
	stream_write(s, "DATA\r\n", 6);
	ok(!stream_flush(s), "a pipe that nobody reads");
	is_line(s, "452 full", "the last words come by a pipe too");
	ok(!stream_line(s, &len) && !stream_ok(s, &e), "and then the error");
	is_str(e.text, NAME ": the connection was cut: Broken pipe", "which was the write's");
	stream_close(s);
}

static void
test_tunnel(void)
{
	const struct connect_params p = {.tunnel = "cat", .timeout_s = 5};
	const struct connect_params stubborn = {
	    .tunnel = "trap '' TERM; echo; exec 0<&- 1>&-; sleep 20", .timeout_s = 5};
	char mark[] = "/tmp/test_stream.XXXXXX", command[100];
	const struct connect_params orderly = {.tunnel = command, .timeout_s = 5};
	struct err e = {0};
	struct stream *s = stream_open(&p, &e);
	double start;

	is_str(stream_name(s), "tunnel", "a tunnel has a name");
	ok(stream_is_local(s), "a tunnel is local");
	stream_write(s, "hello\r\n", 7);
	is_line(s, "hello", "a tunnel's command is talked to");
	start = seconds_now();
	stream_close(s);
	ok(seconds_now() - start < 0.4, "it ends when its input ends");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "and leaves no zombie");
	close(mkstemp(mark));
	snprintf(command, sizeof command, "cat >/dev/null; sleep 0.05; rm %s", mark);
	stream_close(stream_open(&orderly, &e));
	ok(access(mark, F_OK) != 0, "it has the time to end in order");
	s = stream_open(&stubborn, &e);
	is_line(s, "", "a command that doesn't want to end");
	stream_close(s);
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "is ended");
}

static void
test_early_plaintext(void)
{
	const struct tls_params p = {.host = "mail.example.org", .ca_file = "/dev/null"};
	int peer;
	struct stream *s = open_pair(SOCK_SEQPACKET, &peer, 5);
	struct err e = {0};

	say_text(peer, "220 go ahead\r\n250 injected\r\n");
	is_line(s, "220 go ahead", "the consent to STARTTLS");
	ok(!stream_start_tls(s, &p, &e) && e.code == ERR_PROTOCOL,
	   "plaintext behind it is refused");
	has_failed(s, ERR_PROTOCOL, "the server sent plaintext after its consent to TLS", "early");
	is_write(peer, NULL, "before anything is sent");
	stream_close(s);
	close(peer);

	s = open_pair(SOCK_SEQPACKET, &peer, 5);
	stream_write(s, "NOOP\r\n", 6);
	ok(!stream_start_tls(s, &p, &e) && e.code == ERR_PROTOCOL,
	   "so is plaintext that we have still to write");
	stream_close(s);
	close(peer);
}

/* How often is MASKED (each byte XOR 0x55) in our heap? */
static int
count_in_heap(const unsigned char *masked, size_t n)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from = 0, to = 0;
	char line[512];
	int count = 0;

	while (maps && fgets(line, sizeof line, maps))
		if (strstr(line, "[heap]"))
			sscanf(line, "%lx-%lx", &from, &to);
	if (maps)
		fclose(maps);
	for (unsigned long at = from; at + n < to; at++) {
		const unsigned char *p = (const unsigned char *)at; /* NOLINT */
		size_t k = 0;

		while (k < n && (p[k] ^ 0x55) == masked[k])
			k++;
		count += k == n;
	}
	return count;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_PLAIN_HEAP 0
#else
#define HAS_PLAIN_HEAP 1
#endif

static void
test_secret(void)
{
	unsigned char masked[] = "tanstaafl-tanstaafl-tanstaafl";
	const size_t n = sizeof masked - 1;
	static const char filler[64 * 1024 - 10];
	char secret[sizeof masked];
	int peer;
	struct stream *s = open_pair(SOCK_SEQPACKET, &peer, 5);

	if (!HAS_PLAIN_HEAP || access("/proc/self/maps", R_OK) != 0) {
		stream_close(s);
		close(peer);
		return;
	}
	for (size_t i = 0; i < n; i++)
		secret[i] = (char)(masked[i] ^ 0x55);
	stream_write(s, secret, n);
	stream_flush(s);
	ok(count_in_heap(masked, n) > 0, "what is written leaves a copy in a buffer");
	stream_write(s, "x", 1);
	stream_write_secret(s, secret, n);
	stream_flush(s);
	is_number((uint64_t)count_in_heap(masked, n), 0, "a secret leaves none");
	stream_write(s, filler, sizeof filler);
	stream_write_secret(s, secret, n);
	stream_flush(s);
	is_number((uint64_t)count_in_heap(masked, n / 2), 0, "nor where it is cut in two");
	stream_write_secret(s, secret, n);
	stream_close(s);
	is_number((uint64_t)count_in_heap(masked, n), 0, "not even when it was never sent");
	close(peer);
}

static void *
stop_soon(void *arg)
{
	(void)arg;
	nap(100);
	kill(getpid(), SIGTERM);
	return NULL;
}

static void
test_idle(void)
{
	int peer;
	struct stream *s = open_pair(SOCK_STREAM, &peer, 20);
	size_t len;

	ok(stream_is_idle(s), "who says nothing is idle");
	say_text(peer, "250 ok\r\n421 bye\r\n");
	ok(!stream_is_idle(s), "who has spoken is not");
	is_str(stream_line(s, &len), "250 ok", "and what he said is read");
	ok(!stream_is_idle(s), "nor who has said more than was read");
	is_str(stream_line(s, &len), "421 bye", "and that too");
	ok(stream_is_idle(s), "then he is idle again");
	shutdown(peer, SHUT_WR);
	ok(!stream_is_idle(s), "who has hung up is not");
	stream_close(s);
	close(peer);
}

/* Last, for the flag stays. */
static void
test_stop(void)
{
	int peer;
	struct stream *s = open_pair(SOCK_STREAM, &peer, 20);
	pthread_t thread;
	double start = seconds_now();
	size_t len;

	stop_install();
	pthread_create(&thread, NULL, stop_soon, NULL);
	ok(!stream_line(s, &len) && seconds_now() - start < 10, "a signal ends a wait");
	has_failed(s, ERR_TEMPORARY, "interrupted", "signal");
	pthread_join(thread, NULL);
	stream_close(s);
	close(peer);
	s = open_pair(SOCK_STREAM, &peer, 20);
	say_text(peer, "250 ok\r\n");
	ok(!stream_line(s, &len), "and reading, even where there is something to read");
	stream_close(s);
	close(peer);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_lines();
	test_bad_lines();
	test_blocks();
	test_one_write();
	test_large_write();
	test_hook();
	test_silence();
	test_drip();
	test_peer_reads_nothing();
	test_both_write();
	test_answer_while_writing();
	test_slow_reader();
	test_last_words();
	test_pipes();
	test_tunnel();
	test_early_plaintext();
	test_secret();
	test_idle();
	test_stop();
	return tap_done();
}
