/* SPDX-License-Identifier: ISC */
/*
 * encoded_word - text of a header as people read it (RFC 2047, with RFC 2231 section 5's language).
 */
#ifndef MAILVERBS_MESSAGE_ENCODED_WORD_H
#define MAILVERBS_MESSAGE_ENCODED_WORD_H

#include <stddef.h>

struct buf;

/*
 * Adds the N bytes of TEXT (unfolded) to OUT as UTF-8.
 *
 * Encoded words (Q and B, any charset that iconv knows) are decoded, wherever they occur. Blanks
 * between neighbours are dropped, and a character that was cut between two of one charset is whole
 * again. Bytes that are not a character in their charset become U+FFFD. An encoded word that is
 * broken or of unknown charset stays as it is.
 *
 * Raw 8-bit text is kept where it is UTF-8, and otherwise read as Windows-1252.
 *
 * The result may hold any character, controls and NUL included: text_printable() is the caller's.
 * It is a small multiple of N at most, and OUT is terminated even if nothing was added.
 */
void encoded_word_decode(struct buf *out, const char *text, size_t n);

/*
 * Adds TEXT, which is UTF-8, as encoded words for a phrase (section 5, (3)): the name before an
 * address. If it needs more than one word, each is on its own line, ended by LF as in all of our
 * own output.
 */
void encoded_word_encode(struct buf *out, const char *text);

/* Appends the text of the first field NAME of HEADER, N octets (or NULL), as people read it:
 * unfolded and decoded. Nothing if there is no such field; *OUT is a string in any case. */
void encoded_word_decode_field(struct buf *out, const char *header, size_t n, const char *name);

#endif
