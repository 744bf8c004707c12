/* SPDX-License-Identifier: ISC */
/*
 * sink_smtp CERT KEY - a submission server that takes every message and drops it.
 *
 * Listens on 127.0.0.1 with implicit TLS, prints `PORT PID` and goes on in the background. It is
 * what large messages are sent to, so that the client is measured and not a server's disk.
 */
#include <err.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "socket.h"

static gnutls_session_t tls;
static char in[64 * 1024 + 1], out[4096];
static size_t at, end, out_len;

static void
flush_answers(void)
{
	if (out_len > 0 && gnutls_record_send(tls, out, out_len) < 0)
		_exit(1);
	out_len = 0;
}

/* Answers go out when the client must be waited for. */
static void
more(void)
{
	ssize_t got;

	memmove(in, in + at, end - at);
	end -= at;
	at = 0;
	flush_answers();
	do
		got = gnutls_record_recv(tls, in + end, sizeof in - 1 - end);
	while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
	if (got <= 0)
		_exit(0);
	end += (size_t)got;
}

static char *
next_line(void)
{
	for (;;) {
		char *line = in + at, *lf = memchr(line, '\n', end - at);

		if (lf) {
			at += (size_t)(lf + 1 - line);
			*lf = '\0';
			return line;
		}
		more();
	}
}

static void
say(const char *text)
{
	if (out_len + strlen(text) > sizeof out)
		flush_answers();
	memcpy(out + out_len, text, strlen(text));
	out_len += strlen(text);
}

static void
drop(unsigned long long n)
{
	while (n > end - at) {
		n -= end - at;
		at = end;
		more();
	}
	at += (size_t)n;
}

/* To the lone dot. */
static void
drop_data(void)
{
	char *found;

	say("354 go\r\n");
	while (!(found = memmem(in + at, end - at, "\r\n.\r\n", 5))) {
		if (end - at > 4)
			at = end - 4;
		more();
	}
	at = (size_t)(found + 5 - in);
}

static void
serve(void)
{
	say("220 sink\r\n");
	for (;;) {
		char *line = next_line();

		if (strncasecmp(line, "EHLO", 4) == 0) {
			say("250-sink\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n"
			    "250-CHUNKING\r\n250 AUTH PLAIN\r\n");
		} else if (strncasecmp(line, "AUTH", 4) == 0) {
			if (strlen(line) < 13) { /* no initial response */
				say("334 \r\n");
				next_line();
			}
			say("235 Ok\r\n");
		} else if (strncasecmp(line, "BDAT ", 5) == 0) {
			drop(strtoull(line + 5, NULL, 10));
			say("250 Ok\r\n");
		} else if (strncasecmp(line, "DATA", 4) == 0) {
			drop_data();
			say("250 Ok\r\n");
		} else if (strncasecmp(line, "QUIT", 4) == 0) {
			say("221 bye\r\n");
			flush_answers();
			gnutls_bye(tls, GNUTLS_SHUT_WR);
			return;
		} else {
			say("250 Ok\r\n");
		}
	}
}

static void
talk(int fd, void *credentials)
{
	gnutls_init(&tls, GNUTLS_SERVER);
	gnutls_set_default_priority(tls);
	gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(tls, fd);
	if (gnutls_handshake(tls) == GNUTLS_E_SUCCESS)
		serve();
}

int
main(int argc, char **argv)
{
	gnutls_certificate_credentials_t credentials;

	if (argc != 3)
		errx(64, "usage: sink_smtp CERT KEY");
	gnutls_certificate_allocate_credentials(&credentials);
	if (gnutls_certificate_set_x509_key_file(credentials, argv[1], argv[2],
						 GNUTLS_X509_FMT_PEM) < 0)
		errx(1, "%s: no certificate", argv[1]);
	socket_serve(talk, credentials);
}
