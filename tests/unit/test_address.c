/* SPDX-License-Identifier: ISC */
#include "message/address.h"
#include "message/address_list.h"

#include "base/buf.h"
#include "base/err.h"
#include "tap.h"

#define ROUNDS 50000

static bool
take(void *ctx, const struct address *a, struct err *e)
{
	(void)e;
	buf_addf(ctx, "%s<%s>", a->name, a->addr);
	buf_add_char(ctx, '\n');
	return true;
}

static bool
list(struct buf *out, const char *body, struct err *e)
{
	*e = (struct err){0};
	return address_list(body, strlen(body), take, out, e);
}

/* WANT: "name<addr>\n" for each mailbox. */
static void
gives(const char *body, const char *want, const char *name)
{
	struct buf got = {0};
	struct err e;
	const bool read = list(&got, body, &e);

	buf_add(&got, "", 0);
	if (!is_str(read ? got.data : e.text, want, name))
		tap_show("list", body, strlen(body));
	buf_free(&got);
}

/* Only what stands before the problem is taken: TAKEN. */
static void
refuses(const char *body, const char *taken, const char *text, const char *name)
{
	struct buf got = {0};
	struct err e;

	ok(!list(&got, body, &e) && e.code == ERR_MALFORMED, "%s", name);
	buf_add(&got, "", 0);
	is_str(got.data, taken, "... and nothing of it or behind it is taken");
	is_str(e.text, text, "... and the problem is shown");
	buf_free(&got);
}

static void
test_mailboxes(void)
{
	gives("", "", "an empty list has no mailbox");
	gives("a@example.org", "<a@example.org>\n", "a bare address");
	gives("<a@example.org>", "<a@example.org>\n", "an address in angle brackets");
	gives("Ann <a@example.org>", "Ann<a@example.org>\n", "a display name");
	gives("a@b, c@d", "<a@b>\n<c@d>\n", "mailboxes come in order");
	gives("\"Smith, Ann\" <a@b>, Bob <c@d>", "Smith, Ann<a@b>\nBob<c@d>\n",
	      "a comma in quotes separates nothing");
	gives("root", "<root>\n", "a local part alone");
	gives("Charlie Root <root>", "Charlie Root<root>\n", "a local part alone, with a name");
	gives("Ann\r\n <a@b>,\r\n\tBob\r\n <c@d>\r\n", "Ann<a@b>\nBob<c@d>\n", "folded lines");
	gives(" a@b ,,\t, c@d,", "<a@b>\n<c@d>\n",
	      "commas with nothing between, before and behind");
	gives(",", "", "nothing but a comma");
	gives("a@[192.0.2.1], b@[ IPv6:2001:db8::1 ]", "<a@[192.0.2.1]>\n<b@[IPv6:2001:db8::1]>\n",
	      "domain literals");
	gives("gr\xc3\xbc\xc3\x9f@b\xc3\xbc"
	      "cher.example",
	      "<gr\xc3\xbc\xc3\x9f@b\xc3\xbc"
	      "cher.example>\n",
	      "UTF-8 local parts and domains");
	gives("user+tag=x/y{z}@my_host.example", "<user+tag=x/y{z}@my_host.example>\n",
	      "all that atoms may hold, and an underscore in a host's name");
}

static void
test_names(void)
{
	gives("John Q. Public <a@b>", "John Q. Public<a@b>\n", "a dot in an unquoted name");
	gives("=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?_M?= <a@b>",
	      "=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?_M?=<a@b>\n", "encoded words stay");
	gives("\"J\\\"o\\\\e\" <a@b>", "J\"o\\e<a@b>\n", "escapes in a quoted name come off");
	gives("\"a\r\n b\"  \"c\" <a@b>", "a b c<a@b>\n", "a quoted name may be folded");
	gives("J\xc3\xb6rg <a@b>", "J\xc3\xb6rg<a@b>\n", "UTF-8 in a name");
	gives("\"\" <a@b>", "<a@b>\n", "an empty quoted name");
	gives("Ann (the \\) one (of two)) Lee (x) <a@b> (y)", "Ann Lee<a@b>\n",
	      "comments are dropped, nested and escaped ones too");
}

