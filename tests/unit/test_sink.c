/* SPDX-License-Identifier: ISC */
/*
 * The sinks below delivery, without a server: what stands where at which moment, and what a killed
 * run leaves for the next one.
 */
#include "deliver/sink.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "deliver/delivery.h"
#include "deliver/mbox_lock.h"
#include "journal/journal.h"
#include "journal/journal_record.h"
#include "message/receiver.h"
#include "open_journal.h"
#include "tap.h"

static char root[] = "/tmp/test_sink.XXXXXX";
static char *dir; /* a new one for each group of tests */
static unsigned complaints;

/* The library's calls come here: after so many names the disk fails. -1: never. */
static int good_names = -1;

struct dirent *
readdir(DIR *directory)
{
	static struct dirent *(*real)(DIR *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "readdir");
	if (good_names == 0) {
		errno = EIO;
		return NULL;
	}
	good_names -= good_names > 0;
	return real(directory);
}

static void
start(void)
{
	static int number;

	free(dir);
	dir = mem_printf("%s/%d", root, ++number);
	mkdir(dir, 0700);
}

static char *
in_dir(const char *name)
{
	return mem_printf("%s/%s", dir, name);
}

static void
put_file(const char *name, const char *text)
{
	char *path = in_dir(name);
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
	free(path);
}

static struct buf
contents(const char *name)
{
	char *path = in_dir(name);
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
holds(const char *file, const char *want, const char *name)
{
	struct buf b = contents(file);

	is_bytes(b.data, b.len, want, strlen(want), name);
	buf_free(&b);
}

static bool
exists(const char *name)
{
	char *path = in_dir(name);
	struct stat st;
	const bool is = lstat(path, &st) == 0;

	free(path);
	return is;
}

/* How many files there are in a directory; the last one's name is *NAME, the caller's. */
static unsigned
files_in(const char *directory, char **name)
{
	char *path = in_dir(directory);
	DIR *d = opendir(path);
	const struct dirent *entry;
	unsigned n = 0;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (name) {
			free(*name);
			*name = mem_strdup(entry->d_name);
		}
	}
	if (d)
		closedir(d);
	free(path);
	return n;
}

/* ---- a destination under test ---- */

struct target {
	struct sink_spec spec;
	char *place;
	struct journal *journal;
	struct delivery *delivery;
	size_t index;
	struct err err;
};

static void
complain(void *ctx, const struct err *why)
{
	(void)ctx;
	(void)why;
	complaints++;
}

static const char inbox[] = "pop3 alice pop.example.org INBOX";
static const char *mailbox = inbox;

static struct journal *
open_seen(const struct sink_spec *spec)
{
	char *state = in_dir("state");
	struct err e;
	char *destination = sink_destination(spec, &e);
	struct journal *s = journal_open(state, mailbox, destination, &e);

	free(state);
	free(destination);
	return s;
}

static bool
open_target(struct target *t, enum sink_kind kind, const char *place)
{
	*t = (struct target){.place = place && place[0] != '!' ? in_dir(place) : NULL};
	t->spec = (struct sink_spec){.kind = kind, .place = t->place, .account = "work"};
	if (place && place[0] == '!')
		t->spec.place = place + 1; /* as it is */
	t->journal = open_seen(&t->spec);
	t->delivery = delivery_open(&t->spec, t->journal, complain, NULL, &t->err);
	return t->delivery != NULL;
}

static void
close_target(struct target *t)
{
	delivery_close(t->delivery);
	journal_close(t->journal);
	free(t->place);
}

static bool
push_part(struct target *t, const char *uid, const char *text)
{
	const struct message_info info = {.index = t->index++, .uid = uid};

	return delivery_receiver.begin(t->delivery, &info, &t->err) &&
	       delivery_receiver.data(t->delivery, text, strlen(text), &t->err);
}

static bool
push(struct target *t, const char *uid, const char *text)
{
	return push_part(t, uid, text) && delivery_receiver.end(t->delivery, &t->err);
}

static bool
abandon(struct target *t)
{
	const struct message_info info = {0};

	return delivery_receiver.abandon(t->delivery, &info, &t->err);
}

static bool
settle(struct target *t)
{
	return delivery_settle(t->delivery, &t->err);
}

static size_t
safe(const struct target *t)
{
	size_t count;

	delivery_safe(t->delivery, &count);
	return count;
}

static bool
knows(const struct target *t, const char *uid)
{
	return journal_has(t->journal, uid, 0, NULL);
}

