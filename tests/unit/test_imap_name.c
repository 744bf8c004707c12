/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_name.h"

#include "base/buf.h"
#include "base/err.h"
#include "tap.h"

static void
is_shown(const char *wire, size_t n, bool is_utf8, const char *want)
{
	struct buf shown = {0}, back = {0};
	struct err e = {0};

	imap_name_show(&shown, wire, n, is_utf8);
	is_str(shown.data, want, want);
	ok(imap_name_read(&back, shown.data, is_utf8, &e), "%s can be typed", want);
	is_bytes(back.data, back.len, wire, n, "and is the same folder");
	ok(!imap_name_is_pattern(shown.data), "and no pattern");
	buf_free(&shown);
	buf_free(&back);
}

static void
test_modified_utf7(void)
{
	static const struct {
		const char *wire, *shown;
	} names[] = {
	    {"Archive/2026", "Archive/2026"},
	    {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"}, /* RFC 3501 */
	    {"A&-B", "A&B"},
	    {"&-&-", "&&"},
	    {"Entw&APw-rfe", "Entwürfe"},
	    {"&UXZO1mWHTvZZOQ-/&W1mP0ZAa-", "其他文件夹/孙近通"},
	    {"&2D3cqQ-", "💩"},
	    {"&2D3cqdg93Kk-", "💩💩"},
	    {"a&AOkA6ADq-b", "aéèêb"},
	    /* what is not in its one right form is kept as it is */
	    {"A&B", "raw:A&B"},
	    {"Jyv&APw", "raw:Jyv&APw"},
	    {"&AGE-", "raw:&AGE-"},           /* a printable letter, encoded */
	    {"&APw-&APw-", "raw:&APw-&APw-"}, /* two runs where one would do */
	    {"&APx-", "raw:&APx-"},           /* bits left over that are not zero */
	    {"&APwA-", "raw:&APwA-"},         /* a digit too many */
	    {"&2D0-", "raw:&2D0-"},           /* half of a pair */
	    {"&3Kk-", "raw:&3Kk-"},           /* the other half */
	    {"&2D3YPQ-", "raw:&2D3YPQ-"},     /* two first halves */
	    {"&AP/-", "raw:&AP/-"},           /* plain base64's digit */
	    {"&AAo-", "raw:&AAo-"},           /* a line end */
	    {"&AAA-", "raw:&AAA-"},           /* a NUL */
	    {"&AJs-", "raw:&AJs-"},           /* C1's CSI */
	    {"&IC4-", "raw:&IC4-"},           /* right to left, from here on */
	    {"\xc3\xbc", "raw:\\xc3\\xbc"},   /* 8-bit where none may be */
	    {"a\\b\x1b", "raw:a\\x5cb\\x1b"},
	    {"a\\b", "a\\b"},
	    {"50%", "raw:50%"},
	    {"*", "raw:*"},
	    {"raw:x", "raw:raw:x"},
	    {"raw", "raw"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		is_shown(names[i].wire, strlen(names[i].wire), false, names[i].shown);
	is_shown("a\r\nb", 4, false, "raw:a\\x0d\\x0ab");
}

static void
test_utf8(void)
{
	is_shown("Entw\xc3\xbcrfe", 9, true, "Entwürfe");
	is_shown("A&-B", 4, true, "A&-B");
	is_shown("\xff", 1, true, "raw:\\xff");
	is_shown("\xc2\x9b", 2, true, "raw:\\xc2\\x9b");
	is_shown("%", 1, true, "raw:%");
}

static void
test_inbox(void)
{
	struct buf out = {0};
	struct err e = {0};

	ok(imap_name_is_inbox("iNbOx", 5) && !imap_name_is_inbox("INBOX2", 6) &&
	       !imap_name_is_inbox("INBO", 4),
	   "INBOX in any case is the one");
	imap_name_read(&out, "inbox", false, &e);
	imap_name_show(&out, "Inbox", 5, true);
	is_str(out.data, "INBOXINBOX", "and has one spelling on the wire and on the screen");
	buf_clear(&out);
	imap_name_read(&out, "inbox/x", false, &e);
	is_str(out.data, "inbox/x", "its children's names are theirs");
	buf_free(&out);
}

static void
is_no_name(const char *typed, const char *want)
{
	struct buf out = {0};
	struct err e = {0};

	ok(!imap_name_read(&out, typed, false, &e) && e.code == ERR_USAGE, "refused");
	is_str(e.text, want, want);
	buf_free(&out);
}

static void
test_no_names(void)
{
	is_no_name("", "a folder without a name");
	is_no_name("raw:", "a folder without a name");
	is_no_name("a\nb", "the folder 'a\nb' has a control character");
	is_no_name("\xfc", "the folder '\xfc' is not in UTF-8");
	is_no_name("raw:a\\", "the folder 'raw:a\\': \\ comes only before xHH");
	is_no_name("raw:a\\x", "the folder 'raw:a\\x': \\ comes only before xHH");
	is_no_name("raw:a\\xc", "the folder 'raw:a\\xc': \\ comes only before xHH");
	is_no_name("raw:a\\x0g", "the folder 'raw:a\\x0g': \\ comes only before xHH");
	is_no_name("raw:\\x00", "the folder 'raw:\\x00': \\ comes only before xHH");
}

static void
test_raw_case(void)
{
	struct buf out = {0};
	struct err e = {0};

	imap_name_read(&out, "raw:\\xAf\\xFa", false, &e);
	is_bytes(out.data, out.len, "\xaf\xfa", 2, "the digits of raw: have either case");
	buf_free(&out);
}

/* Each sequence of a few telling bytes has one shown name, and is that name's only wire name. */
static void
test_every_name(void)
{
	static const char bytes[] = "&-,APw2Dcq*\\\xc3\xbc\x01:";
	uint64_t random = 1;
	unsigned wrong = 0;

	for (unsigned i = 0; i < 200000; i++) {
		char wire[16];
		const size_t n = 1 + tap_random(&random, sizeof wire - 1);
		struct buf shown = {0}, back = {0};
		struct err e = {0};

		for (size_t k = 0; k < n; k++)
			wire[k] = bytes[tap_random(&random, sizeof bytes - 1)];
		imap_name_show(&shown, wire, n, i % 2);
		wrong += !imap_name_read(&back, shown.data, i % 2, &e) || back.len != n ||
			 memcmp(back.data, wire, n) != 0 || imap_name_is_pattern(shown.data);
		buf_free(&shown);
		buf_free(&back);
	}
	is_number(wrong, 0, "whatever a server calls a folder, what is shown can be typed");
}

static void
test_patterns(void)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
	    {"*", "INBOX", true},        {"*", "a/b/c", true},     {"%", "a", true},
	    {"%", "a/b", false},         {"a/%", "a/b", true},     {"a/%", "a/b/c", false},
	    {"a/*", "a/b/c", true},      {"a/*", "a", false},      {"a*", "a", true},
	    {"*/b", "a/x/b", true},      {"%/b", "a/x/b", false},  {"%/%", "a/b", true},
	    {"*b*", "abc", true},        {"*b*", "ac", false},     {"%*", "a/b", true},
	    {"*%", "a/b", true},         {"a%c*e", "abcde", true}, {"a%c*e", "a/cde", false},
	    {"Entw*", "Entwürfe", true}, {"inbox", "INBOX", true}, {"Inbox*", "INBOX", false},
	    {"a", "A", false},           {"**", "", true},         {"raw:*", "raw:*", true},
	    {"raw:*", "raw:x", false},
	};
	static char many[2001], name[4001];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ok(imap_name_matches(cases[i].pattern, cases[i].name, '/') == cases[i].matches,
		   "%s %s %s", cases[i].pattern, cases[i].matches ? "takes in" : "leaves out",
		   cases[i].name);
	ok(imap_name_matches("%", "a/b", '\0'), "without a delimiter %% is *");
	for (size_t i = 0; i < 1000; i++)
		memcpy(many + 2 * i, "*a", 2);
	memset(name, 'a', 4000);
	name[3999] = 'b';
	ok(!imap_name_matches(many, name, '/'), "a thousand wildcards end in time");
}

static void
is_form(const char *s, size_t n, bool is_utf8, enum imap_form form, const char *want)
{
	struct buf out = {0};

	buf_add_str(&out, "");
	is_number(imap_string_add(&out, s, n, is_utf8), form, "the form of a string");
	is_str(out.data, want, *want ? want : "nothing is added");
	buf_free(&out);
}

static enum imap_form
form_of(const char *s, size_t n)
{
	struct buf out = {0};
	const enum imap_form form = imap_string_add(&out, s, n, false);

	buf_free(&out);
	return form;
}

static void
test_strings(void)
{
	static char longer[IMAP_QUOTED_MAX + 1];

	is_form("INBOX", 5, false, IMAP_AS_ATOM, "INBOX");
	is_form("a]b&-c", 6, false, IMAP_AS_ATOM, "a]b&-c");
	is_form("", 0, false, IMAP_AS_QUOTED, "\"\"");
	is_form("nil", 3, false, IMAP_AS_QUOTED, "\"nil\"");
	is_form("a b", 3, false, IMAP_AS_QUOTED, "\"a b\"");
	is_form("say \"\\\"", 7, false, IMAP_AS_QUOTED, "\"say \\\"\\\\\\\"\"");
	is_form("a\tb", 3, false, IMAP_AS_QUOTED, "\"a\tb\"");
	for (const char *p = "(){%*"; *p; p++)
		ok(form_of(p, 1) == IMAP_AS_QUOTED, "%c is quoted", *p);
	is_form("\xc3\xbc", 2, false, IMAP_AS_LITERAL, "");
	is_form("\xc3\xbc", 2, true, IMAP_AS_QUOTED, "\"\xc3\xbc\"");
	is_form("\xfc", 1, true, IMAP_AS_LITERAL, "");
	is_form("a\nb", 3, true, IMAP_AS_LITERAL, "");
	is_form("a\rb", 3, true, IMAP_AS_LITERAL, "");
	is_form("a\0b", 3, true, IMAP_UNSENDABLE, "");
	memset(longer, 'x', sizeof longer);
	ok(form_of(longer, sizeof longer) == IMAP_AS_LITERAL &&
	       form_of(longer, sizeof longer - 1) == IMAP_AS_ATOM,
	   "what is too long for a line is a literal");
}

int
main(void)
{
	test_modified_utf7();
	test_utf8();
	test_inbox();
	test_no_names();
	test_raw_case();
	test_every_name();
	test_patterns();
	test_strings();
	return tap_done();
}
