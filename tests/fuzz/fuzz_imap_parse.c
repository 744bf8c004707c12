/* SPDX-License-Identifier: ISC */
/*
 * What an IMAP server says: fed whole or in pieces, it is the same tokens. The first byte says how
 * it is cut.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "imap_tokens.h"

/* In memory of its own, so that a sanitizer sees what is read behind its end. */
static void
feed(struct imap_tokens *x, const char *bytes, size_t n)
{
	char *copy = malloc(n);

	FUZZ_ASSERT(copy);
	memcpy(copy, bytes, n);
	imap_tokens_feed(x, copy, n);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *in = (const char *)data + 1;
	struct imap_tokens whole = {0}, pieces = {0};
	unsigned seed;

	if (size < 2)
		return 0;
	seed = data[0];
	size--;
	feed(&whole, in, size);
	for (size_t at = 0; at < size;) {
		const size_t len = 1 + seed % 7, left = size - at;

		seed = seed * 197 + 7;
		feed(&pieces, in + at, len < left ? len : left);
		at += len < left ? len : left;
	}
	FUZZ_ASSERT(whole.is_bad == pieces.is_bad);
	FUZZ_ASSERT(whole.out.len == pieces.out.len);
	FUZZ_ASSERT(whole.out.len == 0 ||
		    memcmp(whole.out.data, pieces.out.data, whole.out.len) == 0);
	imap_tokens_free(&whole);
	imap_tokens_free(&pieces);
	return 0;
}