/* Before an address in angle brackets there can only be a name. */
static void
test_any_names(void)
{
	gives("x@y, a@b <c@d>", "<x@y>\na@b<c@d>\n", "an address as the name");
	gives("[JIRA] Ann <a@b>, e@f", "[JIRA] Ann<a@b>\n<e@f>\n", "brackets in a name");
	gives("Re: [x] y: z <a@b>;", "[x] y: z<a@b>\n", "colons in a name");
	gives(":-) \"x, <y\" (, <z) <a@b>", ":-) \"x, <y\" (, <z)<a@b>\n",
	      "quotes and comments in such a name");
	gives("[a\r\n b] <a@b>", "[a b]<a@b>\n", "such a name, folded");
	gives("<>", "", "the null address names nobody");
	gives("undisclosed recipients <>, Ann < > , a@b", "<a@b>\n", "also with a name");
	gives("a@b; c@d;Ann <e@f>; ", "<a@b>\n<c@d>\nAnn<e@f>\n", "semicolons between addresses");
}

/* words(BODY) is WANT; NULL: it is no name alone. */
static void
words(const char *body, const char *want, const char *name)
{
	char *got = NULL;

	address_words(body, strlen(body), &got);
	is_str(got, want, name);
	free(got);
}

static void
test_words(void)
{
	words(" Ann Lee\r\n", "Ann Lee", "words are a name");
	words("\"Ann, Lee\" <>", "Ann, Lee", "also quoted, with the null address");
	words("(c) ", "", "nothing is an empty name");
	words("=?utf-8?q?Ann_L=C3=A9e?=", "=?utf-8?q?Ann_L=C3=A9e?=", "an encoded name stays");
	words("=?utf-8?q?a=40b?=", NULL, "but not one that hides an address");
	words("\"a@b\"", NULL, "nor does a quoted one");
	words("Ann a@b", NULL, "an address is no name");
	words("Ann <a>", NULL, "nor is this");
}

static void
test_obsolete(void)
{
	gives("john . doe @ example . org", "<john.doe@example.org>\n", "blanks around dots");
	gives("john(c).(c)doe(c)@(c)example(c).(c)org", "<john.doe@example.org>\n",
	      "comments around dots");
	gives("<@a.example,@b.example:c@d>", "<c@d>\n", "a source route is dropped");
	gives("Ann <,@a.example , ,@b.example : c@d>", "Ann<c@d>\n", "an obsolete one too");
}

static void
test_quoted_local_parts(void)
{
	gives("\"john doe\"@b", "<\"john doe\"@b>\n", "quotes stay where they must");
	gives("\"john.doe\"@b", "<john.doe@b>\n", "and go where they need not be");
	gives("\"j\\o\\\"h\\\\n\"@b", "<\"jo\\\"h\\\\n\"@b>\n", "only what must be is escaped");
	gives("\"a\".\"b c\"@d", "<\"a.b c\"@d>\n", "quoted words with dots become one");
	gives("\"@\"@b", "<\"@\"@b>\n", "an @ in quotes");
	gives("\"\"@b", "<\"\"@b>\n", "an empty local part");
	gives("a..b@c, .a@c, a.@c", "<\"a..b\"@c>\n<\".a\"@c>\n<\"a.\"@c>\n",
	      "dots at odd places are quoted");
}

static void
test_groups(void)
{
	gives("undisclosed-recipients:;", "", "an empty group");
	gives("Team: a@b, Bob <c@d>; , e@f", "<a@b>\nBob<c@d>\n<e@f>\n", "a group is opened");
	gives("a@b, My Team:;", "<a@b>\n", "a group behind a mailbox");
	gives("\"x: y\": a@b;", "<a@b>\n", "a quoted group name");
	gives("x: a@b", "<a@b>\n", "a last group that is not closed");
	gives("x:,,a@b,;", "<a@b>\n", "commas in a group");
}

