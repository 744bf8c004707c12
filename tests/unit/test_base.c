/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/directory.h"
#include "base/err.h"
#include "base/locked.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "tap.h"

static void
test_buf(void)
{
	struct buf b = {0};
	char *taken;

	buf_add_str(&b, "abc");
	buf_add_char(&b, 'd');
	buf_addf(&b, "%d%s", 12, "x");
	buf_add(&b, "\0y", 2);
	is_bytes(b.data, b.len + 1, "abcd12x\0y", 10,
		 "buf: what is added stands in a row, terminated");
	buf_drop(&b, 4);
	is_bytes(b.data, b.len + 1, "12x\0y", 6, "buf: dropped from the front");
	buf_drop(&b, b.len);
	ok(b.len == 0 && b.data[0] == '\0', "buf: dropped whole");
	for (int i = 0; i < 100000; i++)
		buf_addf(&b, "%d,", i % 10);
	ok(b.len == 200000 && strlen(b.data) == 200000 && memcmp(b.data + 199996, "8,9,", 4) == 0,
	   "buf: it grows as it must");
	taken = buf_take(&b);
	ok(strlen(taken) == 200000 && !b.data && b.len == 0, "buf: taken, it is empty");
	free(taken);
	taken = buf_take(&b);
	is_str(taken, "", "buf: what is taken of an empty one is a text");
	free(taken);
	memcpy(buf_reserve(&b, 3), "xyz", 3);
	b.len += 3;
	buf_clear(&b);
	ok(b.len == 0 && b.data && b.data[0] == '\0', "buf: cleared");
	buf_wipe(&b);
	ok(!b.data && b.cap == 0, "buf: wiped");
}

/* buf_add() of nothing to nothing: the address of nothing must not matter. */
static void
test_buf_nothing(void)
{
	struct buf b = {0};

	buf_add(&b, NULL, 0);
	is_str(b.data, "", "buf: nothing added is terminated");
	buf_free(&b);
}

static void
prints(const char *text, const char *want, const char *name)
{
	struct buf out = {0};

	text_printable(&out, text, strlen(text));
	is_str(out.data, want, name);
	buf_free(&out);
}

/* Is BYTE, after PLACE bytes that are shown as they are and before some more, shown or escaped? */
static bool
prints_byte(unsigned byte, size_t place)
{
	static const char plain[] = " ~ ~ ~ ~ ~ ~ ~ ~ ~ ~";
	const bool is_plain = byte >= 0x20 && byte < 0x7f;
	struct buf text = {0}, want = {0}, out = {0};
	bool same;

	buf_add(&text, plain, place);
	buf_add_char(&text, (char)byte);
	buf_add_str(&text, plain + place);
	buf_add(&want, plain, place);
	buf_addf(&want, is_plain ? "%c" : "\\x%02x", byte);
	buf_add_str(&want, plain + place);
	text_printable(&out, text.data, text.len);
	same = strcmp(out.data, want.data) == 0;
	buf_free(&text);
	buf_free(&want);
	buf_free(&out);
	return same;
}

static void
test_printable_bytes(void)
{
	bool same = true;

	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t place = 0; place < 20; place++)
			same &= prints_byte(byte, place);
	ok(same, "printable: every byte, wherever it is");
}

static void
test_printable(void)
{
	struct buf out = {0};

	prints("plain ~ text", "plain ~ text", "printable: ASCII stays");
	prints("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	       "printable: UTF-8 stays");
	prints("a\r\nb\t\x1b[2J\x7f", "a\\x0d\\x0ab\\x09\\x1b[2J\\x7f", "printable: no C0, no DEL");
	prints("\xc2\x9b"
	       "2J\xc2\x85\xc2\xa0",
	       "\\xc2\\x9b2J\\xc2\\x85\xc2\xa0", "printable: no C1");
	prints("\x9b"
	       "2J\xe4",
	       "\\x9b2J\\xe4", "printable: no byte that is not UTF-8");
	prints("\xc0\x8a\xe0\x80\x8a\xf0\x80\x80\x8a",
	       "\\xc0\\x8a\\xe0\\x80\\x8a\\xf0\\x80\\x80\\x8a", "printable: nothing overlong");
	prints("\xed\xa0\x80\xf4\x90\x80\x80\xf5", "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xf5",
	       "printable: no surrogate, nothing beyond Unicode");
	prints("\xe2\x82", "\\xe2\\x82", "printable: nothing cut");
	prints("\xe2\x80\xae"
	       "a\xe2\x80\xaa\xe2\x81\xa6\xe2\x81\xa9",
	       "\\xe2\\x80\\xae"
	       "a\\xe2\\x80\\xaa\\xe2\\x81\\xa6\\xe2\\x81\\xa9",
	       "printable: nothing that turns the direction");
	prints("\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5", "\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5",
	       "printable: but what stands next to that");
	text_printable(&out, "a\0b", 3);
	is_str(out.data, "a\\x00b", "printable: no NUL");
	buf_free(&out);
}

static void
test_number(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool is;
		uint64_t number;
	} cases[] = {
	    {"0", 0, true, 0},
	    {"1", 0, false, 0},
	    {"007", 10, true, 7},
	    {"4294967295", UINT32_MAX, true, UINT32_MAX},
	    {"4294967296", UINT32_MAX, false, 0},
	    {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
	    {"18446744073709551616", UINT64_MAX, false, 0},
	    {"99999999999999999999999", UINT64_MAX, false, 0},
	    {"10", 9, false, 0},
	    {"5", 3, false, 0},
	    {"", 9, false, 0},
	    {"-1", 9, false, 0},
	    {"+1", 9, false, 0},
	    {" 1", 9, false, 0},
	    {"1 ", 9, false, 0},
	    {"1x", 9, false, 0},
	};
	uint64_t number;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		number = 4711;
		ok(text_number(cases[i].text, cases[i].max, &number) == cases[i].is &&
		       number == (cases[i].is ? cases[i].number : 4711),
		   "number: '%s' up to %" PRIu64 " is %s", cases[i].text, cases[i].max,
		   cases[i].is ? "one" : "none");
	}
	ok(text_number_n("123", 2, 99, &number) && number == 12, "number: of so many bytes");
}

