/* SPDX-License-Identifier: ISC */
#include "app/operands.h"

#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "journal/journal_record.h"
#include "open_journal.h"
#include "proto/mailbox.h"
#include "tap.h"

enum { COUNT = 10 };

/* Ten messages, numbered 1 to 11 without 5, with the ids u1 to u11; two of them have the same. */
static struct message_list
ten_messages(void)
{
	struct message_list l = {.has_uids = true, .has_sizes = true};

	l.items = mem_grow(NULL, COUNT, sizeof *l.items);
	for (uint32_t i = 0; i < COUNT; i++) {
		const uint32_t number = i + 1 + (i >= 4);
		char uid[16];

		snprintf(uid, sizeof uid, "u%" PRIu32, number == 9 ? 8 : number);
		l.items[l.count++] =
		    (struct message_item){.number = number, .size = 100, .uid = l.uids.len};
		buf_add(&l.uids, uid, strlen(uid) + 1);
	}
	message_list_drop_ambiguous(&l);
	return l;
}

/* The numbers that WORDS (split at blanks) choose, "!" before each operand that names nothing. */
static void
chooses(const char *words, struct journal *journal, const char *want)
{
	struct message_list l = ten_messages();
	struct message_set set = {0};
	struct operands s;
	struct buf got = {0};
	struct err e = {0};
	char *copy = mem_strdup(words), *word[8], *rest = NULL;
	size_t n = 0;

	for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		word[n++] = w;
	buf_add_str(&got, "");
	if (operands_parse(&s, word, n, &e)) {
		operands_apply(&s, &l, journal, &set);
		for (size_t i = 0; i < set.count; i++)
			buf_addf(&got, "%" PRIu32 " ", l.items[set.index[i]].number);
		for (size_t i = 0; i < s.count; i++)
			if (s.items[i].is_missing)
				buf_addf(&got, "!%s ", s.items[i].text);
	} else {
		buf_addf(&got, "usage %d", e.code == ERR_USAGE);
	}
	is_str(got.data, want, words);
	buf_free(&got);
	free(copy);
	operands_free(&s);
	message_set_free(&set);
	message_list_free(&l);
}

static void
test_operands(void)
{
	chooses("1", NULL, "1 ");
	chooses("11 1", NULL, "1 11 ");
	chooses("3-6", NULL, "3 4 6 ");
	chooses("9-", NULL, "9 10 11 ");
	chooses("11-99", NULL, "11 ");
	chooses("5", NULL, "!5 ");
	chooses("12-", NULL, "!12- ");
	chooses("first:3", NULL, "1 2 3 ");
	chooses("last:2", NULL, "10 11 ");
	chooses("last:99", NULL, "1 2 3 4 6 7 8 9 10 11 ");
	chooses("last:0", NULL, "");
	chooses("uid:u7", NULL, "7 ");
	chooses("uid:u8", NULL, "!u8 "); /* two have it, so it names neither */
	chooses("uid:u", NULL, "!u ");
	chooses("all", NULL, "1 2 3 4 6 7 8 9 10 11 ");
	chooses("2 1-3 uid:u2 first:2 7 77", NULL, "1 2 3 7 !77 ");
}

static void
test_usage(void)
{
	static const char *const wrong[] = {"0",   "0-3",   "3-1",     "-3",     "x",
					    "1,2", "last:", "uid:",    "last:x", "4294967295",
					    "+1",  "1-2-3", "last:-1", "new:"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		chooses(wrong[i], NULL, "usage 1");
}

static void
test_new(void)
{
	char dir[] = "/tmp/test_operands.XXXXXX";
	char *remove;
	struct err e;
	struct journal *journal;

	if (!mkdtemp(dir))
		abort();
	journal = journal_open(dir, "mailbox", "maildir /x", &e);
	chooses("new", journal, "1 2 3 4 6 7 8 9 10 11 ");
	journal_done(journal, "u1");
	journal_done(journal, "u8");
	journal_done(journal, "u10");
	chooses("new", journal, "2 3 4 6 7 8 9 11 ");
	chooses("new 1", journal, "1 2 3 4 6 7 8 9 11 ");
	journal_close(journal);
	remove = mem_printf("rm -rf %s", dir);
	if (system(remove) != 0)
		diag("%s is left", dir);
	free(remove);
}

/* What `mlist -o uid | mdel -` puts there. */
static void
test_input(void)
{
	static char dash[] = "-";
	char *words[] = {dash};
	struct operands s;
	struct err e;
	int ends[2];

	if (pipe(ends) != 0 || write(ends[1], "u1\n7\nuid:u2\nfirst:1\n\nnew\nx y", 28) != 28)
		abort();
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	ok(operands_parse(&s, words, 1, &e), "operands come from standard input");
	is_number(s.count, 6, "one a line, empty ones left out");
	ok(s.items[0].kind == OPERAND_UID && s.items[1].kind == OPERAND_UID &&
	       s.items[4].kind == OPERAND_UID,
	   "a bare word is an id there, be it a number or `new`");
	is_str(s.items[2].text, "u2", "uid: is understood too");
	ok(s.items[3].kind == OPERAND_FIRST, "and what counts");
	is_str(s.items[5].text, "x y", "a last line without an end, and blanks in an id");
	operands_free(&s);
	ok(!operand_reads_as_id("uid:x") && !operand_reads_as_id("last:5") &&
	       !operand_reads_as_id("first:1"),
	   "an id that reads like an operand needs `uid:` before it there");
	ok(operand_reads_as_id("all") && operand_reads_as_id("-") && operand_reads_as_id("3-9") &&
	       operand_reads_as_id("last:x"),
	   "and no other");
}

/* What is counted of a message is octets: a server that announces none, or too many to be true,
 * gets 4 GiB. */
static void
test_size_limit(void)
{
	const uint64_t mib = 1024 * 1024, gib = 1024 * mib;

	is_number(mailbox_size_limit(9), 18 + mib, "twice the size that was announced, and 1 MiB");
	is_number(mailbox_size_limit(3 * gib), 6 * gib + mib, "also beyond 4 GiB");
	is_number(mailbox_size_limit(0), 4 * gib, "4 GiB without an announcement");
	is_number(mailbox_size_limit(1024 * gib), 2048 * gib + mib, "1 TiB may be true");
	is_number(mailbox_size_limit(1024 * gib + 1), 4 * gib, "more cannot");
	is_number(mailbox_size_limit(UINT64_MAX), 4 * gib, "nor what would overflow");
}

int
main(void)
{
	test_size_limit();
	test_operands();
	test_usage();
	test_new();
	test_input();
	return tap_done();
}