/* A run that is killed after RUN. */
static void
killed(void (*run)(void))
{
	const pid_t pid = fork();

	if (pid == 0) {
		run();
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
}

static void
intend(enum sink_kind kind, const char *place, const char *uid, const char *intent)
{
	char *path = in_dir(place);
	const struct sink_spec spec = {.kind = kind, .place = path};
	struct journal *s = open_seen(&spec);
	struct err e;

	journal_intend(s, uid, intent);
	if (!journal_write(s, true, &e))
		diag("%s", e.text);
	journal_close(s);
	free(path);
}

/* ---- Maildir ---- */

#define LETTER "Subject: x\r\n\r\none\r\ntwo\r\n"
#define LETTER_LF "Subject: x\n\none\ntwo\n"

static void
test_maildir(void)
{
	struct target t;
	char *name = NULL, *path;

	start();
	ok(open_target(&t, SINK_MAILDIR, "a/b/Mail"), "a Maildir is made, with its parents");
	ok(push(&t, "1", LETTER), "a message is taken");
	ok(files_in("a/b/Mail/new", NULL) == 0 && files_in("a/b/Mail/tmp", NULL) == 1,
	   "it is not visible before it is flushed");
	is_number(safe(&t), 0, "nor safe");
	ok(settle(&t) && safe(&t) == 1, "then it is both");
	ok(files_in("a/b/Mail/new", &name) == 1 && files_in("a/b/Mail/tmp", NULL) == 0,
	   "and out of tmp");
	path = mem_printf("a/b/Mail/new/%s", name);
	holds(path, LETTER_LF, "with LF line ends");
	ok(strchr(name, ':') == NULL && strchr(name, '/') == NULL, "under a name without flags");
	ok(knows(&t, "1"), "and recorded");
	ok(push_part(&t, "2", LETTER) && files_in("a/b/Mail/tmp", NULL) == 1, "one that is torn");
	t.err.code = ERR_NO_INPUT;
	ok(abandon(&t) && files_in("a/b/Mail/tmp", NULL) == 0, "leaves nothing");
	ok(push(&t, "3", LETTER), "one more");
	close_target(&t);
	ok(files_in("a/b/Mail/tmp", NULL) == 0 && files_in("a/b/Mail/new", NULL) == 1,
	   "that is not settled is taken back");
	free(path);
	free(name);
}

static void
many_and_die(void)
{
	struct target t;

	if (!open_target(&t, SINK_MAILDIR, "Mail"))
		return;
	for (int i = 0; i < 20; i++) {
		char *uid = mem_printf("k%d", i);

		push(&t, uid, LETTER);
		free(uid);
	}
}

/* It is not known then whether the message is in cur: taken for absent, it would come twice. */
static void
test_maildir_unreadable(void)
{
	struct target t;

	start();
	ok(open_target(&t, SINK_MAILDIR, "Mail"), "a Maildir");
	close_target(&t);
	put_file("Mail/cur/i2:2,S", LETTER_LF);
	put_file("Mail/cur/i3:2,S", LETTER_LF);
	intend(SINK_MAILDIR, "Mail", "u1", "i1");
	for (good_names = 0; good_names < 4; good_names++) {
		const int names = good_names;

		ok(!open_target(&t, SINK_MAILDIR, "Mail") && strstr(t.err.text, strerror(EIO)),
		   "its directory cannot be read after %d names", names);
		close_target(&t);
		good_names = names;
	}
	good_names = -1;
	put_file("Mail/cur/i1:2,S", LETTER_LF);
	ok(open_target(&t, SINK_MAILDIR, "Mail") && knows(&t, "u1"), "what is in cur is done");
	close_target(&t);
}

static void
test_maildir_killed(void)
{
	static const char *const places[] = {"new/i1", "cur/i2:2,S",  "cur/i3,U=7:2,",
					     "cur/i4", "cur/i5x:2,S", "tmp/i6"};
	struct target t;

	start();
	killed(many_and_die);
	is_number(files_in("Mail/tmp", NULL), 20, "a killed run leaves files in tmp");
	put_file("Mail/tmp/1700000000.M1P1.other", "somebody is writing this");
	ok(open_target(&t, SINK_MAILDIR, "Mail"), "the next run");
	is_number(files_in("Mail/tmp", NULL), 1, "takes its own away, and nobody else's");
	ok(!knows(&t, "k0"), "and fetches them again");
	close_target(&t);
	for (unsigned i = 0; i < 6; i++) {
		char *uid = mem_printf("u%u", i + 1), *intent = mem_printf("i%u", i + 1);
		char *file = mem_printf("Mail/%s", places[i]);

		put_file(file, LETTER_LF);
		intend(SINK_MAILDIR, "Mail", uid, intent);
		free(file);
		free(intent);
		free(uid);
	}
	ok(open_target(&t, SINK_MAILDIR, "Mail"), "after one that had come to its renames");
	ok(knows(&t, "u1"), "what stands in new is done");
	ok(knows(&t, "u2") && knows(&t, "u4"), "in cur too, under any flags");
	ok(knows(&t, "u3"), "and with what other programs add to the name");
	ok(!knows(&t, "u5"), "a name that only begins so is another's");
	ok(!knows(&t, "u6"), "and what is not visible is fetched again");
	close_target(&t);
}

static void
is_refused(enum sink_kind kind, const char *place, const char *name)
{
	struct target t;

	ok(!open_target(&t, kind, place) && t.err.code == ERR_OUTPUT, "%s", name);
	diag("%s", t.err.text);
	close_target(&t);
}

static void
test_wrong_places(void)
{
	char *path;

	start();
	put_file("file", "x");
	mkdir((path = in_dir("dir")), 0700);
	free(path);
	put_file("dir/letters", "x");
	is_refused(SINK_MAILDIR, "file", "a file is no Maildir");
	is_refused(SINK_MAILDIR, "file/Mail", "nor a place for one");
	is_refused(SINK_MAILDIR, "dir", "nor is a directory with other things in it");
	ok(!exists("dir/new") && !exists("dir/cur") && !exists("dir/tmp"), "which stays as it is");
	is_refused(SINK_MBOX, "dir", "a directory is no mbox");
	is_refused(SINK_MBOX, "file/mbox", "nor a place for one");
	is_refused(SINK_MBOX, "nowhere/mbox", "and none is made for it");
	is_refused(SINK_MBOX, "!/dev/null", "a device swallows mail");
	mkfifo((path = in_dir("fifo")), 0600);
	free(path);
	is_refused(SINK_MBOX, "fifo", "so does a named pipe");
}

/* ---- mbox ---- */

#define QUOTED "Return-Path: <a@b.example>\r\n\r\nFrom x\r\n>From y\r\nend\r\n"
#define QUOTED_LF "Return-Path: <a@b.example>\n\n>From x\n>>From y\nend\n\n"

/* What stands in "mbox", its From_ lines cut down to "From sender". */
static void
mbox_holds(const char *want, const char *name)
{
	struct buf b = contents("mbox"), out = {0};

	buf_add_str(&out, "");
	for (char *line = b.data, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (strncmp(line, "From ", 5) == 0) {
			buf_add(&out, line, 5 + strcspn(line + 5, " \n"));
			buf_add_char(&out, '\n');
		} else {
			buf_add(&out, line, (size_t)(end - line));
		}
	}
	is_str(out.data, want, name);
	buf_free(&b);
	buf_free(&out);
}

static void
appends_to(const char *before, const char *want, const char *name)
{
	struct target t;

	start();
	put_file("mbox", before);
	ok(open_target(&t, SINK_MBOX, "mbox") && push(&t, "1", QUOTED) && settle(&t), "%s", name);
	mbox_holds(want, "a message begins behind an empty line");
	ok(!exists("mbox.lock") && !exists("mbox.lock.new"), "no lock stays");
	close_target(&t);
}

static void
test_mbox(void)
{
	struct target t;
	struct buf spool;

	appends_to("", "From a@b.example\n" QUOTED_LF, "into a new mbox");
	appends_to("From x\n\nold\n\n", "From x\n\nold\n\nFrom a@b.example\n" QUOTED_LF,
		   "behind an empty line");
	appends_to("From x\n\nold\n", "From x\n\nold\n\nFrom a@b.example\n" QUOTED_LF,
		   "behind a line");
	appends_to("From x\n\nold", "From x\n\nold\n\nFrom a@b.example\n" QUOTED_LF,
		   "behind half a line");
	appends_to("\n", "\nFrom a@b.example\n" QUOTED_LF, "behind a line end alone");
	start();
	open_target(&t, SINK_MBOX, "mbox");
	ok(push(&t, "1", LETTER) && push_part(&t, "2", LETTER), "of a whole and a torn message");
	t.err.code = ERR_NO_INPUT;
	ok(abandon(&t) && push(&t, "3", "\r\nthird\r\n"), "(the next being whole)");
	mbox_holds("", "nothing is there before it is settled");
	ok(settle(&t) && safe(&t) == 2, "two arrive");
	mbox_holds("From MAILER-DAEMON\n" LETTER_LF "\nFrom MAILER-DAEMON\n\nthird\n\n", "whole");
	ok(push(&t, "4", LETTER), "what is not settled");
	close_target(&t);
	mbox_holds("From MAILER-DAEMON\n" LETTER_LF "\nFrom MAILER-DAEMON\n\nthird\n\n",
		   "does not arrive");
	start();
	open_target(&t, SINK_MBOX, "mbox");
	push(&t, "1", LETTER);
	settle(&t);
	close_target(&t);
	spool = contents("state/pop3,alice,pop.example.org,INBOX/.mbox");
	is_number(files_in("state/pop3,alice,pop.example.org,INBOX", NULL), 2,
		  "beside lock and journal nothing is seen");
	buf_free(&spool);
}

static void
test_mbox_replaced(void)
{
	struct target t;
	char *old = NULL, *path;

	start();
	open_target(&t, SINK_MBOX, "mbox");
	push(&t, "1", LETTER);
	settle(&t);
	path = in_dir("mbox");
	old = in_dir("mbox.old");
	rename(path, old);
	ok(push(&t, "2", "\r\nsecond\r\n") && settle(&t), "an mbox that was moved away meanwhile");
	mbox_holds("From MAILER-DAEMON\n\nsecond\n\n", "is begun anew");
	unlink(path);
	ok(push(&t, "3", "\r\nthird\r\n") && settle(&t), "one that was removed");
	mbox_holds("From MAILER-DAEMON\n\nthird\n\n", "too");
	close_target(&t);
	free(path);
	free(old);
}

#define WHOLE "From x\n\nold\n\nFrom a@b.example\n" QUOTED_LF "From MAILER-DAEMON\n" LETTER_LF "\n"

#define ALL SIZE_MAX

/* As a run leaves it that is killed in the middle of an append: the intent, the spool, and KEPT
 * bytes behind what stood in the mbox, or ALL. */
static size_t kept;

static void
append_and_die(void)
{
	struct target t;
	struct buf before = contents("mbox"), after;

	open_target(&t, SINK_MBOX, "mbox");
	push(&t, "1", QUOTED);
	push(&t, "2", LETTER);
	settle(&t);
	after = contents("mbox");
	if (kept != ALL)
		after.data[before.len + kept] = '\0';
	put_file("mbox", after.data);
	buf_free(&before);
	buf_free(&after);
}

/* What append_and_die() recorded as done is taken out of the journal again. */
static void
forget_done(void)
{
	char *command =
	    mem_printf("cd '%s/state/pop3,alice,pop.example.org,INBOX' && for f in mbox,*; do "
		       "grep -v '^=' \"$f\" >x; mv x \"$f\"; done",
		       dir);

	if (system(command) != 0)
		diag("no journal");
	free(command);
}

static void
mbox_torn_at(size_t at, const char *behind, const char *want, bool done, const char *name)
{
	struct target t;
	struct buf b;

	start();
	put_file("mbox", "From x\n\nold\n");
	kept = at;
	killed(append_and_die);
	forget_done();
	b = contents("mbox");
	buf_add_str(&b, behind);
	put_file("mbox", b.data);
	buf_free(&b);
	ok(open_target(&t, SINK_MBOX, "mbox"), "%s", name);
	mbox_holds(want, "is cut back, or stays");
	ok(knows(&t, "1") == done && knows(&t, "2") == done, "%s", done ? "done" : "not done");
	close_target(&t);
}

static void
test_mbox_killed(void)
{
	const char *const old = "From x\n\nold\n";

	mbox_torn_at(0, "", old, false, "a kill before the first byte");
	mbox_torn_at(1, "", old, false, "behind the empty line");
	mbox_torn_at(2, "", old, false, "behind one byte");
	mbox_torn_at(60, "", old, false, "within the first message");
	mbox_torn_at(150, "", old, false, "within the second");
	mbox_torn_at(ALL, "", WHOLE, true, "a kill behind the last byte");
	mbox_torn_at(ALL, "From other@x\n\nother\n\n", WHOLE "From other@x\n\nother\n\n", true,
		     "even where another program wrote since");
	mbox_torn_at(
	    60, "\nFrom other@x\n\nother\n\n",
	    "From x\n\nold\n\nFrom a@b.example\nReturn-Path: <a@b\nFrom other@x\n\nother\n\n",
	    false, "where another program wrote since, nothing of its");
}

/* A run on one mailbox is killed AT bytes into its append; the next one is on another mailbox. */
static void
mbox_shared(size_t at, const char *want, bool done, const char *name)
{
	struct target t;

	start();
	put_file("mbox", "From x\n\nold\n");
	kept = at;
	killed(append_and_die);
	forget_done();
	mailbox = "pop3 bob pop.example.org INBOX";
	ok(open_target(&t, SINK_MBOX, "mbox") && push(&t, "1", LETTER) && settle(&t), "%s", name);
	close_target(&t);
	mailbox = inbox;
	mbox_holds(want, "another mailbox's messages come after whole ones");
	ok(open_target(&t, SINK_MBOX, "mbox"), "and the first one goes on");
	mbox_holds(want, "without any change");
	ok(knows(&t, "1") == done && knows(&t, "2") == done, "%s", done ? "done" : "not done");
	close_target(&t);
}

/* While a run lives, its journal is its own. */
static void
test_mbox_of_two(void)
{
	struct target t, other;

	mbox_shared(0, "From x\n\nold\n\nFrom MAILER-DAEMON\n" LETTER_LF "\n", false,
		    "a kill before the first byte");
	mbox_shared(60, "From x\n\nold\n\nFrom MAILER-DAEMON\n" LETTER_LF "\n", false,
		    "a kill within a message");
	mbox_shared(ALL, WHOLE "From MAILER-DAEMON\n" LETTER_LF "\n", true,
		    "a kill behind the last byte");
	start();
	open_target(&t, SINK_MBOX, "mbox");
	ok(push(&t, "1", LETTER), "a run that has spooled a message");
	mailbox = "pop3 bob pop.example.org INBOX";
	ok(open_target(&other, SINK_MBOX, "mbox"), "and another one beside it");
	ok(push(&other, "1", LETTER) && settle(&other) && settle(&t), "deliver");
	close_target(&other);
	mailbox = inbox;
	close_target(&t);
	mbox_holds("From MAILER-DAEMON\n" LETTER_LF "\nFrom MAILER-DAEMON\n" LETTER_LF "\n",
		   "both");
}

/* ---- locks ---- */

static void
age(const char *name, time_t seconds)
{
	char *path = in_dir(name);
	const struct timespec times[2] = {{.tv_sec = time(NULL) - seconds},
					  {.tv_sec = time(NULL) - seconds}};

	utimensat(AT_FDCWD, path, times, 0);
	free(path);
}

static void
is_stale(const char *lock, time_t seconds, const char *name)
{
	struct target t;

	start();
	put_file("mbox.lock", lock);
	age("mbox.lock", seconds);
	ok(open_target(&t, SINK_MBOX, "mbox") && push(&t, "1", LETTER) && settle(&t), "%s", name);
	ok(!exists("mbox.lock"), "is taken away");
	close_target(&t);
}

static void
test_locks(void)
{
	struct target t;
	struct stat st;
	char *text, host[256] = "";
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	gethostname(host, sizeof host - 1);
	text = mem_printf("%ld:%s\n", (long)pid, host);
	is_stale(text, 0, "the dot-lock of a dead process");
	free(text);
	text = mem_printf("%ld:%s\n", (long)getpid(), host);
	is_stale(text, 0, "one with our own number (a container's), that we did not make");
	free(text);
	if (stat("/proc/self/ns/pid", &st) == 0) {
		text = mem_printf("%ld:%s:%ju\n", (long)getppid(), host, (uintmax_t)st.st_ino);
		is_stale(text, 0, "one of ours that nobody holds, whoever has its number now");
		free(text);
	}
	is_stale("", 3600, "an empty one of an hour ago");
	is_stale("1\n", 3600, "one that a living process holds for an hour");
	start();
	put_file("mbox.lock.new", "");
	ok(open_target(&t, SINK_MBOX, "mbox") && !exists("mbox.lock.new"),
	   "what a kill left of a lock being made is taken away");
	close_target(&t);
}

/* LOCK is as old as that by a clock that is far ahead. */
static void
lives_on(const char *lock, time_t seconds, const char *name)
{
	struct target t;

	start();
	put_file("mbox.lock", lock);
	age("mbox.lock", seconds);
	open_target(&t, SINK_MBOX, "mbox");
	holds("mbox.lock", lock, name);
	close_target(&t);
}

static void
test_clock_ahead(void)
{
	char host[256] = "", *text;
	struct mbox_lock l;
	struct target t;
	struct err e;
	char *path;
	int fd;

	gethostname(host, sizeof host - 1);
	text = mem_printf("%ld:%s\n", (long)getppid(), host);
	lives_on(text, 3600, "a lock of a living process is not too old after an hour");
	free(text);
	lives_on("1\n", (time_t)20 * 365 * 24 * 3600, "nor is any after twenty years");
	start();
	put_file("mbox", "");
	path = in_dir("mbox");
	fd = open(path, O_RDWR | O_CLOEXEC);
	ok(mbox_lock(&l, fd, path, &e), "a lock of our own");
	free(path);
	put_file("mbox.lock", "1\n");
	age("mbox.lock", 3600);
	open_target(&t, SINK_MBOX, "mbox");
	holds("mbox.lock", "1\n", "is not taken for stale as long as we live, whatever is in it");
	close_target(&t);
	mbox_unlock(&l);
	ok(!exists("mbox.lock"), "and is removed by its owner");
	close(fd);
}

/* Locks that cannot be judged here: of another host, of another container on this one, a number of
 * whatever host. */
static void
are_left_alone(void)
{
	char host[256] = "", *texts[3], *path;
	struct target t;

	gethostname(host, sizeof host - 1);
	texts[0] = mem_printf("999999999:somewhere.else.example\n");
	texts[1] = mem_printf("999999999:%s:1\n", host);
	texts[2] = mem_printf("999999999\n");
	for (size_t i = 0; i < 3; i++) {
		start();
		put_file("mbox.lock", texts[i]);
		open_target(&t, SINK_MBOX, "mbox");
		holds("mbox.lock", texts[i], "a lock of a process that is not ours to judge");
		close_target(&t);
		free(texts[i]);
	}
	start();
	path = in_dir("mbox.lock");
	ok(mkfifo(path, 0600) == 0 && open_target(&t, SINK_MBOX, "mbox"),
	   "a FIFO as the lock is not waited for");
	close_target(&t);
	free(path);
}

/* Our mbox, which somebody else replaces while we are at work, is not closed twice: its number may
 * be another file's by then. */
static void
test_replaced_by_other(const char *path)
{
	struct target t;
	int other;

	open_target(&t, SINK_MBOX, "spool/alice");
	push(&t, "1", LETTER);
	unlink(path);
	put_file("spool/alice", "");
	ok(chown(path, 65534, 65534) == 0 && !settle(&t) && t.err.code == ERR_OUTPUT,
	   "somebody else's mbox in the place of ours");
	other = open("/dev/null", O_RDONLY);
	close_target(&t);
	ok(fcntl(other, F_GETFD) >= 0, "closes no other file");
	close(other);
}

/* A spool directory that all share. */
static void
test_shared_directory(void)
{
	struct target t;
	char *spool, *path, *target;

	start();
	spool = in_dir("spool");
	path = in_dir("spool/alice");
	target = in_dir("target");
	mkdir(dir, 0700);
	ok(mkdir(spool, 0700) == 0 && chmod(spool, 01777) == 0, "a directory that all share");
	ok(open_target(&t, SINK_MBOX, "spool/alice"), "an mbox of our own");
	close_target(&t);
	put_file("target", "");
	ok(unlink(path) == 0 && symlink(target, path) == 0 &&
	       open_target(&t, SINK_MBOX, "spool/alice"),
	   "a link of our own");
	close_target(&t);
	if (geteuid() == 0) {
		ok(lchown(path, 65534, 65534) == 0 && !open_target(&t, SINK_MBOX, "spool/alice") &&
		       t.err.code == ERR_OUTPUT,
		   "somebody else's link");
		close_target(&t);
		ok(unlink(path) == 0 && mkdir(path, 0777) == 0 && chown(path, 65534, 65534) == 0 &&
		       !open_target(&t, SINK_MAILDIR, "spool/alice"),
		   "somebody else's Maildir");
		close_target(&t);
		ok(rmdir(path) == 0, "that is gone");
		test_replaced_by_other(path);
	}
	free(spool);
	free(path);
	free(target);
}

static void
test_living_lock(void)
{
	struct target t;
	char *text = mem_printf("%ld:somewhere.else.example\n", 999999999L);

	are_left_alone();
	test_shared_directory();
	start();
	stop_install();
	put_file("mbox.lock", text);
	open_target(&t, SINK_MBOX, "mbox");
	push(&t, "1", LETTER);
	raise(SIGTERM); /* the wait of 30 seconds ends with it */
	ok(!settle(&t) && t.err.code == ERR_TEMPORARY, "a lock of another machine is no dead one");
	holds("mbox.lock", text, "and left alone");
	holds("mbox", "", "and nothing is written");
	is_number(safe(&t), 0, "nor safe");
	ok(!push(&t, "2", LETTER) || !settle(&t), "nothing is delivered after a failure");
	close_target(&t);
	free(text);
}

/* ---- commands ---- */

static void
command_says(const char *command, const char *letter, const char *want)
{
	struct target t;
	char *line = mem_printf("!cd %s && %s", dir, command);

	open_target(&t, SINK_COMMAND, line);
	if (!push(&t, "1", letter))
		diag("%s", t.err.text);
	close_target(&t);
	holds("said", want, command);
	free(line);
}

#define HOSTILE                                                                   \
	"Return-Path: <\"$(touch${IFS}evil);'`touch${IFS}evil`'\"@x.example>\r\n" \
	"Delivered-To: bob+a'b@y.example\r\n\r\nx\r\n"

static void
test_commands(void)
{
	start();
	command_says("cat >said", LETTER, LETTER_LF);
	command_says("echo %F %T >said", "Return-Path: <a@x>\r\nDelivered-To: b@y\r\n\r\n",
		     "a@x b@y\n");
	command_says("echo %F,%T, >said", LETTER, "MAILER-DAEMON,,\n");
	command_says("echo 100%% %x >said", LETTER, "100% %x\n");
	command_says("echo $SENDER $RECIPIENT $ACCOUNT >said",
		     "Return-Path: <a@x>\r\nEnvelope-To: b@y\r\n\r\n", "a@x b@y work\n");
	command_says("printf '%%s\\n' \"$SENDER\" >said", HOSTILE,
		     "\"$(touch${IFS}evil);'`touch${IFS}evil`'\"@x.example\n");
	command_says("printf %%s %F >said", HOSTILE,
		     "___touch__IFS_evil____touch__IFS_evil___@x.example");
	command_says("sh -c \"echo $(echo %F) %T\" >said", HOSTILE,
		     "___touch__IFS_evil____touch__IFS_evil___@x.example bob+a_b@y.example\n");
	command_says("echo \"$RECIPIENT\" >said", HOSTILE, "bob+a'b@y.example\n");
	command_says("printf '%%s.' \"%T\" %T '%T' >said", LETTER, "...");
	command_says("echo '%F' \"%F\" >said", HOSTILE,
		     "___touch__IFS_evil____touch__IFS_evil___@x.example "
		     "___touch__IFS_evil____touch__IFS_evil___@x.example\n");
	command_says("echo \"$(echo %F)\" `echo %F` >said", HOSTILE,
		     "___touch__IFS_evil____touch__IFS_evil___@x.example "
		     "___touch__IFS_evil____touch__IFS_evil___@x.example\n");
	command_says("echo %T, '' >said", HOSTILE, "bob+a_b@y.example, \n");
	command_says("echo %F, \"\" >said", LETTER, "MAILER-DAEMON, \n");
	command_says("echo %F. >said", "Return-Path: <-oops@x>\r\n\r\n", "MAILER-DAEMON.\n");
	command_says("echo %F. >said", "Return-Path: <a b@x>\r\n\r\n", "MAILER-DAEMON.\n");
	ok(!exists("evil"), "no header runs a program");
}

static void
test_command_failures(void)
{
	struct target t;
	struct buf big = {0};
	char *path;

	start();
	open_target(&t, SINK_COMMAND, "!exit 75");
	ok(!push(&t, "1", LETTER) && t.err.code == ERR_TEMPORARY, "75 is not delivered");
	ok(abandon(&t), "and the next one is tried");
	close_target(&t);
	open_target(&t, SINK_COMMAND, "!kill -9 $$");
	ok(!push(&t, "1", LETTER) && t.err.code == ERR_TEMPORARY, "nor is one killed by a signal");
	close_target(&t);
	open_target(&t, SINK_COMMAND, "!no-such-command-here");
	ok(!push(&t, "1", LETTER) && t.err.code == ERR_CONFIG && !abandon(&t),
	   "a command that isn't there ends it all");
	close_target(&t);
	open_target(&t, SINK_COMMAND, "!true; no-such-command-here 2>/dev/null");
	ok(!push(&t, "1", LETTER) && t.err.code == ERR_CONFIG, "in a shell too");
	close_target(&t);
	buf_add_str(&big, "Subject: big\r\n\r\n");
	while (big.len < 3 * 1024 * 1024)
		buf_add_str(&big, "0123456789 0123456789 0123456789 0123456789 0123456789\r\n");
	open_target(&t, SINK_COMMAND, "!exit 0");
	ok(push(&t, "1", big.data), "a command may leave it unread");
	close_target(&t);
	path = in_dir("said");
	{
		char *line = mem_printf("!cat >%s", path);
		struct buf said;

		open_target(&t, SINK_COMMAND, line);
		push_part(&t, "1", big.data);
		t.err.code = ERR_NO_INPUT;
		ok(abandon(&t) && !exists("said"), "a torn message starts no command");
		ok(push(&t, "2", big.data) && push(&t, "3", LETTER), "a large one goes through");
		holds("said", LETTER_LF, "and a small one behind it");
		push(&t, "4", big.data);
		said = contents("said");
		is_number(said.len, big.len - (big.len - 16) / 56 - 2, "with all its bytes");
		buf_free(&said);
		close_target(&t);
		free(line);
	}
	free(path);
	buf_free(&big);
}

/* ---- standard output ---- */

/* WRITE with standard output into FILE. */
static void
into_file(void (*write)(struct target *t), const char *file)
{
	const pid_t pid = fork();
	struct target t;
	char *path = in_dir(file);

	if (pid == 0) {
		const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(fd, STDOUT_FILENO);
		if (open_target(&t, SINK_MBOX_STDOUT, NULL)) {
			write(&t);
			close_target(&t);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	free(path);
}

static void
whole_and_torn(struct target *t)
{
	push(t, "1", LETTER);
	push_part(t, "2", "Subject: torn\r\n\r\nhalf");
	t->err.code = ERR_NO_INPUT;
	abandon(t);
	push(t, "3", LETTER);
	push_part(t, "4", "Subject: torn\r\n\r\nhalf");
	delivery_receiver.abandon(t->delivery, &(struct message_info){0}, NULL);
	settle(t);
}

static void
large_and_torn(struct target *t)
{
	push(t, "1", LETTER);
	for (int i = 0; i < 2; i++) {
		push_part(t, "2", "Subject: torn\r\n\r\n");
		for (int k = 0; k < 200000; k++)
			delivery_receiver.data(t->delivery, "0123456789\r\n", 12, &t->err);
		t->err.code = ERR_NO_INPUT;
		abandon(t);
	}
	push(t, "3", LETTER);
	settle(t);
}

static void
test_stdout(void)
{
	start();
	into_file(whole_and_torn, "mbox");
	mbox_holds("From MAILER-DAEMON\n" LETTER_LF "\nFrom MAILER-DAEMON\n" LETTER_LF "\n",
		   "standard output gets whole messages only");
	start();
	into_file(large_and_torn, "mbox");
	mbox_holds("From MAILER-DAEMON\n" LETTER_LF "\nFrom MAILER-DAEMON\n" LETTER_LF "\n",
		   "however large the torn ones are");
}

/* A reader that takes nothing for a moment, then all, or goes away. */
static bool
is_settled_for(bool takes, bool is_socket)
{
	int ends[2];
	pid_t reader, pid;
	struct target t;
	int status = 0;

	if ((is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends)) != 0)
		abort();
	reader = fork();
	if (reader == 0) {
		char bytes[4096];

		close(ends[1]);
		usleep(200000);
		while (takes && read(ends[0], bytes, sizeof bytes) > 0)
			continue;
		_exit(0);
	}
	close(ends[0]);
	pid = fork();
	if (pid == 0) {
		struct timespec before, after;

		dup2(ends[1], STDOUT_FILENO);
		close(ends[1]);
		stop_install();
		clock_gettime(CLOCK_MONOTONIC, &before);
		if (!open_target(&t, SINK_MBOX_STDOUT, NULL) || !push(&t, "1", LETTER) ||
		    !settle(&t))
			_exit(1);
		clock_gettime(CLOCK_MONOTONIC, &after);
		_exit((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec -
				  before.tv_nsec >
			      150000000L
			  ? 0
			  : 2);
	}
	close(ends[1]);
	waitpid(pid, &status, 0);
	waitpid(reader, NULL, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_readers(void)
{
	start();
	ok(is_settled_for(true, false), "what stands in a pipe is not safe before it is read");
	ok(!is_settled_for(false, false), "nor when its reader goes away");
#ifdef __linux__
	ok(is_settled_for(true, true), "the same with a socket");
	ok(!is_settled_for(false, true), "and its reader");
#endif
}

/* ---- names ---- */

static void
is_destination(const char *path, const char *want)
{
	const struct sink_spec spec = {.kind = SINK_MAILDIR, .place = path};
	struct err e;
	char *got = sink_destination(&spec, &e);

	is_str(got, want, path);
	free(got);
}

static void
test_destinations(void)
{
	char *cwd = getcwd(NULL, 0), *want = mem_printf("maildir %s/Mail", cwd);

	is_destination("/home/a/Mail", "maildir /home/a/Mail");
	is_destination("/home/a/Mail/", "maildir /home/a/Mail");
	is_destination("//home///a/./Mail/.", "maildir /home/a/Mail");
	is_destination("/home/../a/.Mail", "maildir /a/.Mail");
	is_destination("/", "maildir /");
	is_destination("/./", "maildir /");
	is_destination("Mail", want);
	is_destination("./Mail/", want);
	free(cwd);
	free(want);
}

int
main(void)
{
	char *remove;

	if (!mkdtemp(root))
		return EXIT_FAILURE;
	signal(SIGPIPE, SIG_IGN);
	test_destinations();
	test_maildir();
	test_maildir_killed();
	test_maildir_unreadable();
	test_wrong_places();
	test_mbox();
	test_mbox_replaced();
	test_mbox_killed();
	test_mbox_of_two();
	test_locks();
	test_commands();
	test_command_failures();
	test_stdout();
	test_readers();
	test_clock_ahead();
	test_living_lock(); /* the last: it is stopped by a signal */
	remove = mem_printf("rm -rf %s", root);
	if (system(remove) != 0)
		diag("%s is left", root);
	free(remove);
	free(dir);
	return tap_done();
}
