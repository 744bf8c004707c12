/* SPDX-License-Identifier: ISC */
#include "message/seven_bit.h"

#include "base/buf.h"
#include "base/err.h"
#include "tap.h"

static bool
add(void *ctx, const char *bytes, size_t n)
{
	buf_add(ctx, bytes, n);
	return true;
}

static bool
stop(void *ctx, const char *bytes, size_t n)
{
	(void)ctx;
	(void)bytes;
	return n == 0;
}

/* One pass over TEXT, in pieces of STEP bytes. */
static bool
pass(struct seven_bit *s, const char *text, size_t step, eol_put put, void *ctx, struct err *e)
{
	const size_t n = strlen(text);

	seven_bit_begin(s, put, ctx);
	for (size_t at = 0; at < n; at += step)
		if (!seven_bit_put(s, text + at, n - at < step ? n - at : step))
			break;
	return seven_bit_end(s, e);
}

/* The text as it goes out, or "! " and the error. */
static void
encode(const char *text, size_t step, struct buf *out)
{
	struct seven_bit *s = seven_bit_new();
	struct err e = {0};

	buf_clear(out);
	buf_add_str(out, "");
	if (!pass(s, text, step, NULL, NULL, &e) || !pass(s, text, step, add, out, &e))
		buf_addf(out, "! %d %s", err_exit_status(e.code), e.text);
	seven_bit_free(s);
}

static void
becomes(const char *text, const char *want, const char *name)
{
	static const size_t steps[] = {1, 2, 3, 7, 2047, 1 << 20};
	struct buf out = {0};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		encode(text, steps[i], &out);
		if (strcmp(out.data, want) != 0)
			break;
	}
	is_str(out.data, want, name);
	buf_free(&out);
}

#define MIME(rest) "MIME-Version: 1.0\r\n" rest

static void
test_texts(void)
{
	becomes("A: b\r\n\r\n\xc3\xbc\r\n",
		"A: b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n",
		"a text without MIME gets its fields");
	becomes("A: b\r\n\r\n\xfc\r\n",
		"A: b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n=FC\r\n",
		"and no wrong character set");
	becomes(MIME("Content-Type: text/html (a comment; boundary=x)\r\n"
		     "content-transfer-encoding: 8bit\r\nX: y\r\n\r\na= \r\n\t\r\n\xc3\xbc"),
		MIME("Content-Type: text/html (a comment; boundary=x)\r\nX: y\r\n"
		     "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=20\r\n=09\r\n=C3=BC"),
		"blanks at the ends of lines, and equals signs");
	becomes(MIME("Content-Type: image/x\r\n\r\n\xfc\r\n"),
		MIME("Content-Type: image/x\r\nContent-Transfer-Encoding: base64\r\n\r\n/A0K\r\n"),
		"what is not text is base64, its line ends too");
	becomes(MIME("Content-Transfer-Encoding: 8bit\r\n\r\nx  \r\n"),
		MIME("Content-Transfer-Encoding: 7bit\r\n\r\nx  \r\n"),
		"7-bit text stays as it is");
	becomes("A: b", "A: b", "a header alone");
	becomes("", "", "nothing");
}

static void
test_parts(void)
{
	becomes(MIME("Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n\xfc\r\n--a b\r\n\r\n"
		     "--a bc\r\n\xc3\xbc\r\n\r\n--a b \t\r\n--a b\r\nContent-Type: a/b\r\n\r\n\xfc"
		     "\r\n--a b--\r\n\xfc\r\n"),
		MIME("Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n=FC\r\n--a b\r\n"
		     "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		     "--a bc\r\n=C3=BC\r\n\r\n--a b \t\r\n--a b\r\nContent-Type: a/b\r\n"
		     "Content-Transfer-Encoding: base64\r\n\r\n/A=="
		     "\r\n--a b--\r\n=FC\r\n"),
		"the line end before a boundary is the boundary's");
	becomes(MIME("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nContent-Type: "
		     "multipart/mixed; boundary=b.c\r\n\r\n--b.c\r\n\r\n\xfc\r\n--b--\r\n"),
		MIME("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nContent-Type: "
		     "multipart/mixed; boundary=b.c\r\n\r\n--b.c\r\nContent-Transfer-Encoding: "
		     "quoted-printable\r\n\r\n=FC\r\n--b--\r\n"),
		"an outer boundary ends what is inside");
	becomes(
	    MIME("Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n\xfc\r\n--s--\r\n"),
	    "! 65 a signed part, which must not be changed, has 8-bit text, and the server does "
	    "not offer 8BITMIME",
	    "signed");
}

static char *
nested(size_t depth)
{
	struct buf text = {0};

	for (size_t i = 0; i < depth; i++)
		buf_addf(&text, "Content-Type: multipart/mixed; boundary=b%zu\r\n\r\n--b%zu\r\n", i,
			 i);
	buf_add_str(&text, "\r\n\xfc\r\n");
	return buf_take(&text);
}

static void
test_limits(void)
{
	struct seven_bit *s = seven_bit_new();
	struct err e = {0};
	char *deep = nested(SEVEN_BIT_DEPTH_MAX), *deeper = nested(SEVEN_BIT_DEPTH_MAX + 1);

	ok(pass(s, deep, 4096, NULL, NULL, &e), "as many levels as are allowed");
	ok(!pass(s, deeper, 4096, NULL, NULL, &e) && e.code == ERR_MALFORMED, "one more");
	e = (struct err){0};
	ok(pass(s, "A: b\r\n\r\nx\r\n", 4096, NULL, NULL, &e) &&
	       !pass(s, "A: b\r\n\r\nx\r\n", 4096, stop, NULL, &e) && e.code == ERR_NONE,
	   "the callback's failure is its own");
	ok(!pass(s, deep, 4096, stop, NULL, &e), "other parts than were looked at are refused");
	free(deep);
	free(deeper);
	seven_bit_free(s);
}

static void
test_changed(void)
{
	struct seven_bit *s = seven_bit_new();
	struct buf out = {0};
	struct err e = {0};

	ok(pass(s, "Content-Type: multipart/mixed; boundary=b\r\n\r\n", 9, NULL, NULL, &e) &&
	       !pass(s, "A: b\r\n\r\nx\r\n", 4096, add, &out, &e) && e.code == ERR_IO,
	   "a part that was not there is an error");
	buf_free(&out);
	seven_bit_free(s);
}

int
main(void)
{
	test_texts();
	test_parts();
	test_limits();
	test_changed();
	return tap_done();
}
