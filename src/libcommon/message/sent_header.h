/* SPDX-License-Identifier: ISC */
/*
 * sent_header - the header of a message as it is sent, made from the one its author's program wrote
 * (message/received_header.h).
 *
 * Missing fields are added (Date, Message-ID, From: RFC 5322 section 3.6, RFC 6409 section 8), Bcc
 * is hidden, and a From without a domain gets one. An empty From, Sender, Date or Message-ID counts
 * as missing. These are ERR_MALFORMED: two From or two Sender fields; too long a line.
 */
#ifndef MAILVERBS_MESSAGE_SENT_HEADER_H
#define MAILVERBS_MESSAGE_SENT_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "message/from_field.h"

struct err;

enum { SENT_HEADER_LINE_MAX = 998 }; /* RFC 5322 section 2.1.1 */

/* Values of fields that have to be added. */
struct header_defaults {
	struct from_defaults from;
	const char *domain; /* right side of a Message-ID */
};

/* A Bcc field of the original header, which is not sent. */
struct hidden_field {
	size_t at;         /* its place in the header that is sent */
	size_t start, len; /* in the original */
};

/* Begins with {0}. */
struct sent_header {
	struct buf bytes;           /* with the empty line */
	const struct buf *original; /* the caller's, as long as the header is used */
	struct hidden_field *hidden;
	size_t hidden_count;
	struct buf inherited; /* Bcc fields of another header */
};

/* ORIGINAL has been read with received_header_read(). May be called again. False: *e. */
bool sent_header_make(struct sent_header *h, const struct buf *original,
		      const struct header_defaults *d, struct err *e);

/* Adds to TO the header with the Bcc fields that are not sent, in their places. Nothing if no
 * header was made. */
void sent_header_add_hidden(const struct sent_header *h, struct buf *to);

/* H's hidden fields are from now on also FROM's, after its own. */
void sent_header_inherit(struct sent_header *h, const struct sent_header *from);

void sent_header_free(struct sent_header *h);

#endif
