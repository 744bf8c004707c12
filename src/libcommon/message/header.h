/* SPDX-License-Identifier: ISC */
/*
 * header - the fields of a message's header (RFC 5322 section 2.2, with the obsolete forms of
 * section 4.5).
 *
 * The header block is a run of bytes in memory, with or without the empty line after it. Lines end
 * in LF, in CRs and an LF, or in a bare CR, which are the line ends that eol_to_crlf() makes CRLFs
 * of: what is a field here is the same field on the wire. Nothing is copied but where it says so.
 */
#ifndef MAILVERBS_MESSAGE_HEADER_H
#define MAILVERBS_MESSAGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* All borrowed from the block, none terminated. */
struct header_field {
	const char *name; /* without the colon and the blanks before it (obsolete syntax) */
	size_t name_len;
	const char *body; /* after the colon, with folded lines, without the last line end */
	size_t body_len;
	const char *start; /* the field unchanged, to the end of its last line end */
	size_t len;
};

/*
 * Steps to the next field of the N bytes at BLOCK; *AT is the offset of what follows it, 0 before
 * the first. False: no more, *AT is N or at the empty line that ends the header.
 *
 * A folded line (section 2.2.3) belongs to its field, an all-blank one too (section 4.2, obs-FWS).
 * A line that is not a field (no colon, nothing before it, or a byte that is not valid in a name:
 * such as the From_ line of an mbox, or a folded line at the very start) comes with name_len 0 and
 * all of it in the body, so that the caller can decide.
 */
bool header_next(const char *block, size_t n, size_t *at, struct header_field *field);

/* Is the field called NAME? ASCII case is folded. */
bool header_is(const struct header_field *field, const char *name);

/* To, Cc or Bcc, or one of their Resent- forms? */
bool header_names_recipients(const struct header_field *field);

/* The first field called NAME, or false. */
bool header_find(const char *block, size_t n, const char *name, struct header_field *field);

/*
 * Adds the body to OUT, unfolded: line ends taken out (section 2.2.3), blanks at both ends trimmed.
 * The added text may hold any other byte, also NUL. OUT is terminated even if nothing was added.
 */
void header_unfold(struct buf *out, const struct header_field *field);

/*
 * The offset right after the empty line that ends the header, within the first N bytes of a
 * message; 0: it has not come yet. An empty line right at the start ends an empty header. Since the
 * LF of a CRLF may still be coming, CRs as the last bytes have not ended their line yet; when
 * nothing comes any more and this still is 0, all N bytes are header.
 */
size_t header_end(const char *bytes, size_t n);

#endif
