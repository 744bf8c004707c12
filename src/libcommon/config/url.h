/* SPDX-License-Identifier: ISC */
/*
 * url - a server as a user writes it: SCHEME://[HOST][:PORT], or HOST[:PORT] alone for implicit
 * TLS, or lmtp+unix:///PATH.
 */
#ifndef MAILVERBS_CONFIG_URL_H
#define MAILVERBS_CONFIG_URL_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum protocol { PROTOCOL_NONE, PROTOCOL_SMTP, PROTOCOL_POP3, PROTOCOL_IMAP };

enum security {
	SECURITY_TLS,      /* from the first byte (RFC 8314 section 3) */
	SECURITY_STARTTLS, /* required before any secret */
	SECURITY_NONE
};

struct url {
	enum protocol protocol;
	enum security security;
	/* a name or an address, brackets taken off; may be empty (a tunnel needs none) */
	char host[256];
	uint16_t port;
	bool is_lmtp;   /* PROTOCOL_SMTP as RFC 2033 has it */
	char path[108]; /* of a Unix socket, instead of host and port; empty: none */
};

/*
 * PROTOCOL is the protocol of a HOST without a scheme, and a scheme must agree with it;
 * PROTOCOL_NONE: any. False: *e is ERR_USAGE and says what is wrong with TEXT.
 */
bool url_parse(const char *text, enum protocol protocol, struct url *url, struct err *e);

/* As a user writes it, without a port that the scheme implies. Freed by the caller. */
char *url_text(const struct url *url);

/* The same for a HOST that was not looked at yet, not by LMTP; PORT 0: the usual one. */
char *url_compose(enum protocol protocol, enum security security, const char *host, unsigned port);

const char *protocol_name(enum protocol p); /* "smtp", "pop3", "imap" */

#endif
