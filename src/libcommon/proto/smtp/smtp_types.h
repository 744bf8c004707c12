/* SPDX-License-Identifier: ISC */
/*
 * smtp_types - what the modules of a conversation by SMTP tell each other and their callers.
 */
#ifndef MAILVERBS_PROTO_SMTP_SMTP_TYPES_H
#define MAILVERBS_PROTO_SMTP_SMTP_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/* The extensions that EHLO offered (RFC 5321 section 4.1.1.1). */
struct smtp_features {
	bool starttls;
	bool pipelining;         /* RFC 2920 */
	bool chunking;           /* RFC 3030 */
	bool eightbit;           /* 8BITMIME, RFC 6152 */
	bool smtputf8;           /* RFC 6531 */
	bool size;               /* RFC 1870 */
	uint64_t size_max;       /* 0: no limit is known */
	bool dsn;                /* RFC 3461 */
	bool requiretls;         /* RFC 8689 */
	bool deliverby;          /* RFC 2852 */
	uint64_t deliver_by_min; /* 0: none is known */
	bool futurerelease;      /* RFC 4865 */
	uint64_t hold_for_max;   /* 0: none is known */
	bool mt_priority;        /* RFC 6710 */
	const char *auth; /* the mechanisms, blank-separated; borrowed from the conversation */
};

/* A server's reply is data until somebody says otherwise. */
struct smtp_reply {
	unsigned code;  /* three digits; 0: there was none */
	char text[400]; /* code, enhanced code and text, the lines of a long one joined by blanks */
};

struct smtp_params {
	bool is_lmtp;
	const char *domain;         /* for EHLO; borrowed for as long as the conversation lasts */
	unsigned timeout_s;         /* for any answer but */
	unsigned message_timeout_s; /* the one to a whole message (RFC 5321 section 4.5.3.2.6) */
	unsigned grace_s;           /* for which a signal waits for that one; 0: not at all */
};

#endif
