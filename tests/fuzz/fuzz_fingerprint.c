/* SPDX-License-Identifier: ISC */
/*
 * A message's fingerprint is the same whether it was delivered, or only its header looked at, with
 * or without the empty line and with or without CRs; another size makes it another one.
 */
#include "message/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "message/header.h"

enum { SIZE = 12345 };

/* In memory of its own, so that a sanitizer sees what is read behind its end. */
static bool
make(fingerprint *f, const char *bytes, size_t n, bool whole, uint64_t size)
{
	char *const copy = malloc(n + 1);
	bool ok;

	FUZZ_ASSERT(copy);
	memcpy(copy, bytes, n);
	ok = fingerprint_make(f, copy, n, whole, size);
	free(copy);
	FUZZ_ASSERT(strlen(*f) == (ok ? FINGERPRINT_LEN : 0));
	return ok;
}

static void
check_same(fingerprint *first, bool is_one, const char *bytes, size_t n, bool whole)
{
	fingerprint f;

	FUZZ_ASSERT(make(&f, bytes, n, whole, SIZE) == is_one && strcmp(f, *first) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const message = (const char *)data;
	const size_t header = header_end(message, size);
	fingerprint f, other;
	bool is_one;

	if (header == 0) {
		FUZZ_ASSERT(!make(&f, message, size, false, SIZE));
		make(&f, message, size, true, SIZE);
		return 0;
	}
	is_one = make(&f, message, size, false, SIZE);
	check_same(&f, is_one, message, size, true);
	if (message[header - 1] == '\n') /* behind a CR the LF may still be coming */
		check_same(&f, is_one, message, header, false);
	check_same(&f, is_one, message, header, true);
	FUZZ_ASSERT(make(&other, message, size, false, SIZE + 1) == is_one);
	FUZZ_ASSERT(!is_one || strcmp(f, other) != 0);
	if (header >= 4 && memcmp(message + header - 4, "\r\n\r\n", 4) == 0)
		check_same(&f, is_one, message, header - 2, true);
	return 0;
}
