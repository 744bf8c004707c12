/* SPDX-License-Identifier: ISC */
/*
 * imap_wait - waits for mail: by IDLE (RFC 2177, RFC 9051 section 6.3.13), where the server reports
 * new messages at once; without it by a NOOP from time to time.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_WAIT_H
#define MAILVERBS_PROTO_IMAP_IMAP_WAIT_H

#include <stdbool.h>

struct err;

/* mailbox_wait(). */
bool imap_wait(void *conversation, unsigned idle_s, unsigned poll_s, struct err *e);

#endif
