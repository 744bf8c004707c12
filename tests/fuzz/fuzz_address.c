/* SPDX-License-Identifier: ISC */
/*
 * A header, and an address list in each of its fields: fields cover the header without a gap, and
 * an address that is taken is valid and reads as itself.
 */
#include "message/address.h"
#include "message/address_list.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fuzz.h"
#include "message/header.h"

static bool
take_same(void *ctx, const struct address *a, struct err *e)
{
	(void)e;
	FUZZ_ASSERT(strcmp(a->addr, ctx) == 0);
	FUZZ_ASSERT(*a->name == '\0');
	return true;
}

static bool
take(void *ctx, const struct address *a, struct err *e)
{
	char copy[ADDRESS_MAX + 1];

	(void)ctx;
	FUZZ_ASSERT(address_is_valid(a->addr));
	FUZZ_ASSERT(!strpbrk(a->addr, "\r\n") && address_equal(a->addr, a->addr));
	strcpy(copy, a->addr);
	FUZZ_ASSERT(address_list(copy, strlen(copy), take_same, copy, e));
	return true;
}

static void
fuzz_list(const char *body, size_t n)
{
	struct err e = {0};
	const bool read = address_list(body, n, take, NULL, &e);

	FUZZ_ASSERT(read == (e.code == ERR_NONE));
	FUZZ_ASSERT(read || e.code == ERR_MALFORMED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const block = (const char *)data;
	struct header_field field;
	const char *end = block;
	size_t at = 0;

	while (header_next(block, size, &at, &field)) {
		struct buf text = {0};

		FUZZ_ASSERT(field.start == end && field.len > 0);
		end = field.start + field.len;
		FUZZ_ASSERT(field.body >= field.start && field.body + field.body_len <= end);
		header_unfold(&text, &field);
		FUZZ_ASSERT(text.len <= field.body_len && !strpbrk(text.data, "\r\n"));
		fuzz_list(field.body, field.body_len);
		fuzz_list(text.data, text.len);
		buf_free(&text);
	}
	FUZZ_ASSERT(header_end(block, size) <= size);
	fuzz_list(block, size);
	return 0;
}
