/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_code.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "proto/imap/imap_copied.h"
#include "tap.h"

static void
is_code(const char *text, const char *want)
{
	struct imap_code c;
	struct buf status = {0}, got = {0};

	buf_addf(&status, "OK %s", text);
	imap_code_in(&c, status.data);
	buf_addf(&got, "%.*s|%.*s|%.*s", (int)c.name_len, c.name, (int)c.arguments_len, c.arguments,
		 (int)c.words_len, c.words);
	is_str(got.data, want, text);
	buf_free(&status);
	buf_free(&got);
}

static void
test_codes(void)
{
	is_code("[UIDVALIDITY 12] ok", "UIDVALIDITY|12|ok");
	is_code("[ALERT] look [here]", "ALERT||look [here]");
	is_code("[PERMANENTFLAGS (\\Seen \\*)]", "PERMANENTFLAGS|(\\Seen \\*)|");
	is_code("no code [x]", "||no code [x]");
	is_code("[open", "||[open");
	is_code("", "||");
}

/* The kind, the number, the rest of the arguments and the flags that cannot be changed. */
static void
is_kind(const char *text, const char *want)
{
	static const char *const names[] = {
	    [IMAP_CODE_NONE] = "none",
	    [IMAP_CODE_OTHER] = "other",
	    [IMAP_CODE_ALERT] = "alert",
	    [IMAP_CODE_APPENDUID] = "appenduid",
	    [IMAP_CODE_CAPABILITY] = "capability",
	    [IMAP_CODE_COPYUID] = "copyuid",
	    [IMAP_CODE_EXPUNGEISSUED] = "expungeissued",
	    [IMAP_CODE_MESSAGELIMIT] = "messagelimit",
	    [IMAP_CODE_NOTIFICATIONOVERFLOW] = "notificationoverflow",
	    [IMAP_CODE_PERMANENTFLAGS] = "permanentflags",
	    [IMAP_CODE_READ_ONLY] = "read-only",
	    [IMAP_CODE_UIDNEXT] = "uidnext",
	    [IMAP_CODE_UIDVALIDITY] = "uidvalidity",
	};
	struct imap_code c;
	struct buf got = {0};

	imap_code_in(&c, text);
	buf_add_str(&got, names[c.kind]);
	if (c.has_number)
		buf_addf(&got, " %" PRIu64, c.number);
	if (c.rest_len > 0)
		buf_addf(&got, " rest %.*s", (int)c.rest_len, c.rest);
	if (c.fixed & IMAP_FIXED_DELETED)
		buf_add_str(&got, " deleted");
	if (c.fixed & IMAP_FIXED_SEEN)
		buf_add_str(&got, " seen");
	is_str(got.data, want, text);
	buf_free(&got);
}

static void
test_kinds(void)
{
	is_kind("NO sorry", "none");
	is_kind("NO [INUSE] sorry", "other");
	is_kind("OK [alert] look", "alert");
	is_kind("OK [CAPABILITY IMAP4rev1 IDLE]", "capability rest IDLE");
	is_kind("OK [READ-ONLY] EXAMINE", "read-only");
	is_kind("NO [EXPUNGEISSUED]", "expungeissued");
	is_kind("OK [NOTIFICATIONOVERFLOW] too much", "notificationoverflow");
	is_kind("OK [APPENDUID 38505 3955] done", "appenduid rest 3955");
}

static void
test_numbers(void)
{
	is_kind("OK [UIDNEXT 4392] next", "uidnext 4392");
	is_kind("OK [UIDNEXT 4294967296] next", "uidnext");
	is_kind("OK [UIDNEXT x] next", "uidnext");
	is_kind("OK [UIDVALIDITY 1152921504606846976]", "uidvalidity 1152921504606846976");
	is_kind("OK [UIDVALIDITY 12 13]", "uidvalidity rest 13");
	is_kind("OK [UIDVALIDITY]", "uidvalidity");
	is_kind("NO [MESSAGELIMIT 1000 23221] part", "messagelimit 1000 rest 23221");
	is_kind("NO [MESSAGELIMIT 1000] part", "messagelimit 1000");
}