static void
test_refused(void)
{
	refuses("a@b c@d", "", "address list: missing comma at 'c@d'", "a missing comma");
	refuses("Ann Lee", "", "address list: words that are not an address at 'Ann Lee'",
		"a name without an address");
	refuses("Ann <a@b", "", "address list: missing > at its end", "a missing angle bracket");
	refuses("<<a@b>>", "", "address list: missing address at '<a@b>>'", "one too many");
	refuses("a@b>", "", "address list: missing comma at '>'", "a stray one");
	refuses("@b", "", "address list: missing address at '@b'", "a domain alone");
	refuses("...@b", "", "address list: missing address at '@b'", "dots alone");
	refuses("a@", "", "address list: incomplete domain at its end", "no domain");
	refuses("a@b..c", "", "address list: incomplete domain at '.c'", "an empty label");
	refuses("a@b.", "", "address list: incomplete domain at its end",
		"a dot behind the domain");
	refuses("a@b!c", "", "address list: missing comma at '!c'",
		"a domain that is not a host name");
	refuses("a@[1.2", "", "address list: domain literal without end at '[1.2'",
		"an open literal");
	refuses("a@[x=y]", "", "address list: domain literal without end at '[x=y]'",
		"a literal of other characters");
	refuses("a@[]", "", "address list: invalid address at 'a@[]'", "an empty literal");
	refuses("\"a@b", "", "address list: quoted string without end at '\"a@b'", "open quotes");
	refuses("a (b", "", "address list: comment without end at '(b'", "an open comment");
	refuses("Smith; Ann <a@b>", "", "address list: missing comma at '; Ann <a@b>'",
		"a semicolon after a word, which may belong to a name");
	refuses("\"a@b\"", "", "address list: address in quotes at '\"a@b\"'",
		"an address in quotes");
	refuses("Ann <\"a@b\">", "", "address list: address in quotes at '\"a@b\">'",
		"also in angle brackets");
	refuses("=?utf-8?q?a=40b?=", "",
		"address list: words that are not an address at '=?utf-8?q?a=40b?='",
		"an encoded word");
	refuses("x: y: a@b;;", "", "address list: missing comma at ': a@b;;'",
		"a group in a group");
	refuses("x: a@b, y: c@d;;", "<a@b>\n", "address list: missing comma at ': c@d;;'",
		"also behind a mailbox");
	refuses(":a@b", "", "address list: missing address at ':a@b'", "a group without a name");
	refuses("<@a b@c>", "", "address list: source route without colon at 'b@c>'",
		"a source route without its colon");
	refuses("a@b.example 1234567890123456789012345678901234567\xc3\xa4\xc3\xa4", "",
		"address list: missing comma at '1234567890123456789012345678901234567\xc3\xa4'",
		"a long rest, which is cut, but not through a character");
}

/* Nothing that an address is made of may end a command, or add a parameter to it. */
static void
test_unsafe(void)
{
	static const char *const bodies[] = {
	    "\"a\r\nRSET\"@b\x01",
	    "\"a\\\r\\\nRSET\"@b",
	    "\"a\x01"
	    "b\"@c",
	    "a\x01@b",
	    "a@b\x01",
	    "\"a\xc2\x85"
	    "b\"@c",
	    "a\xc2\x9b@b",
	    "a\xff@b",
	    "a@b\xff",
	    "\"\xe2\x80\xae\"@b",
	    "a\\\r@b",
	    "a@b\\\n",
	};
	struct buf got = {0};
	struct err e;

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		if (!ok(!list(&got, bodies[i], &e), "control bytes reach no address (%zu)", i))
			tap_show("list", bodies[i], strlen(bodies[i]));
	ok(got.len == 0, "nor does a part of them");
	ok(!address_list("a@b\0c", 5, take, &got, &e) && e.code == ERR_MALFORMED,
	   "nor does a NUL byte");
	gives("\"a\r\n b\"@c", "<\"a b\"@c>\n", "a folded local part loses its line end");
	buf_free(&got);
}

static void
test_hostile(void)
{
	struct buf body = {0};
	struct buf got = {0};
	struct err e;

	for (int i = 0; i < 1000000; i++)
		buf_add_char(&body, '(');
	ok(!list(&got, body.data, &e), "a million open comments are refused");
	for (int i = 0; i < 1000000; i++)
		buf_add_char(&body, ')');
	buf_add_str(&body, "a@b");
	ok(list(&got, body.data, &e), "a million nested comments are one");
	is_str(got.data, "<a@b>\n", "and the address behind them is read");
	buf_clear(&body);
	for (int i = 0; i < 1000000; i++)
		buf_add_char(&body, 'a');
	buf_add_str(&body, "@b");
	ok(!list(&got, body.data, &e), "a local part of a million bytes is refused");
	buf_free(&body);
	buf_free(&got);
}

static bool
take_none(void *ctx, const struct address *a, struct err *e)
{
	(void)a;
	++*(int *)ctx;
	return err_set(e, ERR_RECIPIENT, "no");
}

static void
test_taker_refuses(void)
{
	struct err e = {0};
	int calls = 0;

	ok(!address_list("a@b, c@d", 8, take_none, &calls, &e) && calls == 1, "the taker can stop");
	ok(e.code == ERR_RECIPIENT, "with its own error");
	ok(address_list(NULL, 0, take_none, &calls, &e) && calls == 1,
	   "no bytes are an empty list");
}

