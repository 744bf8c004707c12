/* SPDX-License-Identifier: ISC */
#include "journal/journal.h"
#include "journal/journal_former.h"
#include "journal/journal_listing.h"
#include "journal/journal_peek.h"
#include "journal/journal_record.h"
#include "journal/journal_rewrite.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "journal/journal_migrate.h"
#include "open_journal.h"
#include "tap.h"

#define MAILBOX "pop3 alice@example.org pop.example.org INBOX"
#define PLACE "maildir /home/alice/Mail"

/* where the one above ends up */
#define IN_DIR "pop3,alice@example.org,pop.example.org,INBOX"
#define JOURNAL IN_DIR "/maildir,%2Fhome%2Falice%2FMail"
#define HEAD                                                                      \
	"mailverbs journal 2 pop3%20alice@example.org%20pop.example.org%20INBOX " \
	"maildir%20/home/alice/Mail\n"

#define PRINT_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PRINT_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define PRINT_C "0123456789abcdef0123456789abcdef"

static char root[] = "/tmp/test_journal.XXXXXX";
static char *dir; /* a new one for each group of tests */

static void
start(void)
{
	static int number;

	free(dir);
	dir = mem_printf("%s/%d", root, ++number);
}

static struct journal *
open_journal(void)
{
	struct err e = {0};
	struct journal *s = journal_open(dir, MAILBOX, PLACE, &e);

	if (!s)
		diag("%s", e.text);
	return s;
}

static char *
path_of(const char *name)
{
	return mem_printf("%s/%s", dir, name);
}

static struct buf
contents(const char *name)
{
	char *path = path_of(name);
	struct buf b = {0};
	FILE *file = fopen(path, "r");
	size_t n;

	while (file && (n = fread(buf_reserve(&b, 4096), 1, 4096, file)) > 0)
		b.len += n;
	buf_add_str(&b, "");
	if (file)
		fclose(file);
	free(path);
	return b;
}

static void
append(const char *name, const void *bytes, size_t n)
{
	char *path = path_of(name);
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (write(fd, bytes, n) != (ssize_t)n)
		abort();
	close(fd);
	free(path);
}

static void
append_text(const char *name, const char *text)
{
	append(name, text, strlen(text));
}

static void
record(const char *const uids[])
{
	struct journal *s = open_journal();
	struct err e;

	for (; *uids; uids++)
		journal_done(s, *uids);
	ok(journal_write(s, true, &e) && journal_is_written(s), "what is done is written");
	journal_close(s);
}

static bool
has(struct journal *s, const char *uid)
{
	return journal_has(s, uid, 0, NULL);
}

static void
test_memory(void)
{
	const time_t before = time(NULL);
	struct journal *s;
	struct err e;
	time_t when = 0;

	start();
	record((const char *[]){"one", "two", NULL});
	s = open_journal();
	ok(journal_has(s, "one", 0, &when) && has(s, "two"),
	   "what was recorded is known to the next run");
	ok(when >= before && when <= time(NULL), "and when it was");
	ok(!has(s, "three") && !has(s, ""), "nothing else is");
	ok(!has(s, NULL), "a message without an id was never delivered");
	journal_done(s, "three");
	ok(has(s, "three"), "what is done in this run is known at once");
	journal_close(s);
	s = open_journal();
	ok(!has(s, "three"), "what was never written was never done");
	journal_close(s);
	s = journal_open(dir, MAILBOX, "mbox /home/alice/inbox", &e);
	ok(s && !has(s, "one"), "another destination knows nothing of it");
	journal_close(s);
	s = journal_open(dir, "pop3 bob@example.org pop.example.org INBOX", PLACE, &e);
	ok(s && !has(s, "one"), "another mailbox neither");
	journal_close(s);
	s = journal_open(dir, MAILBOX, NULL, &e);
	journal_done(s, "four");
	ok(s && !has(s, "one") && journal_write(s, true, &e),
	   "without a destination nothing is known");
	journal_close(s);
	s = journal_open_all(dir, MAILBOX, &e);
	ok(s && has(s, "one") && has(s, "two") && !has(s, "four"),
	   "what was delivered anywhere is known to who asks for all");
	journal_close(s);
}

