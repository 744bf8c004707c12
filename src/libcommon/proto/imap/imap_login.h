/* SPDX-License-Identifier: ISC */
/*
 * imap_login - from the greeting to the authenticated state (RFC 9051 section 6.2), with STARTTLS
 * and COMPRESS.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_LOGIN_H
#define MAILVERBS_PROTO_IMAP_IMAP_LOGIN_H

#include <stdbool.h>

#include "proto/imap/imap_session.h"

struct err;
struct login;

/* From the greeting on. False: *e. */
bool imap_log_in(struct imap *c, const struct login *l, struct err *e);

/* Compresses from here on (RFC 4978), once logged in, if the server can; else nothing changes.
 * False: *e, the conversation broke. */
bool imap_compress(struct imap *c, struct err *e);

#endif
