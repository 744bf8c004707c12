/* SPDX-License-Identifier: ISC */
/*
 * content_type - the MIME fields of a header (RFC 2045): enough of them to find the parts of a
 * message and how each is encoded.
 */
#ifndef MAILVERBS_MESSAGE_CONTENT_TYPE_H
#define MAILVERBS_MESSAGE_CONTENT_TYPE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CONTENT_BOUNDARY_MAX = 200, /* RFC 2046 section 5.1.1: 70; a longer one is none */
	CONTENT_WORD_MAX = 64       /* a longer type is cut */
};

struct content_type {
	bool is_given;                           /* the header has the field */
	char type[CONTENT_WORD_MAX];             /* "text", in lower case; "" if it is malformed */
	char subtype[CONTENT_WORD_MAX];          /* "plain" */
	char boundary[CONTENT_BOUNDARY_MAX + 1]; /* "": none, or an unusable one */
	char encoding[CONTENT_WORD_MAX];         /* Content-Transfer-Encoding; "": not given */
	bool has_version;                        /* MIME-Version is there */
};

/* Reads the header of N bytes at BLOCK. A field that is there twice counts the first time. */
void content_type_read(const char *block, size_t n, struct content_type *c);

bool content_type_is(const struct content_type *c, const char *type, const char *subtype);

/* Is the body encoded as it is (7bit, 8bit, binary, or nothing said)? */
bool content_type_is_identity(const struct content_type *c);

#endif
