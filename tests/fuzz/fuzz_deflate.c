/* SPDX-License-Identifier: ISC */
/*
 * What comes as compressed data: in pieces and into little room it is the same bytes as at once,
 * and it moves on or ends. The first two bytes say how it is cut.
 */
#include "net/deflate.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fuzz.h"

enum { ROOM = 64 * 1024, OUT_MAX = 1024 * 1024 };

static void
put(void *ctx, const void *bytes, size_t n)
{
	(void)ctx;
	(void)bytes;
	(void)n;
}

/* One step. False: there is nothing more to come of the N bytes at IN, or what comes is too much
 * for a fuzzer. */
static bool
inflate_some(struct deflate *d, const char *in, size_t *n, size_t room, struct buf *out, bool *ok)
{
	char *const copy = malloc(*n + 1), *const to = malloc(room);
	const size_t there = *n, had = room;
	struct err e = {0};

	FUZZ_ASSERT(copy && to);
	memcpy(copy, in, *n);
	*ok = deflate_read(d, copy, n, to, &room, &e);
	FUZZ_ASSERT(*n <= there && room <= had && *ok == (e.code == ERR_NONE));
	buf_add(out, to, room);
	free(copy);
	free(to);
	return *ok && !deflate_has_ended(d) && out->len < OUT_MAX &&
	       (*n > 0 || room > 0 || deflate_has_more(d));
}

static bool
inflate_all(const char *in, size_t n, size_t piece, size_t room, struct buf *out)
{
	struct deflate *d = deflate_new(put, NULL);
	bool ok = true, goes_on = true;

	FUZZ_ASSERT(d);
	for (size_t at = 0; goes_on && (at < n || deflate_has_more(d));) {
		size_t take = n - at < piece ? n - at : piece;

		goes_on = inflate_some(d, in + at, &take, room, out, &ok);
		at += take;
	}
	deflate_free(d);
	return ok;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *in = (const char *)data + 2;
	struct buf whole = {0}, pieces = {0};
	bool ok, again;

	if (size < 3)
		return 0;
	ok = inflate_all(in, size - 2, size, ROOM, &whole);
	again = inflate_all(in, size - 2, 1 + data[0], 1 + data[1] * 16u, &pieces);
	if (whole.len < OUT_MAX && pieces.len < OUT_MAX) {
		FUZZ_ASSERT(ok == again && whole.len == pieces.len);
		FUZZ_ASSERT(whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0);
	}
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
