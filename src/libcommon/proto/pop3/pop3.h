/* SPDX-License-Identifier: ISC */
/*
 * pop3 - one conversation with a POP3 server (RFC 1939, RFC 2449, RFC 2595, RFC 5034), used through
 * proto/mailbox.
 */
#ifndef MAILVERBS_PROTO_POP3_POP3_H
#define MAILVERBS_PROTO_POP3_POP3_H

#include <stdbool.h>

struct err;
struct login;
struct mailbox;
struct stream;

/*
 * Speaks up to the login on a connected stream (with TLS on already where the port wants it), which
 * stays the caller's, and makes *M the mailbox. False: *e; *M is closed.
 */
bool pop3_open(struct mailbox *m, struct stream *s, const struct login *l, struct err *e);

#endif
