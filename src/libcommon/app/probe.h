/* SPDX-License-Identifier: ISC */
/*
 * probe - --probe: what a server is and offers, and whether the login works.
 */
#ifndef MAILVERBS_APP_PROBE_H
#define MAILVERBS_APP_PROBE_H

#include <stdbool.h>

#include "config/setting.h"

struct account;
struct buf;
struct err;
struct session;

/* One protocol's conversation. CTX is the caller's. */
struct probe_protocol {
	/* AUTH as in session_open(). */
	bool (*open)(void *ctx, const struct account *a, enum tool_id tool, const char *auth,
		     struct err *e);
	const struct session *(*session)(const void *ctx);
	/* The greeting and the capabilities, a line each; borrowed. */
	const struct buf *(*described)(const void *ctx);
	void (*close)(void *ctx);
};

/* Prints it on standard output; changes nothing on the server. False: *e. */
bool probe_run(const struct probe_protocol *p, void *ctx, const struct account *a,
	       enum tool_id tool, struct err *e);

#endif
