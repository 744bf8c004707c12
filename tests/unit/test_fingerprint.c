/* SPDX-License-Identifier: ISC */
#include "message/fingerprint.h"

#include "base/buf.h"
#include "tap.h"

#define HEADER "From: a@example.org\nMessage-ID: <1@example.org>\nSubject: one\n"
#define SIZE 1234

/* What journals on disk have: of the text HEADER, without its last line end, "\n1234". */
#define PRINT "11ff324bf1a5f54f9532f26b8c3b3d75"

static void
has(const void *header, size_t n, bool whole, const char *name)
{
	fingerprint f;

	ok(fingerprint_make(&f, header, n, whole, SIZE), "%s has one", name);
	is_str(f, PRINT, name);
}

static void
has_none(const void *header, size_t n, bool whole, const char *name)
{
	fingerprint f = "not touched";

	ok(!fingerprint_make(&f, header, n, whole, SIZE) && f[0] == '\0', "%s has none", name);
}

static void
differs(const char *header, uint64_t size, const char *name)
{
	fingerprint f;

	ok(fingerprint_make(&f, header, strlen(header), true, size) && strcmp(f, PRINT) != 0,
	   "%s is another's", name);
}

#define HAS(header, whole, name) has(header, sizeof header - 1, whole, name)
#define HAS_NONE(header, whole, name) has_none(header, sizeof header - 1, whole, name)

static void
test_same(void)
{
	HAS(HEADER "\n", false, "a header and its empty line");
	HAS(HEADER "\nbody\n", false, "a header and what comes behind it");
	HAS(HEADER "\nbody, another one, and\0 more\n\n", true, "a header with another body");
	HAS(HEADER, true, "a header that nothing comes behind");
	HAS("From: a@example.org\nMessage-ID: <1@example.org>\nSubject: one", true,
	    "one without its last line end");
	HAS("From: a@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: one\r\n\r\n", false,
	    "one with CRLF");
	HAS("From: a@example.org\r\nMessage-ID: <1@example.org>\nSubject: one\r\n\r\nx", true,
	    "one with both");
	HAS(HEADER "\r\n", true, "one that ends otherwise");
}

static void
test_another(void)
{
	differs(HEADER "\n", SIZE + 1, "the same header with another size");
	differs(HEADER "\n", 0, "the same header without a size");
	differs("From: a@example.org\nMessage-ID: <1@example.org>\nSubject: onf\n\n", SIZE,
		"a header with another letter");
	differs("From: a@example.org\nMessage-ID: <2@example.org>\nSubject: one\n\n", SIZE,
		"a header with another Message-ID");
	differs("From: a@example.org\nMessage-ID: <1@example.org>\nSubject: one \n\n", SIZE,
		"a header with a blank more");
	differs("From: a@example.org\nSubject: one\nMessage-ID: <1@example.org>\n\n", SIZE,
		"a header in another order");
	differs(HEADER "X: y\n\n", SIZE, "a header with a field more");
	differs("From: a@example.org\nmessage-id : <1@example.org>\nSubject: one\n\n", SIZE,
		"a header that names its field otherwise");
}

static void
test_none(void)
{
	HAS_NONE("", true, "nothing");
	HAS_NONE("\nMessage-ID: <1@example.org>\n", true, "a body alone");
	HAS_NONE("From: a@example.org\nSubject: one\n\n", false, "a header without Message-ID");
	HAS_NONE("From: a@example.org\n\nMessage-ID: <1@example.org>\n", true,
		 "one whose Message-ID is in the body");
	HAS_NONE("From: a@example.org\nMessage-ID:\n\n", false, "one with an empty Message-ID");
	HAS_NONE("From: a@example.org\nMessage-ID: \t \r\n\r\n", false,
		 "one with a blank Message-ID");
	HAS_NONE("From: a@example.org\nMessage-ID:\n \n\t\nTo: b\n\n", false,
		 "one with blank lines for a Message-ID");
	HAS_NONE(HEADER, false, "a header whose end is not there yet");
	HAS_NONE(HEADER "\r", false, "one whose last line may go on");
}

/* A header of N octets up to its empty line. */
static struct buf
header_of(size_t n)
{
	struct buf header = {0};

	buf_add_str(&header, HEADER "X: ");
	while (header.len < n - 1)
		buf_add_char(&header, 'x');
	buf_add_str(&header, "\n\n");
	return header;
}

static void
test_longest(void)
{
	struct buf longest = header_of(FINGERPRINT_HEADER_MAX - 1);
	struct buf longer = header_of(FINGERPRINT_HEADER_MAX);
	fingerprint f;

	ok(fingerprint_make(&f, longest.data, longest.len, false, SIZE) &&
	       strlen(f) == FINGERPRINT_LEN,
	   "the longest header has one");
	has_none(longer.data, longer.len, false, "a header that is longer");
	has_none(longer.data, longer.len, true, "a header that is longer, and all there is,");
	buf_free(&longest);
	buf_free(&longer);
}

int
main(void)
{
	test_same();
	test_another();
	test_none();
	test_longest();
	return tap_done();
}
