/* SPDX-License-Identifier: ISC */
/*
 * socks - the client's side of SOCKS5 (RFC 1928), with user name and password (RFC 1929).
 */
#ifndef MAILVERBS_NET_SOCKS_H
#define MAILVERBS_NET_SOCKS_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { SOCKS_PORT = 1080 };

struct socks_proxy {
	char *host;
	uint16_t port;
	char *user; /* percent-decoded; empty: none */
	char *password;
};

/*
 * Reads "socks5://[USER[:PASSWORD]@]HOST[:PORT]" (socks5h, as curl has it, is the same here).
 * socks_free() in either case. False: *e is ERR_CONFIG.
 */
bool socks_parse(const char *url, struct socks_proxy *proxy, struct err *e);
void socks_free(struct socks_proxy *proxy);

/* Asks the proxy at the other end of FD, which is non-blocking, for a connection to HOST:PORT. */
bool socks_connect(int fd, const struct socks_proxy *proxy, const char *host, uint16_t port,
		   int64_t deadline, unsigned timeout_s, struct err *e);

#endif
