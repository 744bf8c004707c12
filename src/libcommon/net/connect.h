/* SPDX-License-Identifier: ISC */
/*
 * connect - from a name to a connected descriptor.
 */
#ifndef MAILVERBS_NET_CONNECT_H
#define MAILVERBS_NET_CONNECT_H

#include "base/child.h"
#include <stdbool.h>
#include <stdint.h>

struct err;

/* The server, and the way to it. All strings are borrowed and must outlive the call; NULL is "not
 * set". */
struct connect_params {
	const char *host; /* a name, an IPv4 or an IPv6 address (without brackets) */
	uint16_t port;
	const char *unix_path; /* instead of host and port */
	const char *tunnel;    /* a shell command, instead of all of these */
	const char *proxy;     /* socks5://[user:pass@]host[:port] */
	const char *source_ip;
	int family;         /* AF_UNSPEC, AF_INET or AF_INET6 */
	unsigned timeout_s; /* for the whole of it; 0: for ever */
};

/*
 * The result of connecting. For a tunnel, `in` and `out` are pipes and `child` is its process;
 * otherwise, one socket and no child. Local are a loopback address, a Unix socket, and a command
 * that was given no name of another host.
 */
struct connection {
	int in;
	int out;
	struct child child; /* its `to` and `from` are `out` and `in` */
	bool is_local;
};

/*
 * Connects by names and addresses in turn (RFC 8305: both families, the next attempt after 250 ms,
 * the first that answers wins), by a SOCKS5 proxy (RFC 1928, 1929; the proxy resolves the name), or
 * starts the tunnel's command. Descriptors are non-blocking and close-on-exec, sockets have
 * TCP_NODELAY. Internationalised names go out as A-labels. A host reached by a proxy is never
 * local.
 *
 * False: *e is ERR_NO_HOST (no such name), ERR_TEMPORARY (unreachable, refused, timed out, the
 * resolver failed for now, a signal asked to stop), ERR_CONFIG (a bad proxy, source address or
 * command), ERR_LOGIN or ERR_UNAVAILABLE (the proxy does not let us). The text does not begin with
 * the place: the caller's stream adds it.
 */
bool connect_open(const struct connect_params *p, struct connection *c, struct err *e);

/* Does what connect_open() does before it asks a resolver, connects or starts a command. False: *e
 * as from connect_open(), without the place too. */
bool connect_check(const struct connect_params *p, struct err *e);

#endif
