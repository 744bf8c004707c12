/* SPDX-License-Identifier: ISC */
/*
 * charset - the charsets of mail, as converters into UTF-8.
 *
 * Opening a converter costs a thousand times what a word costs to convert, and a message may change
 * its charset with each word. So the converters for a text are kept until its end, and there is a
 * limit to how many charsets it may name.
 */
#ifndef MAILVERBS_MESSAGE_CHARSET_H
#define MAILVERBS_MESSAGE_CHARSET_H

#include <iconv.h>
#include <stddef.h>

enum {
	CHARSET_NAME_MAX = 40, /* characters: IANA's limit (RFC 2978 section 2.3) */
	CHARSETS_MAX = 16      /* in one text; people's have two or three */
};

#define CHARSET_NONE ((iconv_t)-1)

/* {0} is a new one; freed by charsets_close(). */
struct charsets {
	struct charset {
		char name[CHARSET_NAME_MAX + 1];
		iconv_t converter; /* CHARSET_NONE: unknown, or not one of mail's */
	} known[CHARSETS_MAX];
	size_t count;
};

/*
 * The converter from the charset NAME, of at most CHARSET_NAME_MAX characters, in its initial
 * state: the caller leaves it so. Borrowed until charsets_close(). CHARSET_NONE: the charset is
 * unknown, or not used in mail, or one too many.
 */
iconv_t charsets_find(struct charsets *s, const char *name);

void charsets_close(struct charsets *s); /* leaves a new one */

#endif
