/* SPDX-License-Identifier: ISC */
#include "message/encoded_word.h"

#include "base/buf.h"
#include "message/charset.h"
#include "tap.h"

#define ROUNDS 20000

#define FFFD "\xef\xbf\xbd"

static void
gives(const char *text, const char *want, const char *name)
{
	struct buf got = {0};

	encoded_word_decode(&got, text, strlen(text));
	if (!is_bytes(got.data, got.len, want, strlen(want), name))
		tap_show("text", text, strlen(text));
	buf_free(&got);
}

static void
test_words(void)
{
	gives("", "", "no text is no text");
	gives("plain text", "plain text", "plain text stays");
	gives("=?utf-8?Q?J=C3=B6rg?=", "J\xc3\xb6rg", "Q");
	gives("=?UTF-8?q?a_b=5Fc=3d?=", "a b_c=", "Q in small letters, with _ and small digits");
	gives("=?utf-8?B?SsO2cmc=?=", "J\xc3\xb6rg", "B");
	gives("=?utf-8?b?SsO2cmc?=", "J\xc3\xb6rg", "B without padding");
	gives("=?utf-8?B?SsO2cmcu?=", "J\xc3\xb6rg.", "B that needs none");
	gives("=?iso-8859-1?Q?J=F6rg?=", "J\xc3\xb6rg", "ISO-8859-1");
	gives("=?ISO-8859-15?Q?=A4?=", "\xe2\x82\xac", "ISO-8859-15 has the Euro sign");
	gives("=?koi8-r?B?8NLJ18XU?=", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	      "KOI8-R");
	gives("=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac", "ISO-2022-JP");
	gives("=?gb2312?B?1tC5+g==?=", "\xe4\xb8\xad\xe5\x9b\xbd", "GB2312");
	gives("=?tcvn5712-1?Q?Xe?=", "Xe", "a last character that might have been combined");
	gives("=?utf-8*en?Q?a?= =?utf-8*de-AT?Q?b?=", "ab", "a language suffix is passed over");
	gives("=?utf-8?Q?"
	      "?=",
	      "", "a word may be empty");
	gives("Re: =?utf-8?Q?=C3=A4?= (=?utf-8?Q?=C3=B6?=)", "Re: \xc3\xa4 (\xc3\xb6)",
	      "text around words stays, blanks and all");
	gives("\"=?utf-8?Q?=C3=A4?=\"", "\"\xc3\xa4\"", "a word in quotes is decoded too");
	gives("=?utf-8?Q?a b?=", "a b", "a raw blank in a word is a blank");
	gives("=?us-ascii?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?=", "=?utf-8?Q?a?=",
	      "what comes out of a word is not decoded again");
}

static void
test_neighbours(void)
{
	gives("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab", "the blank between neighbours is dropped");
	gives("=?utf-8?Q?a?=\r\n \t=?iso-8859-1?Q?=E4?=", "a\xc3\xa4",
	      "of any charset, and a fold too");
	gives("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab", "there may be none");
	gives("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c", "other blanks stay");
	gives(" =?utf-8?Q?a?= ", " a ", "those at the ends too");
	gives("=?utf-8?Q?=E2=82?= =?UTF-8?Q?=AC?=", "\xe2\x82\xac",
	      "a character cut between two words is whole");
	gives("=?utf-8?B?4oI=?= =?utf-8?Q?=AC?=", "\xe2\x82\xac", "even if their encodings differ");
	gives("=?utf-8?B?4g==?= =?utf-8?B?gg==?= =?utf-8?B?rA==?=", "\xe2\x82\xac",
	      "or among three");
	gives("=?utf-8?Q?=E2=82?= x =?utf-8?Q?=AC?=", FFFD " x " FFFD, "but not across text");
	gives("=?utf-8?Q?=E2=82?= =?iso-8859-1?Q?=E4?=", FFFD "\xc3\xa4",
	      "nor into another charset");
}

static void
test_broken(void)
{
	static const char *const broken[] = {
	    "=?",
	    "=?utf-8",
	    "=?utf-8?",
	    "=?utf-8?Q",
	    "=?utf-8?Q?",
	    "=?utf-8?Q?a",
	    "=?utf-8?Q?a?",
	    "=?utf-8?Q?a? =",
	    "=?utf-8?X?a?=",
	    "=?utf-8?QQ?a?=",
	    "=??Q?a?=",
	    "=?*en?Q?a?=",
	    "=?utf-8?Q?=4?=",
	    "=?utf-8?Q?=XY?=",
	    "=?utf-8?B?a?=",
	    "=?utf-8?B?YWJj!?=",
	    "=?utf-8?B?YQ==YQ==?=",
	    "=?x-unknown?Q?a?=",
	    "=?utf-8//IGNORE?Q?a?=",
	    "=?a charset?Q?a?=",
	    "=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?Q?a?=",
	};

	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		gives(broken[i], broken[i], "what is broken or unknown stays as it is");
	gives("=?utf-8?Q?a?= =?x-unknown?Q?b?= =?utf-8?Q?c?=", "a =?x-unknown?Q?b?= c",
	      "with the blanks around it");
	gives("=?utf-8?Q?a =?utf-8?Q?b?=", "=?utf-8?Q?a b",
	      "a word behind a broken one is decoded");
	gives("=?utf-8?Q?a=FFb=C3?=", "a" FFFD "b" FFFD, "what is no character is U+FFFD");
	gives("=?utf-8?Q?=F4=90=80=80=ED=A0=80?=", FFFD FFFD FFFD FFFD FFFD FFFD FFFD,
	      "nor is what UTF-8 can say but Unicode has not");
	gives("=?iso-8859-1?Q?=93a=94=81?=",
	      "\xe2\x80\x9c"
	      "a\xe2\x80\x9d" FFFD,
	      "ISO-8859-1 with the quotes of Windows-1252");
}