static void
test_valid(void)
{
	static const char *const valid[] = {"a@b",           "root",
					    "\"a b\"@c",     "\"<>\"@c",
					    "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]",
					    "x.y.z@a-b.c_d", "\xc3\xa4@\xc3\xb6.example",
					    "a'b@c"};
	static const char *const invalid[] = {
	    "",        "@b",         "a@",        "a@b@c",       "a b@c",   "<a@b>", "a@b>",
	    "a@b c",   ".a@b",       "a.@b",      "a..b@c",      "a@.b",    "a@b.",  "a@b..c",
	    "\"a@b",   "\"a\"b@c",   "\"a\\\"@b", "\"a\\",       "a@[]",    "a@[1",  "a@[1]x",
	    "a\r\n@b", "\"a\nb\"@c", "a\x7f@b",   "a\xc2\x80@b", "a\xe4@b", "a,b@c", "a@b,c@d",
	    "a(b)@c",  "a@b/c"};
	char addr[2 * ADDRESS_MAX];

	for (size_t i = 0; i < sizeof valid / sizeof *valid; i++)
		ok(address_is_valid(valid[i]), "valid: %s", valid[i]);
	for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
		if (!ok(!address_is_valid(invalid[i]), "invalid address %zu", i))
			tap_show("addr", invalid[i], strlen(invalid[i]));
	memset(addr, 'a', sizeof addr);
	memcpy(addr + ADDRESS_MAX - 12, "@example.org", 13);
	ok(strlen(addr) == 254 && address_is_valid(addr), "254 octets, the local part over 64");
	memcpy(addr + ADDRESS_MAX - 11, "@example.org", 13);
	ok(strlen(addr) == 255 && !address_is_valid(addr), "not 255 octets");
}

static void
test_parts(void)
{
	is_str(address_domain("a@b.example"), "b.example", "the domain");
	is_str(address_domain("root"), NULL, "no domain");
	is_str(address_domain("a@"), NULL, "an empty domain is none");
	is_str(address_domain("\"a@b\"@c"), "c", "an @ in quotes begins no domain");
	is_str(address_domain("\"a\\\"@b\"@c"), "c", "a quote that is escaped ends no quotes");
	is_str(address_domain("\"a@b\""), NULL, "a quoted local part alone");
	ok(address_is_ascii("a@b") && !address_is_ascii("\xc3\xa4@b"), "ASCII or not");
	ok(address_equal("a@Example.ORG", "a@example.org"), "domains compare without case");
	ok(!address_equal("A@b", "a@b"), "local parts with");
	ok(!address_equal("a@b", "a@c") && !address_equal("ab@c", "a@bc") &&
	       !address_equal("a@b", "a"),
	   "others differ");
	ok(address_equal("root", "root") && !address_equal("root", "Root"), "without a domain");
}

static bool
take_valid(void *ctx, const struct address *a, struct err *e)
{
	struct buf again = {0};
	bool same;

	(void)e;
	same = address_is_valid(a->addr) &&
	       address_list(a->addr, strlen(a->addr), take, &again, e) && again.len > 3 &&
	       strncmp(again.data + 1, a->addr, again.len - 3) == 0;
	if (!same)
		tap_show("addr", a->addr, strlen(a->addr));
	buf_free(&again);
	*(bool *)ctx = *(bool *)ctx && same;
	return true;
}

static void
test_random(void)
{
	static const char alphabet[] = "ab@.,<>\"\\() :;[]\r\n\t\x01\xc3\xa4";
	uint64_t random = 5321;
	char body[40];
	bool good = true;
	struct err e;

	for (int round = 0; good && round < ROUNDS; round++) {
		const size_t n = tap_random(&random, sizeof body);

		for (size_t i = 0; i < n; i++)
			body[i] = alphabet[tap_random(&random, sizeof alphabet - 1)];
		address_list(body, n, take_valid, &good, &e);
		if (!good)
			tap_show("list", body, n);
	}
	ok(good, "what comes of a random list is valid and reads as itself");
}

int
main(void)
{
	test_mailboxes();
	test_names();
	test_any_names();
	test_words();
	test_obsolete();
	test_quoted_local_parts();
	test_groups();
	test_refused();
	test_unsafe();
	test_hostile();
	test_taker_refuses();
	test_valid();
	test_parts();
	test_random();
	return tap_done();
}