static void
test_text(void)
{
	ok(text_starts("Subject: a", 10, "subject:"), "starts: without case");
	ok(!text_starts("Sub", 3, "subject"), "starts: not what is shorter");
	ok(text_starts("x", 1, ""), "starts: everything starts with nothing");
	ok(text_equal_case("PLAIN", "plain") && !text_equal_case("PLAIN", "plai"),
	   "equal: without case");
	ok(text_equal_n("PLAINX", 5, "plain") && !text_equal_n("PLAINX", 6, "plain") &&
	       !text_equal_n("", 0, "a") && text_equal_n("", 0, ""),
	   "equal: of so many bytes");
	ok(text_same("imaps", "IMAP", 4) && !text_same("ima", "imap", 4),
	   "same: the first N bytes");
	ok(text_lower('I') == 'i' && text_lower('[') == '[' && text_lower('\xc0') == '\xc0',
	   "lower: ASCII letters only");
	ok(text_hex_digit('F') == 15 && text_hex_digit('a') == 10 && text_hex_digit('g') == -1 &&
	       text_hex_digit('\0') == -1,
	   "hex digit: of either case");
	ok(text_has_word("PLAIN LOGIN\tXOAUTH2", "login") && text_has_word("a", "A") &&
	       text_has_word(" a", "a") && text_has_word("b a ", "a"),
	   "word: found wherever it stands");
	ok(!text_has_word("PLAINX XPLAIN", "plain") && !text_has_word("", "a") &&
	       !text_has_word("a", ""),
	   "word: as a whole");
}

static void
test_err(void)
{
	struct err e = {0};
	char text[2 * sizeof e.text];

	ok(!err_set(&e, ERR_IO, "%s %d", "disk", 1) && e.code == ERR_IO, "err: set is false");
	is_str(e.text, "disk 1", "err: with its text");
	ok(!err_hint(&e, "first") && !err_hint(&e, "second"), "err: a hint is false");
	is_str(e.hint, "first", "err: the first hint counts");
	ok(!err_prefix(&e, "%s", "here"), "err: a prefix is false");
	is_str(e.text, "here: disk 1", "err: with the place before it");
	errno = ENOENT;
	err_set_errno(&e, ERR_NO_INPUT, "cannot open %s", "x");
	is_str(e.text, "cannot open x: No such file or directory", "err: with what errno says");
	is_str(e.hint, "", "err: a new error has no hint");
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	err_set(&e, ERR_IO, "%s", text);
	err_prefix(&e, "%s", "here");
	ok(strlen(e.text) == sizeof e.text - 1 && strncmp(e.text, "here: x", 7) == 0,
	   "err: a long text is cut");
}

static void
test_err_codes(void)
{
	bool ordered = true;

	for (enum err_code a = 0; a < ERR_CODES; a++) {
		ok(err_exit_status(a) == 0 ||
		       (err_exit_status(a) >= EX__BASE && err_exit_status(a) <= EX__MAX),
		   "err: code %d has an exit status of sysexits.h", (int)a);
		for (enum err_code b = 0; b < ERR_CODES; b++)
			ordered = ordered && err_worse(a, b) == err_worse(b, a);
	}
	ok(ordered, "err: the worse one of two is the same in either order");
	ok(err_exit_status(ERR_NONE) == 0 && err_exit_status(ERR_TEMPORARY) == 75, "err: 0 and 75");
	ok(err_worse(ERR_NONE, ERR_TEMPORARY) == ERR_TEMPORARY, "err: any is worse than none");
	for (enum err_code a = ERR_NONE + 1; a < ERR_CODES; a++)
		ok(err_worse(a, ERR_TEMPORARY) == a, "err: code %d is as bad as 75 or worse",
		   (int)a);
}

