/* SPDX-License-Identifier: ISC */
/*
 * loopback - where a browser brings the answer of an authorization server (RFC 8252 section 7.3).
 */
#ifndef MAILVERBS_MACCOUNT_LOOPBACK_H
#define MAILVERBS_MACCOUNT_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

struct err;

struct loopback {
	int fd;
	uint16_t port;
};

/* Listens on a free port of 127.0.0.1. False: *e. */
bool loopback_open(struct loopback *l, struct err *e);
void loopback_close(struct loopback *l);

/*
 * Waits, for five minutes at most, for the one request with an answer, and gives its query; the
 * caller's to free(). Nobody is listening any more then. Other requests (an icon) get 404. False:
 * *e is ERR_LOGIN (nobody came) or ERR_TEMPORARY (interrupted).
 */
bool loopback_await(struct loopback *l, char **query, struct err *e);

/* The decoded value of a parameter in a query; the caller's to free(). NULL: there is none, it is
 * there twice, or it is malformed. */
char *loopback_parameter(const char *query, const char *name);

#endif
