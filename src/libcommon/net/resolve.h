/* SPDX-License-Identifier: ISC */
/*
 * resolve - a name's addresses, in time.
 */
#ifndef MAILVERBS_NET_RESOLVE_H
#define MAILVERBS_NET_RESOLVE_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

/*
 * The stream addresses of HOST (in ASCII; an address is taken as it is, without the resolver) of
 * that FAMILY, in the order of preference (RFC 6724). freeaddrinfo() the list. False: *e is
 * ERR_NO_HOST, or ERR_TEMPORARY where asking again later may help.
 *
 * getaddrinfo(3) knows no deadline: it runs in a thread, which is abandoned when it is late. The
 * names of this host (RFC 6761 section 6.3) are known without it.
 */
bool resolve_host(const char *host, uint16_t port, int family, int64_t deadline, unsigned timeout_s,
		  struct addrinfo **list, struct err *e);

/* The same for what must be an address, NULL being the loopback ones; false: it is none, or not of
 * FAMILY. */
bool resolve_address(const char *address, uint16_t port, int family, struct addrinfo **list);

#endif
