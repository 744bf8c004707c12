/* SPDX-License-Identifier: ISC */
/*
 * imap_numbers - which message a sequence number means while messages go away (RFC 9051 section
 * 7.5.1). No I/O.
 *
 * A message's slot is the number that it had, or would have had, before the first EXPUNGE: it never
 * changes. Each call takes time logarithmic in the number of messages, so a server that expunges
 * many of a long list costs n log n. Nothing is allocated before the first EXPUNGE.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_NUMBERS_H
#define MAILVERBS_PROTO_IMAP_IMAP_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

enum { IMAP_NUMBERS_MAX = 10 * 1000 * 1000 }; /* slots; EXPUNGE of a higher number is ignored */

/* {0} is a new one. */
struct imap_numbers {
	/* a Fenwick tree: live slots among those below each node; [0] is not used */
	uint32_t *tree;
	uint32_t size; /* slots in the tree, a power of two or 0; those above are all live */
	uint32_t gone;
};

/* The slot of the message that has NUMBER now. */
uint32_t imap_numbers_slot(const struct imap_numbers *n, uint32_t number);

/* The message that has NUMBER now, from 1 on, goes away. */
void imap_numbers_expunge(struct imap_numbers *n, uint32_t number);

/* The number that the message in SLOT has now; 0: it went away. */
uint32_t imap_numbers_number(const struct imap_numbers *n, uint32_t slot);

void imap_numbers_free(struct imap_numbers *n); /* leaves a new one */

#endif
