/* SPDX-License-Identifier: ISC */
/*
 * tls - one TLS session over GnuTLS: verified by default, TLS 1.2 at least.
 *
 * Only net/stream calls these functions; everybody else fills in a struct tls_params.
 */
#ifndef MAILVERBS_NET_TLS_H
#define MAILVERBS_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct err;
struct tls;

/* Borrowed strings, NULL where not set. */
struct tls_params {
	/*
	 * The name to be in the certificate, sent as SNI (RFC 6066, RFC 9525); an address is
	 * verified as iPAddress and not sent.
	 */
	const char *host;
	const char *ca_file; /* PEM; instead of the system's trust */
	/*
	 * "sha256:BASE64[,sha256:BASE64…]": exactly these SPKIs, whatever signed them (RFC 7469
	 * section 2.4), and whatever names and dates are in the certificate.
	 */
	const char *pins;
	const char *cert_file; /* PEM or PKCS#11 URI */
	const char *key_file;  /* where not in cert_file */
	const char *priority;  /* GnuTLS priority string instead of ours */
};

/*
 * How the session reaches the wire. Neither push nor pull waits: push takes all bytes; pull is -1
 * with EAGAIN if none are available, and 0 at the end of the stream. The session calls wait between
 * its own steps, where it is safe to send by the same session; false: *e.
 */
struct tls_transport {
	void *ctx;
	void (*push)(void *ctx, const void *bytes, size_t n);
	ssize_t (*pull)(void *ctx, void *bytes, size_t n);
	bool (*wait)(void *ctx, struct err *e);
};

/*
 * Handshake and verification. NULL: *e is ERR_LOGIN (not trusted), ERR_CONFIG (a file, a pin, the
 * priority), ERR_UNAVAILABLE (no version or cipher in common), ERR_PROTOCOL or ERR_TEMPORARY. The
 * alert for the peer has been pushed.
 */
struct tls *tls_start(const struct tls_params *p, const struct tls_transport *t, struct err *e);
void tls_free(struct tls *t); /* accepts NULL */

/* Does what tls_start() does before the handshake: reads the files and checks the host, the pins
 * and the priority. False: *e as from tls_start(). */
bool tls_check(const struct tls_params *p, struct err *e);

bool tls_send(struct tls *t, const char *bytes, size_t n, struct err *e);

/*
 * -1: *e; 0: the peer closed in order. A stream that ends without close_notify is an error: it may
 * have been cut.
 */
ssize_t tls_recv(struct tls *t, char *bytes, size_t n, struct err *e);
size_t tls_pending(struct tls *t); /* decrypted bytes that wait in GnuTLS */
void tls_bye(struct tls *t);       /* close_notify, not waiting for the peer's */

/*
 * Channel binding data (RFC 9266 tls-exporter for TLS 1.3, RFC 5929 tls-unique below), added to
 * OUT. False: there is none.
 */
bool tls_channel_binding(struct tls *t, const char **type, struct buf *out);

/*
 * A line about version and cipher; and the peer's certificate chain as a person wants to see it
 * (subject, issuer, dates, the pin), for --probe and -vv.
 */
void tls_describe(struct tls *t, struct buf *out);

#endif
