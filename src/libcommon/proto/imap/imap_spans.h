/* SPDX-License-Identifier: ISC */
/*
 * imap_spans - messages named by number and position, as a set of sequence numbers (RFC 9051
 * section 9, sequence-set). No I/O.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_SPANS_H
#define MAILVERBS_PROTO_IMAP_IMAP_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/imap/imap_uids.h"

struct buf;
struct message_span;

/* Arranged (imap_ranges_arrange()). */
struct imap_spans {
	struct imap_range *items;
	size_t count;
	uint32_t messages; /* in all of them */
};

/* The messages that the N SPANS name in a folder of EXISTS messages. Freed by imap_spans_free(). */
void imap_spans_make(struct imap_spans *s, const struct message_span *spans, size_t n,
		     uint32_t exists);
void imap_spans_free(struct imap_spans *s);

bool imap_spans_have(const struct imap_spans *s, uint32_t number);

/* "1:5,7", neighbours as one range; nothing if there are none. */
void imap_spans_add(struct buf *out, const struct imap_spans *s);

#endif