static void
test_flags(void)
{
	is_kind("OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)]", "permanentflags rest \\Seen \\*)");
	is_kind("OK [PERMANENTFLAGS (\\Seen)]", "permanentflags deleted");
	is_kind("OK [PERMANENTFLAGS (\\SEEN)]", "permanentflags deleted");
	is_kind("OK [PERMANENTFLAGS (\\SeenAgain \\Draft)]",
		"permanentflags rest \\Draft) deleted seen");
	is_kind("OK [PERMANENTFLAGS ()]", "permanentflags deleted seen");
	is_kind("OK [PERMANENTFLAGS (\\*)]", "permanentflags");
	is_kind("OK [PERMANENTFLAGS (\\Seen]", "permanentflags");
	is_kind("OK [PERMANENTFLAGS]", "permanentflags");
}

static void
test_kept_flags(void)
{
	static const char all[] = "(\\Deleted \\Seen Work)";

	ok(imap_code_keeps_flag(all, "\\Seen"), "a flag of the list");
	ok(imap_code_keeps_flag(all, "\\SEEN"), "in any case");
	ok(!imap_code_keeps_flag(all, "\\Draft"), "one that is not in it");
	ok(imap_code_keeps_flag(all, "work"), "a keyword of the list");
	ok(!imap_code_keeps_flag(all, "works"), "one that is not in it");
	ok(imap_code_keeps_flag("(\\Seen \\*)", "works"), "new keywords are kept");
	ok(imap_code_keeps_flag("(\\*)", "\\Seen"), "a list of keywords says nothing of others");
	ok(!imap_code_keeps_flag("()", "\\Seen") && !imap_code_keeps_flag("()", "x"), "none");
	ok(imap_code_keeps_flag(NULL, "x") && imap_code_keeps_flag("(x", "y"), "no list");
}

/* Of 10, 20 and 30. */
static void
copies(const char *status, const char *want)
{
	uint32_t uids[] = {10, 20, 30};
	struct buf got = {0};
	const size_t n = imap_copied_keep(status, uids, 3);

	buf_add_str(&got, "");
	for (size_t i = 0; i < n; i++)
		buf_addf(&got, "%" PRIu32 " ", uids[i]);
	is_str(got.data, want, status);
	buf_free(&got);
}

static void
test_copied(void)
{
	copies("OK [COPYUID 1 10,20,30 1:3] done", "10 20 30 ");
	copies("OK [COPYUID 1 30 1] done", "30 ");
	copies("OK [COPYUID 1 30,10 1:2] done", "10 30 ");
	copies("OK [COPYUID 1 11:29 1] done", "20 ");
	copies("OK [COPYUID 1 30:20 1:2] done", "20 30 ");
	copies("OK [COPYUID 1 1:4294967295 1:9] done", "10 20 30 ");
	copies("OK [COPYUID 1 5 1] done", "");
	copies("OK done", "10 20 30 ");
	copies("OK [COPYUID 1 10] done", "10 20 30 ");
	copies("OK [COPYUID 1 10,x 1:2] done", "10 20 30 ");
	copies("OK [COPYUID 1 10, 1:2] done", "10 20 30 ");
	copies("OK [COPYUID 1 0:10 1:2] done", "10 20 30 ");
	copies("OK [COPYUID 1 :10 1] done", "10 20 30 ");
	copies("OK [COPYUID 1  1] done", "10 20 30 ");
	copies("OK [UIDVALIDITY 10 20] done", "10 20 30 ");
}

int
main(void)
{
	test_kept_flags();
	test_copied();
	test_codes();
	test_kinds();
	test_numbers();
	test_flags();
	return tap_done();
}
