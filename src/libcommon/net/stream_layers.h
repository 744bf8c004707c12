/* SPDX-License-Identifier: ISC */
/*
 * stream_layers - the inside of a stream: the wire, TLS above it, and DEFLATE above that. Only for
 * the files stream*.c of this room; everybody else sees stream.h.
 */
#ifndef MAILVERBS_NET_STREAM_LAYERS_H
#define MAILVERBS_NET_STREAM_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/child.h"
#include "base/err.h"
#include "net/wire.h"

struct deflate;
struct tls;

enum { RECORD = 16 * 1024 }; /* the most plaintext in one TLS record (RFC 8446 section 5.1) */
enum { CHILD_GRACE_MS = 500 };

struct stream {
	struct wire wire;
	struct tls *tls;         /* NULL: plaintext; then the input is the wire's */
	struct input input;      /* decrypted */
	struct deflate *deflate; /* NULL: not compressed */
	struct input inflated;
	char *record; /* the plaintext of the next record */
	size_t record_len;
	uint64_t mark;   /* bytes at the end of the wire's buffer after the mark */
	bool mark_waits; /* it is not among them yet: in `record`, or nowhere */
	size_t barren;   /* bytes that TLS has taken from the wire since it last had data for us */
	bool has_secret; /* in `record` */
	bool has_read;   /* plaintext was exchanged before TLS */
	bool is_local;
	bool was_bare;      /* the last line ended in LF alone */
	bool only_looks;    /* in stream_is_idle() */
	struct child child; /* the tunnel's; its descriptors are the wire's */
	char *name;
	void (*write_more)(void *ctx);
	void *write_ctx;
	struct err err;
};

/* stream.c: the first error is kept, with the stream's name in front. */
void stream_keep_error(struct stream *s, const struct err *e);

/* stream_write.c: to the layer below DEFLATE. CTX is the stream. */
void stream_write_below(void *ctx, const void *bytes, size_t n);

/* Forgets the plaintext that is collected for the next record. */
void stream_drop_record(struct stream *s);

/* stream_read.c: writes out what is collected, then waits until the wire has more bytes or has
 * ended. The one place that waits for the peer while no handshake is under way. False: *e. */
bool stream_fill_wire(struct stream *s, struct err *e);

#endif
