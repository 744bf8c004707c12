/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_query.h"

#include "base/buf.h"
#include "base/err.h"
#include "tap.h"

static const time_t now = 1790000000; /* 2026-09-21 14:13:20 UTC */

/* A literal is shown as {N} and its octets, in brackets. */
static void
shows(const char *query, bool is_utf8, const char *want)
{
	struct imap_query s;
	struct buf got = {0};
	struct err e = {0};

	buf_add_str(&got, "");
	ok(imap_query_parse(&s, query, now, is_utf8, &e), "%s", query);
	if (e.code)
		diag("%s", e.text);
	for (size_t i = 0; i < s.count; i++)
		if (s.pieces[i].is_literal)
			buf_addf(&got, "{%zu}[%s]", s.pieces[i].len, s.pieces[i].bytes);
		else
			buf_add(&got, s.pieces[i].bytes, s.pieces[i].len);
	is_str(got.data, want, want);
	buf_free(&got);
	imap_query_free(&s);
}

static void
means(const char *query, const char *want)
{
	shows(query, false, want);
}

static void
test_keys(void)
{
	means("from:alice", "FROM alice");
	means("  to:a@x.org\tcc:b  ", "TO a@x.org CC b");
	means("bcc:b subject:s body:o text:t", "BCC b SUBJECT s BODY o TEXT t");
	means("message-id:<1@x>", "HEADER Message-ID <1@x>");
	means("SEEN Unseen FROM:Alice", "SEEN UNSEEN FROM Alice");
	means("flagged unflagged answered unanswered deleted undeleted draft undraft",
	      "FLAGGED UNFLAGGED ANSWERED UNANSWERED DELETED UNDELETED DRAFT UNDRAFT");
}

static void
test_texts(void)
{
	means("subject:\"monthly report\" unseen", "SUBJECT \"monthly report\" UNSEEN");
	means("subject:\"say \\\"a\\\\b\\\"\"", "SUBJECT \"say \\\"a\\\\b\\\"\"");
	means("subject:\"or\"", "SUBJECT or");
	means("subject:re: subject:a:b", "SUBJECT re: SUBJECT a:b");
	means("subject:-x subject:\"(\"", "SUBJECT -x SUBJECT \"(\"");
	means("subject:nil", "SUBJECT \"nil\"");
	means("subject:Grüße", "CHARSET UTF-8 SUBJECT {7}[Grüße]");
	means("from:Jürgen or (subject:ä seen)",
	      "CHARSET UTF-8 OR FROM {7}[Jürgen] (SUBJECT {2}[ä] SEEN)");
	shows("subject:\"Grüße von\"", true, "SUBJECT \"Grüße von\"");
}

static void
test_days(void)
{
	means("since:2026-01-01 before:2026-02-10", "SINCE 1-Jan-2026 BEFORE 10-Feb-2026");
	means("on:2024-02-29", "ON 29-Feb-2024");
	means("sent-since:2026-12-31 sent-before:2027-01-01 sent-on:2026-06-30",
	      "SENTSINCE 31-Dec-2026 SENTBEFORE 1-Jan-2027 SENTON 30-Jun-2026");
	means("since:7d", "SINCE 14-Sep-2026");
	means("since:2w before:1", "SINCE 7-Sep-2026 BEFORE 20-Sep-2026");
	means("since:15h", "SINCE 20-Sep-2026");
	means("since:today before:yesterday", "SINCE 21-Sep-2026 BEFORE 20-Sep-2026");
	means("since:4000000000w", "SINCE 1-Jan-1970");
	setenv("TZ", "XYZ-12", 1);
	tzset();
	means("since:today", "SINCE 22-Sep-2026");
	setenv("TZ", "UTC", 1);
	tzset();
}

static void
test_sizes(void)
{
	means("larger:10M smaller:500k", "LARGER 10485760 SMALLER 512000");
	means("larger:0 smaller:4294967295", "LARGER 0 SMALLER 4294967295");
}

static void
test_logic(void)
{
	means("-seen", "NOT SEEN");
	means("not seen", "NOT SEEN");
	means("--seen not not seen -not -seen", "SEEN SEEN NOT SEEN");
	means("-from:a -(seen flagged)", "NOT FROM a NOT (SEEN FLAGGED)");
	means("seen or flagged", "OR SEEN FLAGGED");
	means("seen OR flagged or draft", "OR SEEN OR FLAGGED DRAFT");
	means("from:a seen or from:b", "OR (FROM a SEEN) FROM b");
	means("-seen or not draft", "OR NOT SEEN NOT DRAFT");
	means("(from:a or from:b) larger:1k", "(OR FROM a FROM b) LARGER 1024");
	means("(from:a)or(from:b)", "OR (FROM a) (FROM b)");
	means("((seen))", "((SEEN))");
	means("-(seen or draft) flagged", "NOT (OR SEEN DRAFT) FLAGGED");
}

