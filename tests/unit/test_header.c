/* SPDX-License-Identifier: ISC */
#include "message/header.h"

#include "base/buf.h"
#include "tap.h"

#define ROUNDS 20000

/* All fields of BLOCK as "[name|unfolded body]", those that are none as "[!text]". */
static void
fields(struct buf *out, const char *block, size_t n)
{
	struct header_field field;

	for (size_t at = 0; header_next(block, n, &at, &field);) {
		buf_add_char(out, '[');
		buf_add(out, field.name, field.name_len);
		buf_add_char(out, field.name_len > 0 ? '|' : '!');
		header_unfold(out, &field);
		buf_add_char(out, ']');
	}
}

static void
reads(const char *block, const char *want, const char *name)
{
	struct buf got = {0};

	fields(&got, block, strlen(block));
	is_bytes(got.data, got.len, want, strlen(want), name);
	buf_free(&got);
}

static void
test_fields(void)
{
	reads("", "", "no header has no fields");
	reads("\r\nTo: a", "", "a body has no fields");
	reads("To: a\r\nCc: b\r\n\r\nBcc: c\r\n", "[To|a][Cc|b]", "the empty line ends the header");
	reads("To: a\nCc: b", "[To|a][Cc|b]", "lines end in LF, the last one in nothing");
	reads("To: a\rCc: b\r", "[To|a][Cc|b]", "lines end in CR, as on the wire");
	reads("To: a\r\rBcc: b", "[To|a]", "an empty line may end in CR");
	reads("To:a,\r\n b,\r\n\tc\r\nCc: d", "[To|a, b,\tc][Cc|d]", "folded lines are unfolded");
	reads("Bcc:\r\n a@b\r\nCc: d", "[Bcc|a@b][Cc|d]", "a body may begin on the folded line");
	reads("Bcc: a\r\n  \r\n b\r\nCc: d", "[Bcc|a   b][Cc|d]",
	      "an all-blank line is a folded one");
	reads("Bcc : a\nBcc\t :b", "[Bcc|a][Bcc|b]",
	      "blanks before the colon (obsolete) are passed over");
	reads("X:", "[X|]", "a body may be empty");
	reads("X:\n \n\t\n", "[X|]", "or all blank");
	reads("X: a:b: c ", "[X|a:b: c]", "the first colon counts");
	reads("From a@b Sat Nov 21 23:24:00 2026\nTo: a\n",
	      "[!From a@b Sat Nov 21 23:24:00 2026][To|a]",
	      "the From_ line of an mbox is no field");
	reads(" To: a\nCc: b", "[!To: a][Cc|b]", "a folded line without a field is none");
	reads("nonsense\nTo: a\n", "[!nonsense][To|a]", "a line without a colon is none");
	reads(": a\nTo: a\n", "[!: a][To|a]", "an empty name is none");
	reads("B\xc3\xa4r: a\nTo\x7f: a\n", "[!B\xc3\xa4r: a][!To\x7f: a]",
	      "a name that is not printable ASCII is none");
	reads("nonsense\n more\nTo: a\n", "[!nonsense more][To|a]",
	      "lines folded to what is no field belong to it");
}

static void
test_raw(void)
{
	static const char block[] = "To : a,\r\n b \r\nCc: c\r\n\r\nbody";
	const size_t n = sizeof block - 1;
	struct header_field field = {0};
	size_t at = 0;

	ok(header_next(block, n, &at, &field), "a field is found");
	is_bytes(field.start, field.len, "To : a,\r\n b \r\n", 14,
		 "its bytes are there as they stand");
	is_bytes(field.body, field.body_len, " a,\r\n b ", 8, "its body without the last line end");
	ok(header_next(block, n, &at, &field) && !header_next(block, n, &at, &field),
	   "the fields come one by one");
	is_bytes(block + at, n - at, "\r\nbody", 6, "the walk ends at the empty line");
	ok(header_find(block, n, "cC", &field) && field.start == block + 14,
	   "a field is found whatever its case");
	ok(!header_find(NULL, 0, "C", &field) && header_end(NULL, 0) == 0,
	   "no bytes are no header");
	ok(!header_find(block, n, "C", &field) && !header_find(block, n, "Ccc", &field),
	   "names match as a whole");
	ok(!header_find("nonsense\n", 9, "", &field),
	   "what is no field has no name, not even an empty one");
}

static void
test_end(void)
{
	static const struct {
		const char *text;
		size_t end;
		const char *name;
	} cases[] = {
	    {"", 0, "of nothing: not there yet"},
	    {"A: b\r\n\r\nbody", 8, "behind the empty line"},
	    {"A: b\n\nbody", 6, "with LF"},
	    {"A: b\r\rbody", 6, "with CR"},
	    {"A: b\n\r\nbody", 7, "with both"},
	    {"\r\nbody", 2, "an empty header"},
	    {"\nbody", 1, "an empty header, LF"},
	    {"A: b\r\n", 0, "not behind a field"},
	    {"A: b\r\n \r\nc", 0, "not behind a blank line"},
	    {"A: b\r\r\n\r\r\nbody", 10, "behind the empty line, with CR CR LF"},
	    {"A: b\r\r\n\r\r", 0, "not at CRs whose LF may be coming"},
	    {"A: b\r\n\r", 0, "not at a CR whose LF may be coming"},
	    {"A: b\r", 0, "nor at the end of a field's CR"},
	};
	char name[120];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(name, sizeof name, "the end of the header: %s", cases[i].name);
		is_number(header_end(cases[i].text, strlen(cases[i].text)), cases[i].end, name);
	}
}

static bool
is_crs(const char *bytes, size_t n)
{
	while (n > 0 && bytes[n - 1] == '\r')
		n--;
	return n == 0;
}

/*
 * Whatever the bytes: the fields follow one another without a gap, they end where header_end() has
 * the header end, and that is found as soon as it is there, not before.
 */
static bool
is_consistent(const char *block, size_t n)
{
	const size_t end = header_end(block, n);
	struct header_field field;
	size_t sum = 0;
	size_t at = 0;

	while (header_next(block, n, &at, &field)) {
		if (field.start != block + sum || field.body < field.start || field.len == 0 ||
		    field.body + field.body_len > field.start + field.len)
			return false;
		sum += field.len;
	}
	if (at != sum || (end > 0 && end < at + 1) ||
	    (end == 0 && at < n && !is_crs(block + at, n - at)))
		return false;
	if (end > at + 1 && (block[end - 1] != '\n' || !is_crs(block + at, end - 1 - at)))
		return false;
	for (size_t i = 0; i < end; i++)
		if (header_end(block, i) != 0)
			return false;
	return end == 0 || block[end - 1] == '\r' || header_end(block, end) == end;
}

static void
test_random(void)
{
	static const char alphabet[] = "\r\n\r\n :aB\t\x80";
	uint64_t random = 5322;
	char block[64];
	bool consistent = true;
	size_t n = 0;

	for (int round = 0; consistent && round < ROUNDS; round++) {
		n = tap_random(&random, sizeof block);
		for (size_t i = 0; i < n; i++)
			block[i] = alphabet[tap_random(&random, sizeof alphabet - 1)];
		consistent = is_consistent(block, n);
	}
	if (!ok(consistent, "fields cover every random header without gap or overlap"))
		tap_show("header", block, n);
}

int
main(void)
{
	test_fields();
	test_raw();
	test_end();
	test_random();
	return tap_done();
}
