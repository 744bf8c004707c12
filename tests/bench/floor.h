/* SPDX-License-Identifier: ISC */
/*
 * floor - what the floor programs share: a TCP connection to HOST PORT, TLS over it with one
 * trusted CA file, lines in and bytes out. As little as can be said in GnuTLS, and nothing around
 * it: the yardstick that the tools are held against. Whatever goes wrong ends the program.
 */
#ifndef MAILVERBS_BENCH_FLOOR_H
#define MAILVERBS_BENCH_FLOOR_H

#include <err.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

static int floor_fd;
static gnutls_session_t floor_tls; /* NULL: plaintext */
static char floor_in[64 * 1024 + 1];
static size_t floor_at, floor_end;

static void
floor_connect(const char *host, const char *port)
{
	floor_fd = socket_connect(host, port);
}

static void
floor_start_tls(const char *host, const char *ca)
{
	gnutls_certificate_credentials_t credentials;

	gnutls_certificate_allocate_credentials(&credentials);
	if (gnutls_certificate_set_x509_trust_file(credentials, ca, GNUTLS_X509_FMT_PEM) <= 0)
		errx(1, "%s: no certificate", ca);
	gnutls_init(&floor_tls, GNUTLS_CLIENT | GNUTLS_NO_TICKETS);
	gnutls_set_default_priority(floor_tls);
	gnutls_credentials_set(floor_tls, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_server_name_set(floor_tls, GNUTLS_NAME_DNS, host, strlen(host));
	gnutls_session_set_verify_cert(floor_tls, host, 0);
	gnutls_transport_set_int(floor_tls, floor_fd);
	if (gnutls_handshake(floor_tls) != GNUTLS_E_SUCCESS)
		errx(1, "no handshake");
}

static void
floor_send(const char *bytes, size_t n)
{
	while (n > 0) {
		const ssize_t sent = floor_tls ? gnutls_record_send(floor_tls, bytes, n)
					       : send(floor_fd, bytes, n, MSG_NOSIGNAL);

		if (sent <= 0)
			errx(1, "nothing can be sent");
		bytes += sent;
		n -= (size_t)sent;
	}
}

/* More input behind what is unread, which moves to the front. */
static void
floor_more(void)
{
	ssize_t got;

	memmove(floor_in, floor_in + floor_at, floor_end - floor_at);
	floor_end -= floor_at;
	floor_at = 0;
	/* one record: then nothing is left behind in GnuTLS */
	do
		got = floor_tls ? gnutls_record_recv(floor_tls, floor_in + floor_end,
						     sizeof floor_in - 1 - floor_end)
				: recv(floor_fd, floor_in + floor_end,
				       sizeof floor_in - 1 - floor_end, 0);
	while (got == GNUTLS_E_AGAIN && floor_tls);
	if (got <= 0)
		errx(1, "nothing more comes");
	floor_end += (size_t)got;
}

/* A line is awaited, not a stream: Postfix leaves Nagle's algorithm on, so its next segment waits
 * for our ACK, which would be delayed by 40 ms. Linux forgets the option by itself. */
static void
floor_await(void)
{
	const int on = 1;

	setsockopt(floor_fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
	floor_more();
}

/* The next line without its CRLF. */
static char *
floor_line(void)
{
	for (;;) {
		char *line = floor_in + floor_at;
		char *lf = memchr(line, '\n', floor_end - floor_at);

		if (lf) {
			floor_at += (size_t)(lf + 1 - line);
			lf[lf > line && lf[-1] == '\r' ? -1 : 0] = '\0';
			return line;
		}
		floor_await();
	}
}

/* TO must have room for 4/3 of N. */
static void
floor_base64(const char *bytes, size_t n, char *to)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned three = 0;

		for (size_t j = 0; j < 3; j++)
			three = three << 8 | (i + j < n ? (unsigned char)bytes[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			*to++ = j <= n - i ? digits[three >> (18 - 6 * j) & 63] : '=';
	}
	*to = '\0';
}

/* The initial response of AUTH PLAIN (RFC 4616). */
static const char *
floor_plain(const char *user, const char *password)
{
	static char line[512];
	char text[256];
	const int n = snprintf(text, sizeof text, "%c%s%c%s", 0, user, 0, password);

	floor_base64(text, (size_t)n, line);
	return line;
}

static void
floor_bye(void)
{
	if (floor_tls)
		gnutls_bye(floor_tls, GNUTLS_SHUT_WR);
	close(floor_fd);
}

#endif
