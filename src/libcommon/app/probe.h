/* SPDX-License-Identifier: ISC */
/*
 * probe - --probe: what a server is and offers, before and after the login, and whether that works.
 */
#ifndef MAILVERBS_APP_PROBE_H
#define MAILVERBS_APP_PROBE_H

#include <stdbool.h>

#include "base/buf.h"

struct account;
struct err;
struct login_probe;

/* One protocol's conversation. CTX is the caller's. */
struct probe_protocol {
	/* WITHOUT_LOGIN as in session_open(). PROBE is told what the server offers. False: *e,
	 * nothing is open, and the server was taken leave of if it could be. */
	bool (*open)(void *ctx, const struct account *a, bool without_login,
		     const struct login_probe *probe, struct err *e);
	/* Takes leave and closes. */
	void (*close)(void *ctx);
};

struct probe_report {
	struct buf server; /* "HOST:PORT" */
	struct buf tls;    /* what is known of TLS, a line each; empty: none is in use */
	struct buf offers; /* the greeting and the capabilities, a line each, */
	struct buf offers_after_login; /* and those after it; empty: not told */
	const char *user;              /* NULL: no login was tried; borrowed */
	const char *login;             /* "works", "refused" or "failed", if it was */
};

/* Shows a finished report; NULL: as lines on standard output, of the server while it is asked. */
typedef void probe_show(const struct probe_report *r);

/* One connection; changes nothing on the server. False: *e; what was learned until then has been
 * shown. */
bool probe_run(const struct probe_protocol *p, void *ctx, const struct account *a, probe_show *show,
	       struct err *e);

#endif
