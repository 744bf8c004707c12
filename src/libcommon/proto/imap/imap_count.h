/* SPDX-License-Identifier: ISC */
/*
 * imap_count - the number of messages in a folder and their octets: by STATUS if the server knows
 * the sum (RFC 8438, RFC 9051 section 6.3.11), for a folder that need not be selected then; else
 * from the list.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_COUNT_H
#define MAILVERBS_PROTO_IMAP_IMAP_COUNT_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/* mailbox_count(). */
bool imap_count(void *conversation, uint64_t *messages, uint64_t *octets, struct err *e);

#endif
