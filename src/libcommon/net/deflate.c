/* SPDX-License-Identifier: ISC */
#include "net/deflate.h"

#include <stdlib.h>

#define ZLIB_CONST /* it does not write to what it reads */
#include <zlib.h>

#include "base/err.h"
#include "base/mem.h"

enum {
	RAW = -MAX_WBITS, /* no header, no checksum (RFC 4978 section 3) */
	MEMORY = 8,       /* zlib's default */
	PIECE = 16 * 1024,
	BARREN_MAX = 64 * 1024 /* bytes in a row that inflate to nothing */
};

struct deflate {
	z_stream in;
	z_stream out;
	deflate_put *put;
	void *ctx;
	bool is_dirty; /* something was written since the last flush */
	bool is_full;
	bool has_ended;
	size_t barren;
	unsigned char piece[PIECE];
};

/* zlib never sees memory run out. */
static void *
allocate(void *ctx, unsigned count, unsigned size)
{
	(void)ctx;
	return mem_alloc((size_t)count * size);
}

static void
release(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

struct deflate *
deflate_new(deflate_put *put, void *ctx)
{
	struct deflate *d = mem_alloc(sizeof *d);

	d->put = put;
	d->ctx = ctx;
	d->in.zalloc = d->out.zalloc = allocate;
	d->in.zfree = d->out.zfree = release;
	if (inflateInit2(&d->in, RAW) == Z_OK &&
	    deflateInit2(&d->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW, MEMORY,
			 Z_DEFAULT_STRATEGY) == Z_OK)
		return d;
	deflate_free(d); /* a zlib of another version than its header's */
	return NULL;
}

void
deflate_free(struct deflate *d)
{
	if (!d)
		return;
	inflateEnd(&d->in);
	deflateEnd(&d->out);
	free(d);
}

/* Until zlib has room left, which is when it has given all it wants to give. */
static void
put_out(struct deflate *d, int flush)
{
	do {
		d->out.next_out = d->piece;
		d->out.avail_out = PIECE;
		deflate(&d->out, flush);
		if (d->out.avail_out < PIECE)
			d->put(d->ctx, d->piece, PIECE - d->out.avail_out);
	} while (d->out.avail_out == 0);
}

void
deflate_write(struct deflate *d, const void *bytes, size_t n)
{
	enum { MOST = 1 << 30 }; /* zlib counts in unsigned int */
	const unsigned char *from = bytes;

	while (n > 0) {
		const size_t take = n < MOST ? n : MOST;

		d->out.next_in = from;
		d->out.avail_in = (unsigned)take;
		put_out(d, Z_NO_FLUSH);
		d->is_dirty = true;
		from += take;
		n -= take;
	}
}

void
deflate_flush(struct deflate *d)
{
	if (d->is_dirty)
		put_out(d, Z_SYNC_FLUSH);
	d->is_dirty = false;
}

/* A deadline is pushed on by bytes that come, so those that say nothing are bounded here. */
static bool
check_progress(struct deflate *d, size_t read, size_t written, struct err *e)
{
	d->barren = written > 0 ? 0 : d->barren + read;
	return d->barren <= BARREN_MAX ||
	       err_set(e, ERR_PROTOCOL, "the server sends compressed data with nothing in it");
}

bool
deflate_read(struct deflate *d, const char *in, size_t *in_len, char *out, size_t *out_len,
	     struct err *e)
{
	const size_t room = *out_len, there = *in_len;
	int result;

	*in_len = *out_len = 0;
	if (d->has_ended)
		return true;
	d->in.next_in = (const unsigned char *)in;
	d->in.avail_in = (unsigned)there;
	d->in.next_out = (unsigned char *)out;
	d->in.avail_out = (unsigned)room;
	result = inflate(&d->in, Z_SYNC_FLUSH);
	*in_len = there - d->in.avail_in;
	*out_len = room - d->in.avail_out;
	d->is_full = d->in.avail_out == 0;
	d->has_ended = result == Z_STREAM_END;
	if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
		return err_set(e, ERR_PROTOCOL, "the server's compressed data are damaged");
	return check_progress(d, *in_len, *out_len, e);
}

bool
deflate_has_more(const struct deflate *d)
{
	return d->is_full && !d->has_ended;
}

bool
deflate_has_ended(const struct deflate *d)
{
	return d->has_ended;
}
