/* SPDX-License-Identifier: ISC */
/*
 * transfer - content transfer encodings (RFC 2045 section 6), as a push filter.
 *
 * The input has CRLF as its only line ends (eol_to_crlf() makes such), in pieces of any size that
 * do not cut a CRLF; the output goes to a callback in pieces of up to 8 KiB.
 */
#ifndef MAILVERBS_MESSAGE_TRANSFER_H
#define MAILVERBS_MESSAGE_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include "message/eol.h"

enum transfer_encoding {
	TRANSFER_AS_IS,
	TRANSFER_ESCAPE, /* only 8-bit bytes become =HH: for text that is quoted-printable already */
	TRANSFER_QUOTED, /* quoted-printable, section 6.7 */
	TRANSFER_BASE64  /* section 6.8 */
};

enum { TRANSFER_PIECE = 8 * 1024 };

/* {.put = f, .ctx = c} is a new one. */
struct transfer {
	eol_put put;
	void *ctx;
	enum transfer_encoding how;
	size_t column; /* of the output line */
	bool is_soft;  /* that line began with a soft line break */
	char blank;    /* quoted-printable: held back until what follows it is known; or 0 */
	unsigned char rest[3]; /* base64: likewise */
	size_t rest_len;
	bool has_failed; /* PUT said so */
	char out[TRANSFER_PIECE];
	size_t len;
};

/* The following bytes are encoded so. Not within a part. */
void transfer_begin(struct transfer *t, enum transfer_encoding how);

/* Encodes N bytes. */
void transfer_add(struct transfer *t, const char *bytes, size_t n);

/* Writes what was held back; base64 leaves its last line without an end. As-is from then on. */
void transfer_end(struct transfer *t);

/* Hands on what is gathered. False: PUT failed, now or before. */
bool transfer_flush(struct transfer *t);

#endif