/* Opening a converter costs a thousand times what a word does. */
static void
test_charsets(void)
{
	struct charsets charsets = {0};
	const iconv_t first = charsets_find(&charsets, "iso-8859-15");
	struct buf text = {0}, want = {0};

	ok(first != CHARSET_NONE && charsets_find(&charsets, "ISO-8859-15") == first,
	   "a charset that comes again is not opened again");
	for (int i = 1; i < CHARSETS_MAX; i++) {
		char name[] = {'l', 'a', 't', 'i', 'n', 'x', (char)('a' + i), '\0'};

		charsets_find(&charsets, name);
	}
	ok(charsets_find(&charsets, "utf-8") == CHARSET_NONE,
	   "one too many is unknown, and so many that there are not count");
	ok(charsets_find(&charsets, "iso-8859-15") == first, "the first ones stay");
	charsets_close(&charsets);
	for (int i = 0; i < 5 * CHARSETS_MAX; i++) {
		buf_addf(&text, "=?iso-8859-%d?Q?a?= ", i % 3 + 1);
		buf_add_str(&want, "a");
	}
	buf_add_str(&want, " ");
	gives(text.data, want.data, "words of a few charsets by turns are all decoded");
	buf_free(&text);
	buf_free(&want);
	gives("=?utf-16?B?/v8AYQ==?= =?utf-8?Q?b?= =?utf-16?B?/v8AYw==?=", "abc",
	      "a converter that is used again begins anew");
}

static void
test_raw(void)
{
	gives("J\xc3\xb6rg", "J\xc3\xb6rg", "raw UTF-8 stays");
	gives("J\xf6rg \x80", "J\xc3\xb6rg \xe2\x82\xac", "other raw text is Windows-1252");
	gives("J\xf6rg =?utf-8?Q?=C3=B6?= \xc3\xb6", "J\xc3\xb6rg \xc3\xb6 \xc3\xb6",
	      "each piece of raw text is judged by itself");
	gives("a\x1b[2J\x07", "a\x1b[2J\x07", "controls are left to who shows them");
}

static void
test_appends(void)
{
	struct buf out = {0};

	encoded_word_decode(&out, NULL, 0);
	ok(out.data && out.len == 0, "even no text is terminated");
	buf_add_str(&out, "From: ");
	encoded_word_decode(&out, "=?utf-8?Q?a=00b?=", 17);
	is_bytes(out.data, out.len, "From: a\0b", 9, "decoded text is added, NUL and all");
	buf_free(&out);
}

static bool
is_utf8(const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		const unsigned char c = (unsigned char)s[i];
		const size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

		if (len == 0 || c > 0xf4 || len > n - i)
			return false;
		for (size_t k = 1; k < len; k++)
			if (((unsigned char)s[i + k] & 0xc0) != 0x80)
				return false;
		i += len;
	}
	return true;
}

static void
test_random(void)
{
	static const char *const parts[] = {
	    "=?",     "?=",   "?Q?", "?B?", "utf-8",         "iso-2022-jp",
	    "*en",    "big5", " ",   "=C3", "=A4",           "YWJj",
	    "\xc3",   "\xa4", "a",   "?",   "=?utf-8?Q?=C3", "=?utf-8?B?w6Q=?=",
	    "utf-16", "utf-7"};
	uint64_t random = 2047;
	bool good = true;

	for (int round = 0; good && round < ROUNDS; round++) {
		struct buf text = {0};
		struct buf out = {0};

		for (uint32_t i = tap_random(&random, 20); i > 0; i--)
			buf_add_str(&text,
				    parts[tap_random(&random, sizeof parts / sizeof *parts)]);
		encoded_word_decode(&out, text.data, text.len);
		good = is_utf8(out.data, out.len) && out.len <= 8 * text.len;
		if (!good) {
			tap_show("text", text.data, text.len);
			tap_show(" got", out.data, out.len);
		}
		buf_free(&text);
		buf_free(&out);
	}
	ok(good, "what comes of random text is UTF-8, and not much longer");
}

int
main(void)
{
	test_words();
	test_neighbours();
	test_broken();
	test_charsets();
	test_raw();
	test_appends();
	test_random();
	return tap_done();
}
