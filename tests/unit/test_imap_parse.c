/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_parse.h"

#include "imap_tokens.h"
#include "proto/imap/imap_uids.h"
#include "tap.h"

/* Whole, and in pieces of each size up to 8: the same tokens. */
static void
is_tokens(const char *name, const char *in, size_t n, const char *want)
{
	for (size_t piece = 0; piece <= 8; piece++) {
		struct imap_tokens x = {0};

		for (size_t at = 0; at < n;) {
			const size_t len = piece == 0 || piece > n - at ? n - at : piece;

			imap_tokens_feed(&x, in + at, len);
			at += len;
		}
		if (!x.out.data || strcmp(x.out.data, want) != 0 || piece == 0)
			is_str(x.out.data ? x.out.data : "", want, name);
		imap_tokens_free(&x);
	}
}

#define TOKENS(name, in, want) is_tokens(name, in, sizeof(in) - 1, want)

static void
test_words(void)
{
	TOKENS("numbers, flags and lists", "* 12 FETCH (FLAGS (\\Seen $Forwarded) UID 7)\r\n",
	       "atom:* atom:12 atom:FETCH ( atom:FLAGS ( atom:\\Seen atom:$Forwarded ) atom:UID "
	       "atom:7 ) end");
	TOKENS("a section is one word, blanks and all",
	       "* 1 FETCH (BODY[HEADER.FIELDS (FROM TO)] NIL BODY[1.2]<0> \"\")\r\n",
	       "atom:* atom:1 atom:FETCH ( atom:BODY[HEADER.FIELDS (FROM TO)] atom:NIL "
	       "atom:BODY[1.2]<0> quoted: ) end");
	TOKENS("a bracket in a flag is a bracket", "* FLAGS (x[y \\Seen)\r\n",
	       "atom:* atom:FLAGS ( atom:x[y atom:\\Seen ) end");
	TOKENS("blanks without number, and a bare LF", "*  SEARCH  1   2 \n* SEARCH\n",
	       "atom:* atom:SEARCH atom:1 atom:2 end atom:* atom:SEARCH end");
	TOKENS("an empty line is an empty response", "\r\n\r\n", "end end");
	TOKENS("a tilde is a word, and the mark of a literal8", "* a ~ ~b ~{2}\r\nxy\r\n",
	       "atom:* atom:a atom:~ atom:~b literal:2 octets:xy end");
	TOKENS("8-bit bytes stand in words", "* LIST () \"/\" \xc3\xa4\r\n",
	       "atom:* atom:LIST ( ) quoted:/ atom:\xc3\xa4 end");
}

static void
test_strings(void)
{
	TOKENS("backslashes are taken off", "* x \"a\\\"b\\\\c\" \"\"\r\n",
	       "atom:* atom:x quoted:a\"b\\c quoted: end");
	TOKENS("a literal's octets are its own, whatever they look like",
	       "* 1 FETCH (BODY[] {13}\r\n)\r\na1 OK \"{9} UID 4)\r\n",
	       "atom:* atom:1 atom:FETCH ( atom:BODY[] literal:13 octets:)\r\na1 OK \"{9} atom:UID "
	       "atom:4 ) end");
	TOKENS("an empty literal", "* x {0}\r\n\r\n* y\r\n",
	       "atom:* atom:x literal:0 end atom:* atom:y end");
	TOKENS("a literal whose line ends in LF, and a client's literal",
	       "* x {1}\na {1+}\r\nb\r\n",
	       "atom:* atom:x literal:1 octets:a literal:1 octets:b end");
}

static void
test_text(void)
{
	TOKENS("behind a status word there is text",
	       "* OK [ALERT] (it's \"7 {3}\r\na1 NO\r\n+ x\r\n",
	       "atom:* atom:OK text:[ALERT] (it's \"7 {3} end atom:a1 atom:NO text: end atom:+ "
	       "atom:x end");
}

