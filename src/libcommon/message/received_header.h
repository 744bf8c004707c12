/* SPDX-License-Identifier: ISC */
/*
 * received_header - the header of a message as its author's program wrote it, found at the start of
 * a source.
 *
 * Unambiguous errors are repaired: a byte order mark and the From_ line of an mbox (also `>From `)
 * before the first field are skipped, and the body begins at a line that is not a field, as if an
 * empty line came before it. These are ERR_MALFORMED: nothing at all; fields for recipients after
 * such a line, or after empty lines at the start; a header longer than RECEIVED_HEADER_MAX.
 */
#ifndef MAILVERBS_MESSAGE_RECEIVED_HEADER_H
#define MAILVERBS_MESSAGE_RECEIVED_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct err;
struct source;

enum { RECEIVED_HEADER_MAX = 1024 * 1024 };

/* Begins with {0}; buf_free(&h->bytes) frees it. */
struct received_header {
	struct buf bytes;     /* with the empty line */
	uint64_t start;       /* in the source: after the From_ line of an mbox */
	uint64_t body_offset; /* in the source */
};

/* False: *e (ERR_MALFORMED, ERR_IO). */
bool received_header_read(struct received_header *h, struct source *s, struct err *e);

/* Likewise, but nothing in it is an error, and the body begins where the header does: only the byte
 * order mark and the From_ line are passed over. A header is cut after 64 KiB. False: *e
 * is ERR_IO. */
bool received_header_look(struct received_header *h, struct source *s, struct err *e);

#endif
