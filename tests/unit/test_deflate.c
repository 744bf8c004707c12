/* SPDX-License-Identifier: ISC */
/*
 * A stream with compression on (RFC 4978). The peer is the other end of a socket pair, where each
 * packet is one write(2) of ours (SOCK_SEQPACKET), and has zlib to itself.
 */
#include "net/deflate.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "tap.h"

#define NAME "mail.example.org:993"

enum { ROOM = 256 * 1024, MEGABYTE = 1024 * 1024 };

static struct stream *
open_pair(int *peer)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
		abort();
	*peer = ends[1];
	fcntl(*peer, F_SETFL, O_NONBLOCK);
	return stream_from_fds(ends[0], ends[0], NAME, 5);
}

static struct stream *
open_deflated(int *peer)
{
	struct stream *s = open_pair(peer);

	ok(stream_start_deflate(s, &(struct err){0}), "compression begins");
	return s;
}

static void
say(int peer, const void *bytes, size_t n)
{
	if (send(peer, bytes, n, 0) != (ssize_t)n)
		abort();
}

/* Adds what the peer sends for TEXT. */
static void
compress_to(struct buf *out, z_stream *z, const char *text, size_t n, int flush)
{
	z->next_in = (unsigned char *)(uintptr_t)text;
	z->avail_in = (unsigned)n;
	do {
		z->next_out = (unsigned char *)buf_reserve(out, ROOM);
		z->avail_out = ROOM;
		deflate(z, flush);
		out->len += ROOM - z->avail_out;
	} while (z->avail_out == 0);
}

