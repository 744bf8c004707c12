/* SPDX-License-Identifier: ISC */
/*
 * imap_fetched - reads the data of one FETCH response (RFC 9051 section 7.5.2).
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_FETCHED_H
#define MAILVERBS_PROTO_IMAP_IMAP_FETCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/imap/imap_session.h"

enum { IMAP_HEADER_MAX = 64 * 1024 * 1024 }; /* octets of a header */

/* The fields that a list shows. */
#define IMAP_FIELDS "BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)]"

/* The data of a message in one FETCH response, except its text. */
struct imap_fetched {
	uint32_t uid;   /* 0: nothing said, or nothing that is one; */
	bool names_uid; /* then it was something */
	uint64_t size;  /* 0 where it was malformed */
	bool has_size;  /* something was said */
	bool has_flags;
	struct buf *flags; /* the caller's: blank-separated; NULL: they are skipped */
};

/* Handles a text: T is its first token (a literal, a quoted string, NIL), and the function reads
 * all of it. False: the stream failed. F holds the data that came before the text. */
typedef bool (*imap_take_text)(void *ctx, struct imap *c, const struct imap_fetched *f,
			       const struct imap_token *t);

/* Reads the list of a FETCH response (section 7.5.2), items in any order. *F is {0}, or has
 * `flags`. A text is PART of a message, all of it; whatever else a server gives, a piece of it
 * (BODY[]<0>) or another section, is skipped. TAKE_TEXT NULL: so are all. False: the stream failed.
 */
bool imap_read_fetch(struct imap *c, struct imap_fetched *f, enum part part,
		     imap_take_text take_text, void *ctx);

#endif
