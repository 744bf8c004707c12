/* SPDX-License-Identifier: ISC */
/*
 * imap - one conversation with an IMAP server (IMAP4rev1, RFC 3501, and IMAP4rev2, RFC 9051), used
 * through proto/mailbox.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_H
#define MAILVERBS_PROTO_IMAP_IMAP_H

#include <stdbool.h>

struct err;
struct login;
struct mailbox;
struct stream;

/* Borrowed until imap_open() returns. */
struct imap_params {
	const char *folder; /* NULL: INBOX */
	bool to_trash;      /* what is deleted goes to the Trash */
	bool compress;      /* COMPRESS=DEFLATE where the server has it (RFC 4978) */
};

/*
 * Speaks up to the login on a connected stream (with TLS on already where the port wants it), which
 * stays the caller's, and makes *M the mailbox. The folder is selected when something is asked of
 * it, in the same flight. False: *e; *M is closed.
 */
bool imap_open(struct mailbox *m, struct stream *s, const struct login *l,
	       const struct imap_params *p, struct err *e);

#endif