static void
refused(const char *query, const char *want, const char *hint)
{
	struct imap_query s;
	struct err e = {0};

	ok(!imap_query_parse(&s, query, now, false, &e) && e.code == ERR_USAGE && !s.pieces,
	   "refused: %s", query);
	is_str(e.text, want, want);
	if (hint)
		is_str(e.hint, hint, hint);
}

#define KNOWN                                                                                \
	"not one of from: to: cc: bcc: subject: body: text: message-id: since: before: on: " \
	"sent-since: sent-before: sent-on: larger: smaller: seen unseen flagged unflagged "  \
	"answered unanswered deleted undeleted draft undraft or not"

static void
test_unknown(void)
{
	refused("seen invoice", "--search: 'invoice' is " KNOWN,
		"text:invoice is in the header or the body");
	refused("form:alice", "--search: 'form' is " KNOWN, "");
	refused("new", "--search: 'new' is " KNOWN, "`new` is an operand: --search=unseen new");
	refused("seen:yes", "--search: 'seen:yes' is " KNOWN, NULL);
	refused("\"two words\"", "--search: '\"two' is " KNOWN, "");
	refused(":x", "--search: ':x' is " KNOWN, NULL);
	refused("fro", "--search: 'fro' is " KNOWN, NULL);
	refused("from", "--search: from wants a value, from:VALUE", NULL);
	refused("from alice", "--search: from wants a value, from:VALUE", NULL);
}

static void
test_bad_values(void)
{
	refused("", "--search: an empty query", NULL);
	refused(" \t", "--search: an empty query", NULL);
	refused("from:", "--search: nothing follows from:", NULL);
	refused("from: alice", "--search: nothing follows from:", NULL);
	refused("subject:\"\"", "--search: nothing follows subject:", NULL);
	refused("subject:\"a b", "--search: no \" ends \"a b", NULL);
	refused("subject:\"a\\", "--search: no \" ends \"a\\", NULL);
	refused("subject:\"a\"b", "--search: a blank is missing before 'b'", NULL);
	refused("subject:\xfc", "--search: subject:\xfc is not in UTF-8", NULL);
	refused("subject:\"a\nb\"", "--search: subject: has a control character", NULL);
	refused("since:2026-02-29",
		"--search: since:2026-02-29 is not a day such as 2026-01-31 or 7d", NULL);
	refused("since:2100-02-29",
		"--search: since:2100-02-29 is not a day such as 2026-01-31 or 7d", NULL);
	refused("on:2026-13-01", "--search: on:2026-13-01 is not a day such as 2026-01-31 or 7d",
		NULL);
	refused("on:2026-04-31", "--search: on:2026-04-31 is not a day such as 2026-01-31 or 7d",
		NULL);
	refused("on:2026-04-00", "--search: on:2026-04-00 is not a day such as 2026-01-31 or 7d",
		NULL);
	refused("on:26-04-01", "--search: on:26-04-01 is not a day such as 2026-01-31 or 7d", NULL);
	refused("larger:big",
		"--search: larger:big is not a size such as 500k or 10M, less than 4G", NULL);
	refused("larger:4G", "--search: larger:4G is not a size such as 500k or 10M, less than 4G",
		NULL);
}

static void
test_bad_logic(void)
{
	struct buf many = {0};

	refused("seen or", "--search: nothing follows 'or'", NULL);
	refused("or seen", "--search: nothing in the parentheses or beside 'or'", NULL);
	refused("seen or or draft", "--search: nothing in the parentheses or beside 'or'", NULL);
	refused("()", "--search: nothing in the parentheses or beside 'or'", NULL);
	refused("seen not", "--search: nothing follows 'not'", NULL);
	refused("not or seen", "--search: nothing follows 'not'", NULL);
	refused("(seen", "--search: the ( has no )", NULL);
	refused("((seen)", "--search: the ( has no )", NULL);
	refused("(", "--search: the ( has no )", NULL);
	refused("seen)", "--search: no ( before the )", NULL);
	refused("-)", "--search: no ( before the )", NULL);
	for (size_t i = 0; i <= IMAP_QUERY_WORDS_MAX; i++)
		buf_add_char(&many, '(');
	refused(many.data, "--search: more than 256 words", NULL);
	buf_free(&many);
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	test_keys();
	test_texts();
	test_days();
	test_sizes();
	test_logic();
	test_unknown();
	test_bad_values();
	test_bad_logic();
	return tap_done();
}
