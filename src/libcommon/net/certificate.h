/* SPDX-License-Identifier: ISC */
/*
 * certificate - a server's certificates in words that a person understands, and their pins.
 */
#ifndef MAILVERBS_NET_CERTIFICATE_H
#define MAILVERBS_NET_CERTIFICATE_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>

struct buf;
struct err;

enum { CHAIN_MAX = 16 };

/* The certificates that the peer of a session has presented, its own first. */
struct chain {
	gnutls_x509_crt_t certificates[CHAIN_MAX];
	unsigned count;
};

/* chain_free() in either case. False: there is none that can be read. */
bool chain_read(struct chain *c, gnutls_session_t session);
void chain_free(struct chain *c);

/* Adds "sha256:BASE64" of the SPKI (RFC 7469 section 2.4). */
bool certificate_pin(gnutls_x509_crt_t certificate, struct buf *out);

/* Does it name a server by DNS in its subjectAltName, where alone RFC 9525 looks? */
bool certificate_has_dns_name(gnutls_x509_crt_t certificate);

/* Is PINS "sha256:BASE64[,sha256:BASE64…]"? Else *e is ERR_CONFIG. */
bool pins_check(const char *pins, struct err *e);
bool pins_have(const char *pins, const char *pin);

/*
 * Why a chain is not trusted: STATUS of gnutls_certificate_verify_peers() in words, and what the
 * user can do. Always false: *e is ERR_LOGIN.
 */
bool chain_explain(const struct chain *c, unsigned status, const char *host, struct err *e);

/* A few lines a certificate; control characters in its names are escaped. */
void chain_describe(const struct chain *c, struct buf *out);

#endif