static void
test_odd_ids(void)
{
	static const char *const odd[] = {
	    "a b",          " ", "%",     "%41", "a/b",  "../../x", "\xc3",
	    "\x01\x7f\xff", "=", "+ x y", "- x", "a\tb", "\n",      NULL};
	char longest[1025];
	struct journal *s;
	struct err e;
	bool all = true;

	start();
	memset(longest, '%', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	record(odd);
	record((const char *[]){longest, NULL});
	s = open_journal();
	for (size_t i = 0; odd[i]; i++)
		all = all && has(s, odd[i]);
	ok(all && has(s, longest), "ids of any bytes, up to 1024 of them, are the same again");
	ok(!has(s, "A") && !has(s, "x") && !has(s, "x y"), "and nothing but these");
	journal_close(s);
	s = journal_open(dir, "pop3 ../../../a/b\xff h INBOX", "pipe cat >'/x y'\n", &e);
	ok(s != NULL, "mailboxes and destinations may have odd names too");
	journal_close(s);
	memset(longest, 'x', sizeof longest - 1);
	s = journal_open(dir, longest, longest, &e);
	ok(s != NULL, "and long ones");
	journal_done(s, "here");
	ok(journal_write(s, true, &e), "which are recorded");
	journal_close(s);
	longest[sizeof longest - 2] = 'y';
	s = journal_open(dir, longest, longest, &e);
	ok(s && !has(s, "here"), "and kept apart to their last byte");
	journal_close(s);
}

static void
test_lock(void)
{
	struct journal *first, *second;
	struct err e = {0};
	pid_t pid;

	start();
	first = open_journal();
	second = journal_open(dir, MAILBOX, "mbox /elsewhere", &e);
	ok(!second && e.code == ERR_TEMPORARY, "a second run for the mailbox is turned away");
	second = journal_open(dir, "pop3 bob h INBOX", PLACE, &e);
	ok(second != NULL, "one for another mailbox is not");
	journal_close(second);
	second = journal_open_all(dir, MAILBOX, &e);
	ok(second != NULL, "who only reads is not");
	journal_close(second);
	journal_close(first);
	pid = fork();
	if (pid == 0) {
		first = open_journal();
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
	second = open_journal();
	ok(second != NULL, "a run that was killed leaves no lock");
	journal_close(second);
}

static void
is_torn_off(const char *tail, const char *name)
{
	struct journal *s;
	struct err e;
	struct buf before, after;

	start();
	record((const char *[]){"one", NULL});
	before = contents(JOURNAL);
	append_text(JOURNAL, tail);
	s = journal_open_all(dir, MAILBOX, &e);
	ok(s && has(s, "one") && !has(s, "two"), "%s never happened, for a reader", name);
	journal_close(s);
	s = open_journal();
	ok(s && has(s, "one") && !has(s, "two"), "%s never happened", name);
	journal_done(s, "three");
	ok(journal_write(s, true, &e), "the record goes on behind it");
	journal_close(s);
	after = contents(JOURNAL);
	ok(after.len > before.len && memcmp(after.data, before.data, before.len) == 0 &&
	       strstr(after.data + before.len, " three\n") == after.data + after.len - 7,
	   "on a line of its own");
	s = open_journal();
	ok(s && has(s, "one") && has(s, "three") && !has(s, "two"), "and is read again");
	journal_close(s);
	buf_free(&before);
	buf_free(&after);
}

static void
test_torn_end(void)
{
	struct journal *s;

	is_torn_off("= 1234567890 0 tw", "a line cut short");
	is_torn_off("= 1234567890 0 two", "a line without its end");
	is_torn_off("=", "a single byte");
	start();
	journal_close(open_journal());
	for (size_t len = 0; len < strlen(HEAD); len++) {
		char *path = path_of(JOURNAL);

		if (truncate(path, (off_t)len) != 0)
			abort();
		free(path);
		s = open_journal();
		if (!s)
			break;
		journal_close(s);
	}
	ok(s != NULL, "a head cut short at any byte is written anew");
}

static void
is_damage(const void *line, size_t n, const char *name)
{
	struct err e = {0};
	struct journal *s;
	struct buf before, after;

	start();
	record((const char *[]){"one", NULL});
	append(JOURNAL, line, n);
	append_text(JOURNAL, "= 1234567890 0 two\n");
	before = contents(JOURNAL);
	s = journal_open(dir, MAILBOX, PLACE, &e);
	ok(!s && e.code == ERR_IO && strstr(e.text, "/maildir,%2Fhome%2Falice%2FMail:3: "),
	   "%s: an error that names file and line", name);
	if (s)
		journal_close(s);
	s = journal_open_all(dir, MAILBOX, &e);
	ok(!s && e.code == ERR_IO, "%s: for a reader too", name);
	journal_close(s);
	after = contents(JOURNAL);
	is_bytes(after.data, after.len, before.data, before.len, "and the file is left as it is");
	buf_free(&before);
	buf_free(&after);
}

#define IS_DAMAGE(line, name) is_damage(line, sizeof line - 1, name)

static void
test_damage(void)
{
	struct journal *s;
	struct err e = {0};

	IS_DAMAGE("\n", "an empty line");
	IS_DAMAGE("nonsense\n", "a line of another kind");
	IS_DAMAGE("= 12x4 uid\n", "a time that is none");
	IS_DAMAGE("= 0 0 uid\n", "no time");
	IS_DAMAGE("= 1234567890\n", "a missing id");
	IS_DAMAGE("+ uid\n", "a missing place");
	IS_DAMAGE("= 1234567890 0 a%4\n", "half an escape");
	IS_DAMAGE("= 1234567890 0 a%00b\n", "an escaped NUL");
	IS_DAMAGE("= 1234567890 0 a%4g\n", "an escape that is none");
	IS_DAMAGE("= 1234567890 0 a\0b\n", "a NUL");
	IS_DAMAGE(HEAD, "a second head");
	IS_DAMAGE("= 1234567890 0 7:9 \n", "an empty fingerprint");
	IS_DAMAGE("= 1234567890 0 7:9 0123456789abcdef0123456789abcde\n", "half a fingerprint");
	IS_DAMAGE("= 1234567890 0 7:9 0123456789abcdef0123456789abcdef0\n", "a longer one");
	IS_DAMAGE("+ 7:9 place 0 0123456789ABCDEF0123456789ABCDEF\n", "one in capitals");
	IS_DAMAGE("+ 7:9 place 0 " PRINT_A " \n", "a blank behind it");
	start();
	journal_close(journal_open(dir, MAILBOX, "stdout", &e));
	append_text(IN_DIR "/maildir,%2Fhome%2Falice%2FMail", "mailverbs journal 3 x y\n");
	s = journal_open(dir, MAILBOX, PLACE, &e);
	ok(!s && strstr(e.text, ":1: "), "the head of another version or destination is refused");
	journal_close(s);
}

struct asked {
	struct buf places;
	const char *done; /* this one was */
};

static bool
was_done(void *ctx, const char *place)
{
	struct asked *a = ctx;

	buf_addf(&a->places, "%s;", place);
	return a->done && strcmp(place, a->done) == 0;
}

/* What stands open counts as delivered where it has this place. */
static void
settle_all(struct journal *s, const char *done)
{
	struct asked a = {.done = done};

	journal_each_intent(s, was_done, &a);
	buf_free(&a.places);
}

static void
are_asked(const char *done, const char *want, const char *name)
{
	struct asked a = {.done = done};
	struct journal *s = open_journal();
	struct err e;

	buf_add_str(&a.places, "");
	journal_each_intent(s, was_done, &a);
	is_str(a.places.data, want, name);
	if (!journal_write(s, true, &e))
		diag("%s", e.text);
	journal_close(s);
	buf_free(&a.places);
}

static void
intend(const char *uid, const char *place, bool then_done)
{
	struct journal *s = open_journal();
	struct err e;

	journal_intend(s, uid, place);
	if (then_done)
		journal_done(s, uid);
	if (!journal_write(s, true, &e))
		diag("%s", e.text);
	journal_close(s);
}

static void
test_intents(void)
{
	struct journal *s;

	start();
	intend("one", "place 1", false);
	intend("two", "place/2", false);
	intend("three", "3", true);
	intend(NULL, "nameless", false);
	s = open_journal();
	ok(!has(s, "one") && has(s, "three"), "what is only intended is not done");
	journal_close(s);
	are_asked("place/2", "place 1;place/2;nameless;",
		  "each open intent is asked for, with its place");
	s = open_journal();
	ok(!has(s, "one") && has(s, "two"), "what turns out done is");
	journal_close(s);
	are_asked(NULL, "", "none is asked for twice: its place may be another's by now");
	intend("one", "place 4", false);
	are_asked(NULL, "place 4;", "a new intent is asked for again");
	intend("two", "place 5", false);
	are_asked(NULL, "place 5;", "one of a message that is fetched once more too");
	s = open_journal();
	ok(has(s, "two"), "and that it was done before stays so");
	journal_close(s);
}

/* The table grows at powers of two: what settles the intents must not hold on to it. */
static void
test_intent_among(size_t count)
{
	struct buf lines = {0};
	struct journal *s;
	struct err e;

	start();
	record((const char *[]){NULL});
	buf_add_str(&lines, "+ open place 0\n");
	for (size_t i = 1; i < count; i++)
		buf_addf(&lines, "= 1600000000 0 id%zu\n", i);
	append(JOURNAL, lines.data, lines.len);
	buf_free(&lines);
	s = open_journal();
	settle_all(s, "place");
	ok(has(s, "open") && has(s, "id1"), "an open intent among %zu ids is settled", count);
	journal_done(s, "id1");
	journal_done(s, "another");
	ok(journal_write(s, true, &e) && has(s, "another"), "and what comes after it recorded");
	journal_close(s);
	s = open_journal();
	ok(has(s, "open") && has(s, "id1") && has(s, "another"), "and known again");
	journal_close(s);
}

static void
test_table_sizes(void)
{
	static const size_t counts[] = {31, 32, 33, 63, 64, 65, 4095, 4096, 4097};

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		test_intent_among(counts[i]);
}

enum { MANY = 50000, WEEK = 7 * 24 * 60 * 60 };

static char *
many_uid(int i)
{
	return mem_printf("000000005f3e%05d", i);
}

/* A listing of every STEPth of the many, the last of them included, at NOW. */
static void
list_many(struct journal *s, int step, int64_t now)
{
	journal_begin_listing(s);
	for (int i = MANY - 1; i >= 0; i -= step) {
		char *uid = many_uid(i);

		journal_note_listed(s, uid, 0);
		free(uid);
	}
	journal_end_listing(s, now);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
rewrite_is_cut_off(struct journal *s)
{
	char *path = path_of(IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.new");
	struct err e;
	bool failed;

	/* a directory stands in its way */
	mkdir(path, 0700);
	failed = !journal_compact(s, &e) && e.code == ERR_IO;
	rmdir(path);
	free(path);
	return failed;
}

static void
test_many(void)
{
	struct journal *s;
	struct err e;
	struct buf before, after;
	double began;

	start();
	s = open_journal();
	for (int i = 0; i < MANY; i++) {
		char *uid = many_uid(i);

		journal_done(s, uid);
		free(uid);
	}
	ok(journal_write(s, true, &e), "50,000 ids are recorded");
	journal_close(s);
	began = seconds();
	s = open_journal();
	ok(s && has(s, "000000005f3e00000") && has(s, "000000005f3e49999") && !has(s, "x"),
	   "and known again");
	if (!ok(seconds() - began < 0.5, "within half a second"))
		diag("%f s", seconds() - began);
	before = contents(JOURNAL);
	list_many(s, 2, WEEK);
	list_many(s, 2, 3 * WEEK);
	ok(journal_write(s, true, &e), "half of them gone from the server for weeks");
	buf_free(&before);
	before = contents(JOURNAL);
	ok(journal_compact(s, &e), "is compacted");
	after = contents(JOURNAL);
	is_number(after.len, before.len, "is no reason yet to rewrite");
	buf_free(&before);
	buf_free(&after);
	list_many(s, MANY, 3 * WEEK);
	ok(has(s, "000000005f3e00001") && journal_compact(s, &e) && has(s, "000000005f3e00001"),
	   "an empty mailbox, once, is no reason either");
	list_many(s, MANY, 5 * WEEK);
	ok(rewrite_is_cut_off(s), "a rewrite that fails is an error");
	append_text(IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.new", "mailverbs journal 2 mail");
	ok(journal_compact(s, &e), "with one left it is, past what a kill left of one");
	journal_done(s, "later");
	ok(journal_write(s, true, &e), "what comes behind goes into the new one");
	journal_close(s);
	after = contents(JOURNAL);
	ok(after.len < 200, "which is short");
	buf_free(&after);
	s = open_journal();
	ok(has(s, "000000005f3e49999") && has(s, "later") && !has(s, "000000005f3e00000"),
	   "and holds what is still listed");
	journal_close(s);
}

/* The only listed one is "stays", with 9 octets. */
static bool
find_stays(void *ctx, const char *uid, uint64_t *octets)
{
	(void)ctx;
	*octets = 9;
	return strcmp(uid, "stays") == 0;
}

static void
test_deleted(void)
{
	struct journal *s;
	struct err e;

	start();
	record((const char *[]){"stays", "goes", "kept", NULL});
	s = open_journal();
	ok(!journal_has_deleted(s), "nothing was deleted yet");
	journal_deleted(s, "stays", 9);
	journal_deleted(s, "goes", 9);
	journal_deleted(s, "unknown", 9);
	ok(has(s, "goes") && !has(s, "unknown"), "what is said to be deleted is still known");
	ok(journal_write(s, true, &e), "and recorded");
	journal_close(s);
	s = open_journal();
	ok(journal_has_deleted(s) && has(s, "goes"), "so it is to the next run");
	journal_forget_deleted(s, find_stays, NULL);
	ok(!has(s, "goes") && has(s, "stays") && has(s, "kept"),
	   "until it is gone from the list: that one is forgotten, and no other");
	ok(journal_write(s, true, &e), "for good");
	journal_close(s);
	s = open_journal();
	ok(!has(s, "goes") && has(s, "stays"), "as the run after it knows");
	journal_done(s, "goes");
	journal_deleted(s, "stays", 10);
	journal_forget_deleted(s, find_stays, NULL);
	ok(has(s, "goes"), "delivered anew it is known anew");
	ok(!has(s, "stays"), "what is listed with another length is another message");
	journal_close(s);
}

/* Fingerprints, under a UIDVALIDITY. */

static struct journal *
open_under(uint32_t validity)
{
	struct journal *s = open_journal();

	journal_set_validity(s, validity);
	return s;
}

/* A journal of these lines, opened under VALIDITY. */
static struct journal *
of_lines(const char *lines, uint32_t validity)
{
	start();
	journal_close(open_journal());
	append_text(JOURNAL, lines);
	return open_under(validity);
}

/* The journal is these LINES behind its head. */
static void
journal_is(const char *lines, const char *name)
{
	struct buf got = contents(JOURNAL);

	ok(got.len >= strlen(HEAD) && memcmp(got.data, HEAD, strlen(HEAD)) == 0,
	   "%s: behind its head", name);
	is_str(got.len >= strlen(HEAD) ? got.data + strlen(HEAD) : "", lines, name);
	buf_free(&got);
}

static void
test_print_is_written_once(void)
{
	struct journal *s;
	struct err e;

	start();
	s = open_journal();
	ok(!journal_wants_fingerprints(s), "ids that are good for ever want no fingerprints");
	journal_set_fingerprint(s, "1", PRINT_A);
	journal_intend(s, "1", "place");
	ok(journal_write(s, true, &e), "what is written without a UIDVALIDITY");
	journal_is("+ 1 place 0\n", "has none");
	journal_close(s);
	s = of_lines("", 7);
	ok(journal_wants_fingerprints(s), "UIDs want them");
	journal_set_fingerprint(s, "1", PRINT_A);
	ok(!has(s, "1"), "a fingerprint is no delivery");
	journal_intend(s, "1", "place");
	journal_intend(s, "2", "elsewhere");
	ok(journal_write(s, true, &e), "intents are written");
	journal_is("+ 7:1 place 0 " PRINT_A "\n+ 7:2 elsewhere 0\n",
		   "with the fingerprint where there is one");
	journal_close(s);
	s = open_under(7);
	settle_all(s, "place");
	ok(has(s, "1") && !has(s, "2"), "what a killed run had made visible is done");
	ok(journal_write(s, true, &e), "and that is written");
	journal_close(s);
	s = open_under(8);
	ok(!has(s, "1") && journal_has_former(s),
	   "under another UIDVALIDITY it is another message");
	is_number(journal_recognise(s, (struct newcomer[]){{"5", PRINT_A}}, 1), 1,
		  "the fingerprint from the intent is good for what came of it");
	ok(has(s, "5") && !has(s, "1"), "by its new UID it is known");
	journal_close(s);
}

static void
test_print_without_intent(void)
{
	struct buf got;
	struct journal *s = of_lines("", 7);
	struct err e;

	journal_set_fingerprint(s, "1", PRINT_A);
	journal_done(s, "1");
	journal_done(s, "1");
	journal_done(s, "2");
	journal_done(s, NULL);
	journal_set_fingerprint(s, NULL, PRINT_B);
	ok(journal_write(s, true, &e), "what needs no intent is written");
	got = contents(JOURNAL);
	ok(strstr(got.data, " 7:1 " PRINT_A "\n= ") && strstr(got.data, " 7:1\n"),
	   "with its fingerprint, the first time");
	ok(strstr(got.data, " 7:2\n") && !strstr(got.data, PRINT_B),
	   "and without, where it has none");
	buf_free(&got);
	journal_close(s);
	s = open_under(9);
	is_number(journal_recognise(
		      s, (struct newcomer[]){{"1", PRINT_B}, {"2", PRINT_A}, {"3", PRINT_C}}, 3),
		  1, "it is recognised");
	ok(has(s, "2") && !has(s, "1") && !has(s, "3"), "and nothing else");
	journal_close(s);
}

static void
test_delivered_once_more(void)
{
	struct journal *s = of_lines("+ 7:1 place 0 " PRINT_A "\n- 7:1\n", 7);
	struct err e;

	journal_set_fingerprint(s, "1", PRINT_B);
	journal_intend(s, "1", "new");
	ok(journal_write(s, true, &e), "a message that came to nothing is delivered once more");
	journal_is("+ 7:1 place 0 " PRINT_A "\n- 7:1\n+ 7:1 new 0 " PRINT_B "\n",
		   "its fingerprint stands in the new intent too");
	journal_close(s);
	s = of_lines("= 1234567890 0 7:1 " PRINT_A "\n", 7);
	journal_set_fingerprint(s, "1", PRINT_B);
	journal_done(s, "1");
	ok(journal_write(s, true, &e), "a message is fetched by its name");
	journal_close(s);
	s = open_under(8);
	is_number(journal_recognise(s, (struct newcomer[]){{"1", PRINT_A}, {"2", PRINT_B}}, 2), 1,
		  "its last fingerprint is the one");
	ok(has(s, "2") && !has(s, "1"), "that it is known by");
	journal_close(s);
}

/* Cut off at each byte of what is written behind the head, it is read up to its last whole line,
 * and a fingerprint is whole or none. */
static void
test_torn_print(void)
{
	static const char lines[] = "+ 7:1 place 0 " PRINT_A "\n= 1234567890 0 7:1\n"
				    "= 1234567891 0 7:2 " PRINT_B "\n";
	const char *done = strchr(lines, '\n') + 1, *next = strchr(done, '\n') + 1;
	bool right = true;

	for (size_t len = 0; len <= strlen(lines); len++) {
		char *torn = mem_printf("%.*s", (int)len, lines);
		struct journal *s = of_lines(torn, 8);
		const size_t known =
		    (lines + len >= next ? 1u : 0u) + (len == strlen(lines) ? 1u : 0u);

		right = right && s && journal_has_former(s) == (known > 0) &&
			journal_recognise(s, (struct newcomer[]){{"5", PRINT_A}, {"6", PRINT_B}},
					  2) == known;
		if (!right)
			diag("%s", torn);
		free(torn);
		journal_close(s);
		if (!right)
			break;
	}
	ok(right, "torn at any byte, it tells of what stands in whole lines, and of nothing else");
}

static void
recognises(const char *lines, const struct newcomer *newcomers, size_t count, const char *want,
	   const char *name)
{
	struct journal *s = of_lines(lines, 8);
	struct buf got = {0};

	buf_add_str(&got, "");
	journal_recognise(s, newcomers, count);
	for (size_t i = 0; i < count; i++)
		if (has(s, newcomers[i].uid))
			buf_addf(&got, "%s;", newcomers[i].uid);
	is_str(got.data, want, name);
	buf_free(&got);
	journal_close(s);
}

#define RECOGNISES(lines, newcomers, want, name) \
	recognises(lines, newcomers, sizeof newcomers / sizeof newcomers[0], want, name)

static void
test_shared_prints(void)
{
	const struct newcomer one[] = {{"5", PRINT_A}};
	const struct newcomer two[] = {{"5", PRINT_A}, {"6", PRINT_A}};
	const struct newcomer others[] = {{"5", PRINT_A}, {"6", PRINT_B}};

	RECOGNISES("= 1 0 7:1 " PRINT_A "\n", one, "5;",
		   "one delivered, one there: it is that one");
	RECOGNISES("= 1 0 7:1 " PRINT_A "\n= 1 0 7:2 " PRINT_A "\n", one, "",
		   "two delivered with one fingerprint: which of them is it?");
	RECOGNISES("= 1 0 7:1 " PRINT_A "\n= 1 0 7:2 " PRINT_A "\n", two, "",
		   "two delivered, two there: which is which?");
	RECOGNISES("= 1 0 7:1 " PRINT_A "\n", two, "", "one delivered, two there: which is it?");
	RECOGNISES("= 1 0 7:1 " PRINT_A "\n= 1 0 7:2 " PRINT_A "\n= 1 0 7:3 " PRINT_B "\n", others,
		   "6;", "others suffer nothing by that");
	RECOGNISES("= 1 0 7:1 " PRINT_A "\n= 1 0 8:2 " PRINT_A "\n", one, "",
		   "one of two was delivered under this UIDVALIDITY: which is it?");
	RECOGNISES("= 1 0 7:1 " PRINT_B "\n= 1 0 8:2 " PRINT_A "\n", one, "",
		   "delivered under this UIDVALIDITY: then it is another message");
	RECOGNISES("= 1 0 6:1 " PRINT_A "\n= 1 0 7:1 " PRINT_A "\n", one, "",
		   "delivered under two former ones: which is it?");
	RECOGNISES("= 1 0 7:1\n", one, "", "delivered without a fingerprint: nobody knows");
	RECOGNISES("~ 0 7:1\n", one, "", "taken as delivered: nobody knows");
	RECOGNISES("+ 7:1 place 0 " PRINT_A "\n", one, "", "only intended: it was not delivered");
	RECOGNISES("= 1 0 7:1 " PRINT_A "\n/ 7:1\n", one, "", "forgotten: it was not delivered");
}

static void
test_former(void)
{
	time_t when = 0;
	struct journal *s =
	    of_lines("= 1234567890 0 7:1 " PRINT_A "\n= 1234567891 0 7:2\n~ 0 7:3\n", 7);
	struct err e;

	ok(!journal_has_former(s) && has(s, "1"), "under its own UIDVALIDITY nothing is former");
	journal_set_validity(s, 0);
	ok(!journal_has_former(s), "nor where ids are good for ever");
	journal_set_validity(s, UINT32_MAX);
	ok(journal_has_former(s) && !has(s, "1"), "under another one all is");
	is_number(
	    journal_recognise(s, (struct newcomer[]){{"4294967295", PRINT_A}, {"1", PRINT_B}}, 2),
	    1, "one is recognised");
	ok(journal_has(s, "4294967295", 0, &when) && when == 1234567890,
	   "as delivered on the day it was");
	ok(!has(s, "1"), "the other one is new");
	journal_is("= 1234567890 0 7:1 " PRINT_A "\n= 1234567891 0 7:2\n~ 0 7:3\n",
		   "the journal is as it was");
	journal_done(s, "1");
	ok(journal_drop_former(s, &e) && journal_is_written(s),
	   "until the former ones are dropped");
	journal_close(s);
	s = open_under(UINT32_MAX);
	ok(journal_has(s, "4294967295", 0, &when) && when == 1234567890 && has(s, "1") &&
	       !has(s, "2") && !has(s, "3"),
	   "what was recognised stays, and what is done under this one");
	ok(!journal_has_former(s), "and nothing else");
	journal_set_validity(s, 9);
	is_number(journal_recognise(s, (struct newcomer[]){{"7", PRINT_A}}, 1), 1,
		  "who was recognised is recognised once more");
	journal_close(s);
}

static bool
is_uid_1(void *ctx, const char *uid)
{
	(void)ctx;
	return strcmp(uid, "1") == 0;
}

/* What is known, where the next UID is NEXT and the message 1 is there. */
static struct journal *
of_lines_with_next(const char *lines, uint32_t next)
{
	struct journal *s = of_lines(lines, 7);

	journal_distrust_from(s, next, is_uid_1, NULL);
	return s;
}

static void
test_counts_anew(void)
{
	static const char lines[] =
	    "= 1234567890 0 7:1 " PRINT_A "\n= 1234567891 0 7:2 " PRINT_B "\n~ 0 7:3\n= 5 0 6:9\n";
	struct journal *s = of_lines_with_next(lines, 4);
	time_t when = 1;
	struct err e;

	ok(has(s, "1") && has(s, "2") && has(s, "3"), "UIDs below the next one are trusted");
	journal_distrust_from(s, 3, is_uid_1, NULL);
	ok(!has(s, "1") && !has(s, "2") && !has(s, "3") && journal_has_former(s),
	   "one that is still to come takes the trust from all");
	is_number(journal_recognise(s, (struct newcomer[]){{"1", PRINT_B}, {"2", PRINT_A}}, 2), 2,
		  "they are recognised, each under the other's UID");
	ok(journal_drop_former(s, &e), "what was not is dropped");
	journal_is("= 1234567891 0 7:1 " PRINT_B "\n= 1234567890 0 7:2 " PRINT_A "\n",
		   "the journal has what was recognised");
	ok(has(s, "1") && has(s, "2") && !has(s, "3"), "and so has the memory");
	journal_done(s, "3");
	ok(has(s, "3"), "what is delivered now is known");
	journal_close(s);
	s = of_lines_with_next("= 1234567890 0 7:1 " PRINT_A "\n", 1);
	ok(has(s, "1"), "one that is there is not to come, whatever the server says");
	journal_close(s);
	s = of_lines_with_next("= 1234567890 0 7:2 " PRINT_A "\n+ 7:1 place 0\n", 1);
	settle_all(s, "place");
	ok(!has(s, "1"), "what a killed run had delivered is not trusted either");
	journal_close(s);
	s = of_lines_with_next("= 1234567890 0 7:2 " PRINT_A "\n", 1);
	journal_mark(s, "2", 0);
	ok(journal_write(s, true, &e), "a UID that was given again is marked");
	journal_close(s);
	s = open_under(7);
	ok(journal_has(s, "2", 0, &when) && when == 0,
	   "it is taken as delivered, and nothing of it is here");
	journal_close(s);
}

static void
test_rewrite_is_cut_off(void)
{
	static const char lines[] = "= 1234567890 0 7:1 " PRINT_A "\n= 1234567891 0 7:2\n";
	struct journal *s = of_lines(lines, 8);
	char *path = path_of(IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.new");
	struct err e = {0};

	journal_recognise(s, (struct newcomer[]){{"5", PRINT_A}}, 1);
	mkdir(path, 0700); /* stands in its way */
	ok(!journal_drop_former(s, &e) && e.code == ERR_IO, "a rewrite that fails is an error");
	rmdir(path);
	free(path);
	journal_close(s);
	journal_is(lines, "and the journal the old one");
	append_text(IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.new", HEAD "= 12345");
	s = open_under(8);
	is_number(journal_recognise(s, (struct newcomer[]){{"5", PRINT_A}}, 1), 1,
		  "by which all is recognised anew");
	ok(journal_drop_former(s, &e), "past what a kill left of the new one");
	journal_close(s);
	journal_is("= 1234567890 0 8:5 " PRINT_A "\n", "which is whole then");
}

/* What is known with other octets is another message. */
static void
test_octets(void)
{
	struct journal *s = of_lines("= 1234567890 9 a\n~ 9 m\n= 1234567890 0 old\n", 0);
	time_t when = 0;
	struct err e;

	ok(journal_has(s, "a", 9, NULL) && journal_has(s, "m", 9, NULL), "known with its octets");
	ok(!journal_has(s, "a", 10, NULL) && !journal_has(s, "m", 10, NULL),
	   "with others an id is another message's");
	ok(journal_has(s, "old", 10, NULL), "without octets on record the id decides");
	journal_begin_listing(s);
	journal_note_listed(s, "old", 10);
	journal_end_listing(s, 0);
	ok(journal_has(s, "old", 10, &when) && when == 1234567890 &&
	       !journal_has(s, "old", 11, NULL),
	   "until the message is listed");
	journal_expect(s, "a", 10);
	journal_intend(s, "a", "place");
	ok(journal_write(s, true, &e), "the other one is about to be delivered");
	journal_close(s);
	s = open_journal();
	ok(!journal_has(s, "old", 11, NULL), "which is recorded");
	settle_all(s, "place");
	ok(journal_has(s, "a", 10, NULL) && !journal_has(s, "a", 9, NULL),
	   "what a killed run delivered is known with its octets");
	journal_expect(s, "b", 7);
	journal_done(s, "b");
	journal_mark(s, "c", 8);
	ok(journal_write(s, true, &e), "two more");
	journal_close(s);
	s = open_journal();
	ok(journal_has(s, "b", 7, NULL) && !journal_has(s, "b", 8, NULL) &&
	       journal_has(s, "c", 8, NULL) && !journal_has(s, "c", 7, NULL),
	   "and known again");
	journal_close(s);
	s = journal_open(dir, MAILBOX, "maildir /elsewhere", &e);
	journal_expect(s, "b", 70);
	journal_done(s, "b");
	ok(journal_write(s, true, &e), "the id is another message's in another journal");
	journal_close(s);
	s = journal_open_all(dir, MAILBOX, &e);
	ok(journal_has(s, "b", 7, NULL) && journal_has(s, "b", 70, NULL) &&
	       !journal_has(s, "b", 8, NULL),
	   "anywhere both are known");
	journal_close(s);
}

static void
list_only(struct journal *s, const char *uid, int64_t now)
{
	journal_begin_listing(s);
	if (uid)
		journal_note_listed(s, uid, 9);
	journal_end_listing(s, now);
}

static void
test_missing(void)
{
	struct journal *s = of_lines("= 1234567890 9 a\n= 1234567890 9 b\n", 0);
	struct err e;

	list_only(s, NULL, WEEK);
	ok(has(s, "a") && has(s, "b"), "one empty listing forgets nothing");
	list_only(s, "a", WEEK + 1);
	ok(journal_write(s, true, &e), "one of them is back");
	journal_close(s);
	s = open_journal();
	list_only(s, "a", 0);
	list_only(s, "a", 2 * WEEK - 1);
	ok(has(s, "a") && has(s, "b"), "nor do less than seven days");
	list_only(s, "a", 2 * WEEK);
	ok(has(s, "a") && !has(s, "b"), "after seven days the other one is forgotten");
	ok(journal_write(s, true, &e), "for good");
	journal_close(s);
	s = open_journal();
	ok(has(s, "a") && !has(s, "b"), "as the next run knows");
	journal_close(s);
}

/* A journal says itself what it is about. */
static void
test_subject(void)
{
	struct err e = {0};
	struct journal *s;
	char *from, *to;

	start();
	record((const char *[]){"one", NULL});
	from = path_of(IN_DIR);
	to = path_of("pop3,alice@example.org,mail.example.org,INBOX");
	ok(rename(from, to) == 0, "its directory gets another mailbox's name");
	s = journal_open(dir, "pop3 alice@example.org mail.example.org INBOX", PLACE, &e);
	ok(!s && e.code == ERR_IO && strstr(e.text, "this is the journal of"), "it is refused");
	journal_close(s);
	s = journal_open_all(dir, "pop3 alice@example.org mail.example.org INBOX", &e);
	ok(!s && e.code == ERR_IO, "and by a reader");
	journal_close(s);
	free(from);
	free(to);
	s = journal_open(dir, "pop3 alice@example.org new.example.org INBOX", PLACE, &e);
	to = journal_find_renamed(s);
	ok(journal_is_new(s), "a new server's journal is new");
	is_str(to ? to : "", MAILBOX, "the former server's is found");
	free(to);
	journal_close(s);
	s = journal_open(dir, "pop3 bob@example.org new.example.org INBOX", PLACE, &e);
	ok(!journal_find_renamed(s), "but not another user's");
	journal_close(s);
	s = journal_open(dir, "m a,b", "d a,b", &e);
	journal_done(s, "x");
	ok(journal_write(s, true, &e), "commas and blanks");
	journal_close(s);
	s = journal_open(dir, "m a b", "d a,b", &e);
	ok(s && !has(s, "x"), "of mailboxes are different");
	journal_close(s);
	s = journal_open(dir, "m a,b", "d a b", &e);
	ok(s && !has(s, "x"), "and of destinations");
	journal_close(s);
}

#define FORMER_MAILBOX "pop3 alice@example.org POP.example.org INBOX"
#define IN_FORMER "seen/pop3,alice@example.org,POP.example.org,INBOX"

/* A record of version 0.1 in DIR/seen. */
static struct journal_former
former_record(const char *lines)
{
	struct journal_former former = {.directory = path_of("seen"),
					.mailboxes = {mem_strdup(FORMER_MAILBOX), NULL},
					.destination = PLACE};
	char *path = path_of(IN_FORMER);
	struct err e;

	file_make_directory(path, &e);
	free(path);
	append_text(IN_FORMER "/maildir,%2Fhome%2Falice%2FMail",
		    "mailverbs seen 1 maildir%20/home/alice/Mail\n");
	append_text(IN_FORMER "/maildir,%2Fhome%2Falice%2FMail", lines);
	append_text(IN_FORMER "/.maildir,%2Fhome%2Falice%2FMail.spool", "spool");
	return former;
}

static void
free_former(struct journal_former *former)
{
	free(former->directory);
	free(former->mailboxes[0]);
}

static struct journal *
migrate(const struct journal_former *former)
{
	struct err e = {0};
	struct journal *s = journal_lock(dir, MAILBOX, PLACE, &e);

	if (!s || !journal_migrate(s, former, &e) || !journal_read(s, &e))
		diag("%s", e.text);
	return s;
}

static const char former_lines[] = "= 1234567890 a\n+ b place%201\n~ c\nx 7 a\n";

static void
is_migrated(struct journal *s, const char *name)
{
	struct asked a = {0};
	time_t when = 0;

	ok(journal_has(s, "a", 5, &when) && when == 1234567890 && !has(s, "b") && has(s, "c") &&
	       journal_has_deleted(s),
	   "%s: what is done and marked", name);
	buf_add_str(&a.places, "");
	journal_each_intent(s, was_done, &a);
	is_str(a.places.data, "place 1;", name);
	buf_free(&a.places);
}

static bool
exists(const char *name)
{
	char *path = path_of(name);
	const bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

/* Killed by STEP: after the record was moved, the spool, the new file written, renamed. */
static void
kill_migration(int step)
{
	static const char *const moves[][2] = {{IN_FORMER "/maildir,%2Fhome%2Falice%2FMail",
						IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.old"},
					       {IN_FORMER "/.maildir,%2Fhome%2Falice%2FMail.spool",
						IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.spool"}};

	for (int i = 0; i < step && i < 2; i++) {
		char *from = path_of(moves[i][0]), *to = path_of(moves[i][1]);

		ok(rename(from, to) == 0, "killed after move %d", i + 1);
		free(from);
		free(to);
	}
	if (step == 3)
		append_text(IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.new", HEAD "= 12345");
	if (step == 4)
		append_text(JOURNAL, HEAD "= 1234567890 0 a\nx 7 a\n+ b place%201 0\n~ 0 c\n");
}

/* Others could have written it: it is left where it is. */
static void
test_migration_of_others(void)
{
	static const char *const directories[] = {"seen", IN_FORMER};

	for (size_t i = 0; i < 2; i++) {
		struct journal_former former;
		struct err e = {0};
		struct journal *s;
		char *path;

		start();
		former = former_record(former_lines);
		path = path_of(directories[i]);
		s = journal_lock(dir, MAILBOX, PLACE, &e);
		chmod(path, 0777);
		ok(s && !journal_migrate(s, &former, &e) && e.code == ERR_CONFIG &&
		       exists(IN_FORMER "/maildir,%2Fhome%2Falice%2FMail"),
		   "a record of version 0.1 that others can write: %s", e.text);
		chmod(path, 0700);
		free(path);
		journal_close(s);
		free_former(&former);
	}
}

static void
test_migration(void)
{
	for (int step = 0; step <= 4; step++) {
		struct journal_former former;
		struct journal *s;
		struct err e;
		char *path;

		start();
		former = former_record(former_lines);
		path = path_of(IN_DIR);
		file_make_directory(path, &e);
		free(path);
		kill_migration(step);
		s = migrate(&former);
		is_migrated(s, "migrated");
		ok(!exists(IN_FORMER "/maildir,%2Fhome%2Falice%2FMail") &&
		       !exists(IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.old") &&
		       exists(IN_DIR "/.maildir,%2Fhome%2Falice%2FMail.spool"),
		   "the record is nobody else's any more, and its spool has come along");
		journal_done(s, "d");
		ok(journal_write(s, true, &e), "the journal goes on");
		journal_close(s);
		s = migrate(&former);
		ok(has(s, "a") && has(s, "d"), "and is not migrated once more");
		journal_close(s);
		s = journal_lock(dir, "pop3 alice@example.org pop.example.org:1995 INBOX", PLACE,
				 &e);
		ok(journal_migrate(s, &former, &e) && journal_read(s, &e) && !has(s, "a"),
		   "another mailbox gets nothing of it");
		journal_close(s);
		free_former(&former);
	}
}

static void
test_doubtful_migration(void)
{
	struct journal_former former;
	struct journal *s;

	start();
	former = former_record("= 1234567890 7:1 " PRINT_A "\n= 1234567890 7:2\n~ 7:3\n= 5 u\n");
	former.is_doubtful = true;
	s = migrate(&former);
	journal_set_validity(s, 7);
	ok(!has(s, "1") && !has(s, "2") && has(s, "3"), "an id alone is not believed");
	is_number(journal_recognise(s, (struct newcomer[]){{"9", PRINT_A}}, 1), 1,
		  "a fingerprint is");
	journal_set_validity(s, 0);
	ok(!has(s, "u"), "nor one of POP3");
	journal_close(s);
	free_former(&former);
}

static void
test_peek_former(void)
{
	struct err e = {0};
	struct journal_former former;
	struct journal *s;

	start();
	former = former_record(former_lines);
	s = journal_peek(dir, MAILBOX, PLACE, &e);
	ok(journal_peek_former(s, &former, &e) && has(s, "a") && has(s, "c"),
	   "who only looks knows what is not migrated yet");
	journal_close(s);
	former.destination = NULL;
	s = journal_open_all(dir, MAILBOX, &e);
	ok(journal_peek_former(s, &former, &e) && has(s, "a") && has(s, "c"),
	   "whatever the destination");
	journal_close(s);
	free_former(&former);
}

static void
test_times(void)
{
	struct journal *s = of_lines("= 1800000000 9 a\n= 600 9 b\n~ 9 c\n", 0);
	time_t when = 0;

	is_number((uint64_t)journal_newest(s), 1800000000, "the newest time");
	journal_date(s, 1800000001);
	ok(journal_has(s, "b", 9, &when) && when == 1800000001,
	   "what was recorded in 1970 gets a time");
	ok(journal_has(s, "a", 9, &when) && when == 1800000000 && journal_has(s, "c", 9, &when) &&
	       when == 0,
	   "nothing else does");
	journal_close(s);
}

static void
test_no_place(void)
{
	struct err e = {0};
	char *file = mem_printf("%s/file", root);
	struct journal *s;

	fclose(fopen(file, "w"));
	s = journal_open(file, MAILBOX, PLACE, &e);
	ok(!s && e.code == ERR_OUTPUT, "no directory can be made: 73");
	s = journal_open_all(file, MAILBOX, &e);
	ok(!s, "nor read");
	free(file);
	start();
	s = journal_open_all(dir, MAILBOX, &e);
	ok(s && !has(s, "x"), "nothing there yet is no error for a reader");
	journal_close(s);
}

/* Blocks of three letters that leave the low bits of FNV-1a as they were. */
enum { BLOCK = 3, BLOCKS = 2, ID_BLOCKS = 15, LOW_BITS = (1 << 18) - 1 };

static void
find_blocks(char blocks[BLOCKS][BLOCK])
{
	const unsigned start = 14695981039346656037u & LOW_BITS;
	size_t found = 0;

	for (unsigned n = 0; found < BLOCKS && n < 90 * 90 * 90; n++) {
		const unsigned char c[BLOCK] = {(unsigned char)('&' + n % 88),
						(unsigned char)('&' + n / 88 % 88),
						(unsigned char)('&' + n / 88 / 88 % 88)};
		unsigned h = start;

		for (size_t i = 0; i < BLOCK; i++)
			h = ((h ^ c[i]) * 0x1b3u) & LOW_BITS;
		if (h == start)
			memcpy(blocks[found++], c, BLOCK);
	}
}

/* The seconds that it takes to record as many ids as such blocks make. */
static double
time_of(char blocks[BLOCKS][BLOCK])
{
	const clock_t from = clock();
	struct journal *s;

	start();
	s = open_journal();
	for (unsigned n = 0; n < 1u << ID_BLOCKS; n++) {
		char uid[ID_BLOCKS * BLOCK + 1] = "";

		for (unsigned i = 0; i < ID_BLOCKS; i++)
			memcpy(uid + (size_t)i * BLOCK, blocks[n >> i & 1], BLOCK);
		journal_mark(s, uid, 0);
	}
	journal_close(s);
	return (double)(clock() - from) / CLOCKS_PER_SEC;
}

/* The server chooses the ids. */
static void
test_colliding_ids(void)
{
	char colliding[BLOCKS][BLOCK] = {""}, usual[BLOCKS][BLOCK] = {"abc", "def"};

	find_blocks(colliding);
	ok(colliding[1][0] && time_of(colliding) < 20 * time_of(usual) + 0.1,
	   "ids that were made to collide take no longer than others");
}

int
main(void)
{
	char *remove;

	if (!mkdtemp(root))
		return EXIT_FAILURE;
	test_memory();
	test_odd_ids();
	test_lock();
	test_torn_end();
	test_damage();
	test_intents();
	test_table_sizes();
	test_many();
	test_colliding_ids();
	test_deleted();
	test_print_is_written_once();
	test_print_without_intent();
	test_delivered_once_more();
	test_torn_print();
	test_shared_prints();
	test_former();
	test_counts_anew();
	test_rewrite_is_cut_off();
	test_octets();
	test_missing();
	test_subject();
	test_migration();
	test_migration_of_others();
	test_doubtful_migration();
	test_peek_former();
	test_times();
	test_no_place();
	remove = mem_printf("rm -rf %s", root);
	if (system(remove) != 0)
		diag("%s is left", root);
	free(remove);
	free(dir);
	return tap_done();
}
