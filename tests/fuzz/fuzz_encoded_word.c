/* SPDX-License-Identifier: ISC */
/*
 * Header text: what comes out is UTF-8, not much longer than what went in, and plain ASCII without
 * "=?" is left alone.
 */
#include "message/encoded_word.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"

static bool
is_continuation(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

static void
expect_utf8(const uint8_t *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		const size_t len = s[i] < 0x80 ? 1 : s[i] < 0xe0 ? 2 : s[i] < 0xf0 ? 3 : 4;

		FUZZ_ASSERT(s[i] < 0x80 || (s[i] >= 0xc2 && s[i] <= 0xf4));
		FUZZ_ASSERT(len <= n - i);
		for (size_t k = 1; k < len; k++)
			FUZZ_ASSERT(is_continuation(s[i + k]));
		i += len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = {0};
	bool plain = true;

	for (size_t i = 0; i < size; i++)
		plain = plain && data[i] < 0x80 &&
			(data[i] != '=' || i + 1 == size || data[i + 1] != '?');
	encoded_word_decode(&out, (const char *)data, size);
	FUZZ_ASSERT(out.data[out.len] == '\0');
	FUZZ_ASSERT(out.len <= 16 * size);
	expect_utf8((const uint8_t *)out.data, out.len);
	FUZZ_ASSERT(!plain ||
		    (out.len == size && (size == 0 || memcmp(out.data, data, size) == 0)));
	buf_free(&out);
	return 0;
}