/* In its place: zlib knows where its state lives. */
static void
start_compressor(z_stream *z)
{
	*z = (z_stream){0};
	deflateInit2(z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
}

/* TEXT as a whole compressed flight, the first of a conversation. */
static void
compress_once(struct buf *out, const char *text, int flush)
{
	z_stream z;

	start_compressor(&z);
	compress_to(out, &z, text, strlen(text), flush);
	deflateEnd(&z);
}

static void
has_failed(struct stream *s, enum err_code code, const char *text, const char *name)
{
	struct err e = {0};

	ok(!stream_ok(s, &e) && e.code == code, "%s: the code", name);
	is_str(e.text, text, name);
}

static void
is_line(struct stream *s, const char *want)
{
	is_str(stream_line(s, &(size_t){0}), want, want ? want : "no line");
}

/* Takes one packet from the peer's end and inflates it. */
static void
is_flight(int peer, z_stream *z, const char *want, const char *name)
{
	static char packet[ROOM], got[ROOM];
	const ssize_t n = recv(peer, packet, sizeof packet, 0);

	z->next_in = (unsigned char *)packet;
	z->avail_in = n > 0 ? (unsigned)n : 0;
	z->next_out = (unsigned char *)got;
	z->avail_out = sizeof got;
	inflate(z, Z_SYNC_FLUSH);
	is_bytes(got, sizeof got - z->avail_out, want, strlen(want), name);
}

static void
test_writes(void)
{
	int peer;
	struct stream *s = open_deflated(&peer);
	z_stream z = {0};

	inflateInit2(&z, -15);
	stream_write(s, "a1 SELECT ", 10);
	stream_write(s, "INBOX\r\n", 7);
	ok(recv(peer, &(char){0}, 1, 0) < 0 && errno == EAGAIN, "writing only collects");
	stream_flush(s);
	is_flight(peer, &z, "a1 SELECT INBOX\r\n", "a flight is one write, and whole");
	stream_flush(s);
	ok(recv(peer, &(char){0}, 1, 0) < 0 && errno == EAGAIN, "nothing more, nothing goes out");
	stream_write(s, "a2 SELECT INBOX\r\n", 17);
	stream_flush(s);
	is_flight(peer, &z, "a2 SELECT INBOX\r\n", "and the next goes on where it ended");
	inflateEnd(&z);
	stream_close(s);
	close(peer);
}

static void
test_secret(void)
{
	int peer;
	struct stream *s = open_deflated(&peer);

	stream_write_secret(s, "hunter2", 7);
	has_failed(s, ERR_BUG, NAME ": a secret in a compressed conversation",
		   "a secret is not compressed");
	stream_close(s);
	close(peer);
}

/* What is said once compressed, in packets of PIECE bytes. */
static void
say_in_pieces(int peer, const struct buf *flight, size_t piece)
{
	for (size_t at = 0; at < flight->len; at += piece)
		say(peer, flight->data + at, flight->len - at < piece ? flight->len - at : piece);
}

static void
test_reads(void)
{
	static const char text[] = "* 23 EXISTS\r\n* 0 RECENT\r\na1 OK done\r\n";
	struct buf flight = {0};

	compress_once(&flight, text, Z_SYNC_FLUSH);
	for (size_t cut = 1; cut <= flight.len; cut++) {
		int peer;
		struct stream *s = open_deflated(&peer);

		say(peer, flight.data, cut);
		if (cut < flight.len)
			say(peer, flight.data + cut, flight.len - cut);
		is_line(s, "* 23 EXISTS");
		ok(stream_has_input(s) || cut < flight.len, "the next line is there");
		is_line(s, "* 0 RECENT");
		is_line(s, "a1 OK done");
		ok(!stream_has_input(s) || cut < flight.len, "nothing is left over");
		stream_close(s);
		close(peer);
	}
	for (size_t piece = 1; piece < 4; piece++) {
		int peer;
		struct stream *s = open_deflated(&peer);

		say_in_pieces(peer, &flight, piece);
		is_line(s, "* 23 EXISTS");
		is_line(s, "* 0 RECENT");
		is_line(s, "a1 OK done");
		stream_close(s);
		close(peer);
	}
	buf_free(&flight);
}

/* The server's first compressed bytes may come in one packet with its consent. */
static void
test_behind_consent(void)
{
	int peer;
	struct stream *s = open_pair(&peer);
	struct buf flight = {0};
	size_t len;

	buf_add_str(&flight, "a1 OK DEFLATE active\r\n");
	compress_once(&flight, "* 1 EXISTS\r\n", Z_SYNC_FLUSH);
	say(peer, flight.data, flight.len);
	is_line(s, "a1 OK DEFLATE active");
	ok(stream_start_deflate(s, &(struct err){0}), "compression begins behind that line");
	is_line(s, "* 1 EXISTS");
	ok(!stream_start_deflate(s, &(struct err){0}), "and can't begin twice");
	ok(!stream_line(s, &len), "that fails the stream");
	buf_free(&flight);
	stream_close(s);
	close(peer);
}

static void
test_unwritten(void)
{
	int peer;
	struct stream *s = open_pair(&peer);
	struct err e = {0};

	stream_write(s, "a2 NOOP\r\n", 9);
	ok(!stream_start_deflate(s, &e) && e.code == ERR_PROTOCOL,
	   "plain text that waits to go out does not become compressed");
	stream_close(s);
	close(peer);
}

static void
test_damage(void)
{
	static const char plain[] = "* BYE in plain text, as if nothing had been agreed\r\n";
	struct buf flight = {0};
	size_t n;
	int peer;
	struct stream *s = open_deflated(&peer);

	say(peer, plain, sizeof plain - 1);
	while (stream_line(s, &n)) {
	}
	ok(!stream_ok(s, &(struct err){0}), "plain text is none that inflates to lines");
	stream_close(s);
	close(peer);

	s = open_deflated(&peer);
	compress_once(&flight, "* 1 EXISTS\r\n", Z_SYNC_FLUSH);
	say(peer, flight.data, flight.len);
	say(peer, "\xff\xff\xff\xff", 4);
	is_line(s, "* 1 EXISTS");
	is_line(s, NULL);
	has_failed(s, ERR_PROTOCOL, NAME ": the server's compressed data are damaged", "garbage");
	stream_close(s);
	close(peer);
	buf_free(&flight);
}

static void
is_end(int flush, bool is_cut, const char *name)
{
	int peer;
	struct stream *s = open_deflated(&peer);
	struct buf flight = {0};

	compress_once(&flight, "* BYE\r\n", flush);
	say(peer, flight.data, flight.len);
	if (is_cut)
		shutdown(peer, SHUT_WR);
	is_line(s, "* BYE");
	is_line(s, NULL);
	has_failed(s, ERR_TEMPORARY, NAME ": the server closed the connection", name);
	buf_free(&flight);
	stream_close(s);
	close(peer);
}

/* Empty stored blocks: a flood that says nothing, which would push each deadline on. */
static void
test_barren(void)
{
	static const char block[] = {0, 0, 0, '\xff', '\xff'};
	struct buf flight = {0};
	int peer;
	struct stream *s = open_deflated(&peer);

	for (unsigned i = 0; i < 20000; i++)
		buf_add(&flight, block, sizeof block);
	say_in_pieces(peer, &flight, 16 * 1024);
	is_line(s, NULL);
	has_failed(s, ERR_PROTOCOL, NAME ": the server sends compressed data with nothing in it",
		   "compressed nothing is bounded");
	buf_free(&flight);
	stream_close(s);
	close(peer);
}

/* N bytes of 'x', most of the way without a line end, as few as zlib can make of them. */
static void
make_bomb(struct buf *out, size_t n)
{
	char *const block = mem_alloc(MEGABYTE);
	z_stream z;

	start_compressor(&z);
	memset(block, 'x', MEGABYTE);
	for (size_t i = 0; i < n / MEGABYTE; i++)
		compress_to(out, &z, block, MEGABYTE, Z_NO_FLUSH);
	compress_to(out, &z, "\r\n", 2, Z_SYNC_FLUSH);
	deflateEnd(&z);
	free(block);
}

static long
resident_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
test_bomb(void)
{
	struct buf bomb = {0};
	int peer;
	struct stream *s = open_deflated(&peer);
	const char *block;
	size_t total = 0, most = 0, n;
	long before;

	make_bomb(&bomb, 64 * MEGABYTE);
	diag("%zu bytes", bomb.len);
	say_in_pieces(peer, &bomb, 16 * 1024);
	is_line(s, NULL);
	has_failed(s, ERR_PROTOCOL, NAME ": a line of more than 16384 bytes",
		   "a bomb is a line that is too long");
	stream_close(s);
	close(peer);

	s = open_deflated(&peer);
	say_in_pieces(peer, &bomb, 16 * 1024);
	shutdown(peer, SHUT_WR);
	before = resident_kib();
	while ((block = stream_block(s, &n))) {
		most = n > most ? n : most;
		total += n;
		stream_consume(s, n);
	}
	is_number(total, (uint64_t)64 * MEGABYTE + 2, "as a literal it comes whole");
	ok(most <= 64 * 1024, "block by block");
	ok(resident_kib() - before < 2048, "in memory that does not grow");
	buf_free(&bomb);
	stream_close(s);
	close(peer);
}

/* What cannot be compressed, both ways at once, through a peer that sends all of it back. */

struct echo {
	int fd;
};

static void *
run_echo(void *arg)
{
	const struct echo *echo = arg;
	static char packet[ROOM];
	ssize_t n;

	while ((n = recv(echo->fd, packet, sizeof packet, 0)) > 0)
		if (send(echo->fd, packet, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	return NULL;
}

/* A raw stream of ours is one of theirs: what comes back is inflated to what went out. */
static void
test_noise(void)
{
	enum { NOISE = 4 * MEGABYTE, PIECE = 10007 };
	char *const noise = mem_alloc(NOISE);
	uint64_t random = 7;
	struct echo echo;
	struct stream *s = open_deflated(&echo.fd);
	pthread_t thread;
	size_t sent = 0, got = 0, n;
	bool is_right = true;

	fcntl(echo.fd, F_SETFL, 0);
	for (size_t i = 0; i < NOISE; i++)
		noise[i] = (char)tap_random(&random, i & 0x10000 ? 256 : 2);
	pthread_create(&thread, NULL, run_echo, &echo);
	while (got < NOISE) {
		const char *block;

		n = NOISE - sent < PIECE ? NOISE - sent : PIECE;
		stream_write(s, noise + sent, n);
		sent += n;
		if (!(block = stream_block(s, &n)))
			break;
		is_right = is_right && n <= NOISE - got && memcmp(block, noise + got, n) == 0;
		got += n;
		stream_consume(s, n);
	}
	ok(is_right && got == NOISE, "each byte comes back in its place");
	stream_close(s);
	pthread_join(thread, NULL);
	close(echo.fd);
	free(noise);
}

static void
test_dialog(void)
{
	int peer;
	struct stream *s = open_deflated(&peer);
	struct dialog *d = dialog_new(s);
	struct buf flight = {0};
	z_stream z = {0};

	inflateInit2(&z, -15);
	compress_once(&flight, "a1 OK\r\na2 OK\r\n", Z_SYNC_FLUSH);
	say(peer, flight.data, flight.len);
	dialog_window(d, 0);
	dialog_ask(d, "a1 NOOP");
	dialog_ask(d, "a2 LOGOUT");
	dialog_await(d);
	is_str(dialog_line(d, &(size_t){0}), "a1 OK", "a conversation");
	dialog_await(d);
	is_str(dialog_line(d, &(size_t){0}), "a2 OK", "goes on as it would without");
	is_flight(peer, &z, "a1 NOOP\r\na2 LOGOUT\r\n", "its flight is one write");
	inflateEnd(&z);
	buf_free(&flight);
	dialog_free(d);
	stream_close(s);
	close(peer);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_writes();
	test_secret();
	test_reads();
	test_behind_consent();
	test_unwritten();
	test_damage();
	is_end(Z_SYNC_FLUSH, true, "a cut line");
	is_end(Z_FINISH, true, "the end of the data, and of the line");
	is_end(Z_FINISH, false, "the end of the data alone");
	test_barren();
	test_bomb();
	test_noise();
	test_dialog();
	return tap_done();
}
