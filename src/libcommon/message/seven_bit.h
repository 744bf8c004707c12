/* SPDX-License-Identifier: ISC */
/*
 * seven_bit - a message for a server without 8BITMIME: each MIME part that has 8-bit text is
 * encoded anew, as quoted-printable (text) or base64 (the rest), and the fields of its header are
 * corrected (RFC 6152 section 3, RFC 2045 section 6).
 *
 *	looking: all of the message is put once; which parts have 8-bit text is known then
 *	writing: the same bytes again, as often as needed; the output goes to the callback
 *
 * Everything decodes to the same bytes. Never touched are parts in which no byte may change
 * (multipart/signed, multipart/encrypted), and those that cannot be encoded (composite types that
 * are not understood). 8-bit text in them, or in a header, is ERR_MALFORMED, as are more parts or
 * deeper ones than the limits below. Memory: a byte for each part, and the header of one.
 */
#ifndef MAILVERBS_MESSAGE_SEVEN_BIT_H
#define MAILVERBS_MESSAGE_SEVEN_BIT_H

#include <stdbool.h>
#include <stddef.h>

#include "message/eol.h"

struct err;
struct seven_bit;

enum {
	SEVEN_BIT_PARTS_MAX = 100000,
	SEVEN_BIT_DEPTH_MAX = 100, /* multiparts in multiparts */
	SEVEN_BIT_HEADER_MAX = 1024 * 1024
};

struct seven_bit *seven_bit_new(void);
void seven_bit_free(struct seven_bit *s); /* accepts NULL */

/* Begins a pass. PUT is NULL when looking. */
void seven_bit_begin(struct seven_bit *s, eol_put put, void *ctx);

/* Takes the next bytes of the message, all line ends being CRLF; S is a struct seven_bit, so that
 * this is an eol_put. False: PUT failed, or seven_bit_end() says why. */
bool seven_bit_put(void *s, const char *bytes, size_t n);

/* Ends the pass. False: *e, or, with *e untouched, PUT failed. */
bool seven_bit_end(struct seven_bit *s, struct err *e);

#endif
