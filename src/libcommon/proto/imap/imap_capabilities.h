/* SPDX-License-Identifier: ISC */
/*
 * imap_capabilities - what an IMAP server can do (RFC 9051 section 7.2.2, CAPABILITY). No I/O.
 *
 * {0} is a new one: nothing is known yet. Freed by imap_capabilities_free().
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_CAPABILITIES_H
#define MAILVERBS_PROTO_IMAP_IMAP_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum imap_capability {
	IMAP_REV1 = 1 << 0,
	IMAP_REV2 = 1 << 1,
	IMAP_STARTTLS = 1 << 2,
	IMAP_LOGINDISABLED = 1 << 3,
	IMAP_SASL_IR = 1 << 4,        /* RFC 4959 */
	IMAP_ID = 1 << 5,             /* RFC 2971 */
	IMAP_UIDPLUS = 1 << 6,        /* RFC 4315 */
	IMAP_UTF8_ONLY = 1 << 7,      /* RFC 6855 section 6 */
	IMAP_STATUS_SIZE = 1 << 8,    /* RFC 8438 */
	IMAP_LITERAL_PLUS = 1 << 9,   /* RFC 7888; for short literals LITERAL- is the same */
	IMAP_COMPRESS = 1 << 10,      /* RFC 4978 */
	IMAP_MOVE = 1 << 11,          /* RFC 6851 */
	IMAP_SPECIAL_USE = 1 << 12,   /* RFC 6154 */
	IMAP_LIST_EXTENDED = 1 << 13, /* RFC 5258 */
	IMAP_LIST_STATUS = 1 << 14,   /* RFC 5819 */
	IMAP_NAMESPACE = 1 << 15,     /* RFC 2342 */
	IMAP_IDLE = 1 << 16,          /* RFC 2177 */
	IMAP_NOTIFY = 1 << 17,        /* RFC 5465 */
};

struct imap_capabilities {
	unsigned has; /* enum imap_capability */
	bool is_known;
	char sasl[256];         /* mechanisms, blank-separated */
	struct buf described;   /* the server's words, one on each line */
	uint32_t message_limit; /* messages that a command may name (RFC 9738); 0: no limit */
};

/* Reads the LEN bytes WORDS, blank-separated capabilities, in place of those known before. */
void imap_capabilities_read(struct imap_capabilities *x, const char *words, size_t len);

/* Forgets them once they are no longer true (RFC 9051 section 6.2.1), but not message_limit. */
void imap_capabilities_forget(struct imap_capabilities *x);

/* The number of messages, at most COUNT, that one command may name. */
size_t imap_capabilities_messages(const struct imap_capabilities *x, size_t count);

void imap_capabilities_free(struct imap_capabilities *x);

#endif
