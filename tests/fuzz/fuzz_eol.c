/* SPDX-License-Identifier: ISC */
/*
 * The filters of message/eol.h against tests/unit/eol_reference.h. The first byte chooses the
 * filter, the second how the rest is cut into pieces.
 */
#include "message/eol.h"

#include <string.h>

#include "base/buf.h"
#include "eol_reference.h"
#include "fuzz.h"

static bool
put(void *ctx, const char *bytes, size_t n)
{
	FUZZ_ASSERT(n > 0);
	buf_add(ctx, bytes, n);
	return true;
}

static void
expect(const struct buf *got, const struct buf *want)
{
	FUZZ_ASSERT(got->len == want->len);
	FUZZ_ASSERT(got->len == 0 || memcmp(got->data, want->data, got->len) == 0);
}

/* Pieces of 1 to 16 bytes in an order that the seed gives, or for 0 everything at once. */
static size_t
piece_len(unsigned *seed, size_t left)
{
	const size_t len = *seed ? 1 + (*seed >> 4) % 16 : left;

	*seed = *seed ? (*seed * 197 + 7) % 255 + 1 : 0;
	return len < left ? len : left;
}

static void
fuzz_to_crlf(const char *in, size_t n, unsigned seed, bool dots)
{
	struct eol_to_crlf f = {.dots = dots};
	struct buf got = {0};
	struct buf want = {0};

	for (size_t at = 0, len; at < n; at += len) {
		len = piece_len(&seed, n - at);
		eol_to_crlf(&f, in + at, len, put, &got);
	}
	eol_to_crlf_end(&f, put, &got);
	reference_to_crlf(&want, in, n, dots);
	expect(&got, &want);
	buf_free(&got);
	buf_free(&want);
}

/* What is foretold of a message is what comes of it. */
static void
fuzz_survey(const char *in, size_t n, unsigned seed)
{
	struct eol_survey survey = {0};
	struct buf want = {0};
	bool has_8bit = false;

	for (size_t at = 0, len; at < n; at += len) {
		len = piece_len(&seed, n - at);
		eol_survey(&survey, in + at, len);
	}
	eol_survey_end(&survey);
	reference_to_crlf(&want, in, n, false);
	for (size_t i = 0; i < n; i++)
		has_8bit |= (unsigned char)in[i] >= 0x80;
	FUZZ_ASSERT(survey.octets == want.len && survey.has_8bit == has_8bit);
	FUZZ_ASSERT(survey.has_nul == (n > 0 && memchr(in, '\0', n) != NULL));
	buf_free(&want);
}

static void
fuzz_to_lf(const char *in, size_t n, unsigned seed, bool mbox)
{
	struct eol_to_lf f = {.mbox = mbox};
	struct buf got = {0};
	struct buf want = {0};

	for (size_t at = 0, len; at < n; at += len) {
		len = piece_len(&seed, n - at);
		eol_to_lf(&f, in + at, len, put, &got);
	}
	eol_to_lf_end(&f, put, &got);
	reference_to_lf(&want, in, n, mbox);
	expect(&got, &want);
	buf_free(&got);
	buf_free(&want);
}

static void
fuzz_undot(const char *in, size_t n, unsigned seed)
{
	struct eol_undot f = {.bare_lf = seed % 2 == 1};
	struct buf got = {0};
	struct buf want = {0};
	const size_t end = reference_undot(&want, in, n, f.bare_lf);
	size_t at = 0;
	bool done = false;

	while (at < n && !done) {
		size_t used;

		const size_t len = piece_len(&seed, n - at);

		eol_undot(&f, in + at, len, &used, &done, put, &got);
		FUZZ_ASSERT(used == len || (done && used < len));
		at += used;
	}
	FUZZ_ASSERT(done == (end > 0) && (!done || at == end));
	if (done)
		expect(&got, &want);
	buf_free(&got);
	buf_free(&want);
}

/* What was stuffed and ended as SMTP and POP3 do comes back from the other side. */
static void
fuzz_round_trip(const char *in, size_t n)
{
	struct eol_to_crlf to_crlf = {.dots = true};
	struct eol_undot undot = {0};
	struct buf wire = {0};
	struct buf got = {0};
	struct buf want = {0};
	size_t used;
	bool done;

	eol_to_crlf(&to_crlf, in, n, put, &wire);
	eol_to_crlf_end(&to_crlf, put, &wire);
	buf_add_str(&wire, ".\r\n");
	eol_undot(&undot, wire.data, wire.len, &used, &done, put, &got);
	FUZZ_ASSERT(done && used == wire.len);
	reference_to_crlf(&want, in, n, false);
	expect(&got, &want);
	buf_free(&wire);
	buf_free(&got);
	buf_free(&want);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const in = (const char *)data + 2;

	if (size < 2)
		return 0;
	switch (data[0] % 6) {
	case 0:
	case 1:
		fuzz_to_crlf(in, size - 2, data[1], data[0] % 6 == 1);
		fuzz_survey(in, size - 2, data[1]);
		fuzz_survey(in, size - 2, 0);
		break;
	case 2:
	case 3:
		fuzz_to_lf(in, size - 2, data[1], data[0] % 6 == 3);
		break;
	case 4:
		fuzz_undot(in, size - 2, data[1]);
		break;
	default:
		fuzz_round_trip(in, size - 2);
	}
	return 0;
}