static void
test_pin(void)
{
	static const char pin[] = "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+/Az=";
	char copy[sizeof pin], *two = mem_printf("%s,%s", pin, pin);
	size_t len;

	ok(!text_bad_pin(pin, &len) && !text_bad_pin(two, &len), "pin: 32 bytes in base64");
	ok(text_bad_pin("sha256:", &len) && len == 7, "pin: not fewer");
	two[strlen(two) - 1] = '\0';
	ok(text_bad_pin(two, &len) == two + 52 && len == 50, "pin: not in the second one");
	free(two);
	memcpy(copy, pin, sizeof pin);
	copy[20] = '-';
	ok(text_bad_pin(copy, &len) == copy, "pin: no other alphabet");
	memcpy(copy, pin, sizeof pin);
	copy[3] = '5';
	ok(text_bad_pin(copy, &len) == copy, "pin: no other hash");
	memcpy(copy, pin, sizeof pin);
	copy[50] = 'A';
	ok(text_bad_pin(copy, &len) == copy, "pin: not 33 bytes");
}

/* The race that a flag alone would lose: the signal comes after the last look, before the call. */
static void
test_stop(void)
{
	char block[4096] = {0};
	int ends[2], error;

	stop_install();
	if (pipe(ends) != 0)
		return;
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], block, sizeof block) > 0)
		;
	fcntl(ends[1], F_SETFL, 0);
	raise(SIGTERM);
	error = write(ends[1], block, sizeof block) < 0 ? errno : 0;
	ok(error == EINTR && stop_signal() == SIGTERM,
	   "stop: a call that blocks after the signal came is interrupted");
	error = write(ends[1], block, sizeof block) < 0 ? errno : 0;
	ok(error == EINTR, "stop: and so is the next");
}

static void
is_masked(const char *text, const char *secret, const char *expected)
{
	char bytes[64];
	const size_t n = strlen(text);

	memcpy(bytes, text, n + 1);
	is_bytes(bytes, text_mask(bytes, n, secret), expected, strlen(expected), text);
}

static void
test_mask(void)
{
	is_masked("no: hunter2 is wrong", "hunter2", "no: *** is wrong");
	is_masked("hunter2", "hunter2", "***");
	is_masked("hunterhunter2hunter2hunter", "hunter2", "hunter******hunter");
	is_masked("ababab", "abab", "***ab");
	is_masked("a *** b", "***", "a *** b");
	is_masked("to be", "b", "to be");
	is_masked("to be", "", "to be");
	is_masked("", "hunter2", "");
}

/* directory_each()'s calls come here: after so many names the disk fails. */
static int good_names = 100;

struct dirent *
readdir(DIR *directory)
{
	static struct dirent *(*real)(DIR *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "readdir");
	if (good_names-- > 0)
		return real(directory);
	errno = EIO;
	return NULL;
}

/* CTX: how many names are wanted still */
static bool
count_name(void *ctx, const char *name)
{
	int *wanted = ctx;

	ok(name[0] == 'f', "directory: %s", name);
	return --*wanted > 0;
}

static void
test_directory(void)
{
	char path[] = "/tmp/test_base.XXXXXX";
	int wanted = 5;

	ok(mkdtemp(path) && chdir(path) == 0, "directory: is made");
	for (const char *name = "f1\0f2\0f3\0"; *name; name += 3)
		close(open(name, O_CREAT | O_WRONLY, 0600));
	ok(directory_each(path, count_name, &wanted) && wanted == 2, "directory: every name");
	wanted = 1;
	ok(directory_each(path, count_name, &wanted) && wanted == 0, "directory: only the first");
	wanted = 5;
	good_names = 4;
	ok(!directory_each(path, count_name, &wanted) && errno == EIO,
	   "directory: an error is not the end");
	ok(!directory_each("none", count_name, &wanted) && errno == ENOENT, "directory: none");
	unlink("f1");
	unlink("f2");
	unlink("f3");
	rmdir(path);
}

/* The texts are where they are locked, as long as there is room; all of them come back. */
static void
test_locked(void)
{
	enum { TEXTS = 100, SIZE = 300 };
	char *texts[TEXTS], text[SIZE], *first = locked_text("a password"), *again;
	bool all_are_right = true;

	for (int i = 0; i < TEXTS; i++) {
		memset(text, 'a' + i % 26, (size_t)(i * 3));
		text[i * 3] = '\0';
		texts[i] = i % 2 ? locked_text(text) : locked_take(strdup(text));
	}
	for (int i = 0; i < TEXTS; i++) {
		all_are_right &= strlen(texts[i]) == (size_t)(i * 3) &&
				 (i == 0 || texts[i][i * 3 - 1] == 'a' + i % 26);
		locked_free(texts[i]);
	}
	ok(all_are_right, "locked texts do not touch each other");
	is_str(first, "a password", "nor the one before them");
	locked_free(first);
#ifndef __SANITIZE_ADDRESS__
	ok(first[0] == '\0' && first[9] == '\0', "it is wiped");
#endif
	again = locked_text("x");
	ok(again == first, "and its room is used again");
	locked_free(again);
	ok(!locked_text(NULL), "none stays none");
	locked_free(NULL);
}

int
main(void)
{
	test_buf();
	test_buf_nothing();
	test_printable();
	test_printable_bytes();
	test_number();
	test_text();
	test_err();
	test_err_codes();
	test_pin();
	test_mask();
	test_directory();
	test_stop();
	test_locked();
	return tap_done();
}
