/* SPDX-License-Identifier: ISC */
/*
 * deflate - one compressed conversation: raw DEFLATE streams (RFC 1951) in both directions, as
 * COMPRESS=DEFLATE has them (RFC 4978). No I/O; only net/stream calls these functions.
 *
 * Memory is what zlib needs for two windows of 32 KiB, about 300 KiB, and never grows.
 */
#ifndef MAILVERBS_NET_DEFLATE_H
#define MAILVERBS_NET_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>

struct deflate;
struct err;

/* Takes compressed bytes on to the wire. */
typedef void deflate_put(void *ctx, const void *bytes, size_t n);

struct deflate *deflate_new(deflate_put *put, void *ctx);
void deflate_free(struct deflate *d); /* accepts NULL */

/* The output stays in zlib, except whole blocks. */
void deflate_write(struct deflate *d, const void *bytes, size_t n);

/* Puts out all that was written, so that the peer can read it (Z_SYNC_FLUSH); nothing where nothing
 * was. */
void deflate_flush(struct deflate *d);

/*
 * Inflates from the *IN_LEN bytes IN to the *OUT_LEN bytes of room OUT, until one of them is used
 * up; they are set to how many were read and written. False: *e is ERR_PROTOCOL, the data are
 * damaged, or 64 KiB of them came to nothing. At the stream's own end it reads and writes nothing
 * any more.
 */
bool deflate_read(struct deflate *d, const char *in, size_t *in_len, char *out, size_t *out_len,
		  struct err *e);

/* More may come out without more going in: the room was used up. */
bool deflate_has_more(const struct deflate *d);

/* The peer has ended its stream of compressed data: nothing follows. */
bool deflate_has_ended(const struct deflate *d);

#endif
