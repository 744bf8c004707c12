/* SPDX-License-Identifier: ISC */
/*
 * A server's name of a folder: what is shown is safe to see, can be typed, and is the same folder
 * then. The first byte's lowest bit says whether the wire has UTF-8.
 */
#include "proto/imap/imap_name.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "fuzz.h"

static void
fuzz_typed(const char *typed, bool is_utf8)
{
	struct buf wire = {0}, string = {0};
	struct err e = {0};
	const bool ok = imap_name_read(&wire, typed, is_utf8, &e);

	FUZZ_ASSERT(ok == (e.code == ERR_NONE));
	FUZZ_ASSERT(!ok ||
		    imap_string_add(&string, wire.data, wire.len, is_utf8) != IMAP_UNSENDABLE);
	buf_free(&string);
	FUZZ_ASSERT(imap_name_matches("*", typed, '/'));
	FUZZ_ASSERT(!imap_name_is_pattern(typed) || imap_name_matches(typed, typed, '/'));
	buf_free(&wire);
}

static void
fuzz_wire(const char *wire, size_t n, bool is_utf8)
{
	struct buf shown = {0}, printable = {0}, back = {0};
	struct err e = {0};

	imap_name_show(&shown, wire, n, is_utf8);
	text_printable(&printable, shown.data, shown.len);
	FUZZ_ASSERT(strcmp(shown.data, printable.data) == 0);
	FUZZ_ASSERT(imap_name_is_pattern(shown.data) == false);
	if (n > 0 && !memchr(wire, '\0', n) && !imap_name_is_inbox(wire, n)) {
		FUZZ_ASSERT(imap_name_read(&back, shown.data, is_utf8, &e));
		FUZZ_ASSERT(back.len == n && memcmp(back.data, wire, n) == 0);
	}
	buf_free(&shown);
	buf_free(&printable);
	buf_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf typed = {0}, quoted = {0};
	const bool is_utf8 = size > 0 && data[0] & 1;
	const char *const name = (const char *)data + (size > 0);
	const size_t n = size - (size > 0);

	if (n > 2000)
		return 0;
	fuzz_wire(name, n, is_utf8);
	buf_add(&typed, name, n);
	fuzz_typed(typed.data, is_utf8);
	imap_string_add(&quoted, name, n, is_utf8);
	FUZZ_ASSERT(quoted.len <= 2 * n + 2 && (quoted.len == 0 || !strpbrk(quoted.data, "\r\n")));
	buf_free(&typed);
	buf_free(&quoted);
	return 0;
}
