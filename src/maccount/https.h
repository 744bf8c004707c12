/* SPDX-License-Identifier: ISC */
/*
 * https - one request over HTTPS, by libcurl: never plain HTTP, certificates always verified.
 */
#ifndef MAILVERBS_MACCOUNT_HTTPS_H
#define MAILVERBS_MACCOUNT_HTTPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct err;

/* Borrowed strings. */
struct https_request {
	const char *url;     /* https://HOST[:PORT]/… */
	const char *ca_file; /* instead of the system's trust; NULL: not set */
	const char *type;    /* of the body; NULL: none */
	const char *body;    /* POSTed; NULL: GET */
	size_t size_max;     /* a larger answer is an error */
	unsigned timeout_s;  /* for all of it */
	unsigned grace_s;    /* for which a signal waits for the answer to a body that went out */
};

struct https_answer {
	long status;
	struct buf body;        /* may be a secret: wiped by https_free() */
	int64_t date;           /* the server's clock, in seconds since 1970; 0: it does not tell */
	unsigned retry_after_s; /* 0: not given */
};

/* Once, before any thread. */
void https_start(void);

/*
 * Any HTTP status is an answer; a redirect is followed only to the same host and port, three times
 * at most, and never with a body. False: *e is ERR_TEMPORARY (no answer), ERR_NO_HOST, ERR_LOGIN
 * (the certificate is not trusted), ERR_PROTOCOL (too large, a redirect elsewhere) or ERR_CONFIG
 * (no https:// URL). The text begins with the URL's host.
 */
bool https_fetch(const struct https_request *r, struct https_answer *a, struct err *e);
void https_free(struct https_answer *a);

/* Is this an https:// URL with a host and without user, password or fragment? */
bool https_is_url(const char *url);

/* Do both URLs have the same host and port? */
bool https_is_same_server(const char *a, const char *b);

#endif