static void
test_bad(void)
{
	TOKENS("a list that does not end with its line", "* x (a\r\n",
	       "atom:* atom:x ( atom:a bad");
	TOKENS("a list that ends too often", "* x a)\r\n", "atom:* atom:x atom:a bad");
	TOKENS("a line end within quotes", "* x \"a\r\n", "atom:* atom:x bad");
	TOKENS("a NUL within quotes", "* x \"a\0\"\r\n", "atom:* atom:x bad");
	TOKENS("a NUL in a word", "* x\0\r\n", "atom:* bad");
	TOKENS("a NUL in a text", "* OK x\0\r\n", "atom:* atom:OK bad");
	TOKENS("a line end within a section", "* 1 FETCH (BODY[\r\n",
	       "atom:* atom:1 atom:FETCH ( bad");
	TOKENS("a literal without a size", "* x {}\r\n", "atom:* atom:x bad");
	TOKENS("a literal of a size below nothing", "* x {-1}\r\n", "atom:* atom:x bad");
	TOKENS("a literal of a size that no file has", "* x {99999999999999999999}\r\n",
	       "atom:* atom:x bad");
	TOKENS("a literal that does not begin a line", "* x {1} a\r\n", "atom:* atom:x bad");
	TOKENS("a literal that runs on", "* x ({3}\r\nabcd)\r\n",
	       "atom:* atom:x ( literal:3 octets:abc bad");
	TOKENS("a quoted string that runs on", "* x \"a\"b\r\n", "atom:* atom:x quoted:a bad");
	TOKENS("a CR without LF", "* x\rb\n", "atom:* atom:x bad");
}

/* COUNT times PART behind START: how many tokens come before it is bad; 0: it is not. */
static size_t
tokens_until_bad(const char *start, const char *part, size_t count)
{
	struct imap_parse p = {0};
	size_t tokens = 0, used;
	enum imap_kind kind = TOKEN_MORE;
	struct imap_token t;

	for (size_t i = 0; i <= count && kind != TOKEN_BAD; i++) {
		const char *bytes = i == 0 ? start : part;

		for (size_t n = strlen(bytes); n > 0 && kind != TOKEN_BAD; n -= used) {
			kind = imap_parse(&p, bytes, n, &used, &t);
			bytes += used;
			tokens += kind != TOKEN_MORE;
		}
	}
	imap_parse_free(&p);
	return kind == TOKEN_BAD ? tokens : 0;
}

static void
test_limits(void)
{
	is_number(tokens_until_bad("* ", "(", IMAP_DEPTH_MAX), 0, "so deep a list can be");
	is_number(tokens_until_bad("* ", "(", IMAP_DEPTH_MAX + 1), IMAP_DEPTH_MAX + 2,
		  "and no deeper");
	is_number(tokens_until_bad("* ", "0123456789abcdef", IMAP_TOKEN_MAX / 16), 0,
		  "so long a word can be");
	is_number(tokens_until_bad("* ", "0123456789abcdef", IMAP_TOKEN_MAX / 16 + 1), 2,
		  "and no longer");
	is_number(tokens_until_bad("* \"", "0123456789abcdef", IMAP_TOKEN_MAX / 16 + 1), 2,
		  "nor a quoted string");
	is_number(tokens_until_bad("", "a ", IMAP_TOKENS_MAX - 1), 0,
		  "so many words a response has");
	ok(tokens_until_bad("", "a ", IMAP_TOKENS_MAX + 1) > 0, "and no more");
}

static void
test_values(void)
{
	const struct imap_token number = {.kind = TOKEN_ATOM, .text = "4294967296", .len = 10};
	const struct imap_token quoted = {.kind = TOKEN_QUOTED, .text = "7", .len = 1};
	const struct imap_token nil = {.kind = TOKEN_ATOM, .text = "nilX", .len = 3};
	uint64_t n64 = 0;
	uint32_t n = 0;

	ok(imap_number64(&number, &n64) && n64 == 4294967296, "a number of 33 bits is a number64");
	ok(!imap_number(&number, &n), "and no number");
	ok(!imap_number(&quoted, &n), "what is quoted is no number");
	ok(imap_is(&nil, "NIL"), "NIL in any case of letters");
	ok(!imap_is(&quoted, "7"), "what is quoted is no atom");
}

static void
is_set(const char *want, size_t named, size_t max, const uint32_t *uids, size_t count)
{
	struct buf out = {0};

	is_number(imap_set_add(&out, uids, count, max), named, "so many are named");
	is_str(out.data, want, want);
	buf_free(&out);
}

static void
test_sets(void)
{
	static const uint32_t uids[] = {1, 2, 3, 5, 9, 10, UINT32_MAX};

	is_set("1:3,5,9:10,4294967295", 7, 900, uids, 7);
	is_set("1:3", 3, 2, uids, 7);
	is_set("5", 1, 0, uids + 3, 1);
}

int
main(void)
{
	test_words();
	test_strings();
	test_text();
	test_bad();
	test_limits();
	test_values();
	test_sets();
	return tap_done();
}
