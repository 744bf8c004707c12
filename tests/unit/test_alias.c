/* SPDX-License-Identifier: ISC */
#include "message/alias.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "tap.h"

static char path[] = "/tmp/mailverbs-test.XXXXXX";

static struct aliases *
open_text(const char *text, struct err *e)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
	return aliases_open(path, e);
}

static bool
list(void *ctx, const struct address *a, struct err *e)
{
	struct buf *all = ctx;

	(void)e;
	buf_addf(all, "%s%s", all->len ? " " : "", a->addr);
	return true;
}

/* What ADDRESS expands to in the file of A, opened anew as for each message; an error as "! LINE:
 * text". */
static void
stands_for(struct aliases *a, const char *address, const char *want, const char *name)
{
	struct buf all = {0};
	struct err e = {0};
	struct aliases *fresh = a ? aliases_open(path, &e) : NULL;

	buf_add_str(&all, "");
	if (!aliases_expand(fresh, address, list, &all, &e)) {
		buf_clear(&all);
		buf_addf(&all, "! %s", e.text + (e.code == ERR_CONFIG ? strlen(path) + 1 : 0));
	}
	is_str(all.data, want, name);
	buf_free(&all);
	aliases_free(fresh);
}

static void
test_expand(void)
{
	struct err e = {0};
	struct aliases *a = open_text("# who gets what\n"
				      "root: alice, bob@example.org\n"
				      "\n"
				      "Alice : alice@example.org\r\n"
				      "\"two words\": carol\n"
				      "\t, \"d, e\"@example.org,\n"
				      "  # not he\n"
				      "  Eve <eve@example.org>\n"
				      "self: self, alice\n"
				      "plain: \\alice\n"
				      "a: b\nb: c\nc: x@example.org, a\n"
				      "prog: \"|/bin/prog -x\"\n"
				      "file: /var/mail/x\n"
				      "include: :include:/etc/list\n"
				      "bad: a b c\n",
				      &e);

	ok(a, "the file is read");
	stands_for(a, "root", "alice@example.org bob@example.org", "names are looked up again");
	stands_for(a, "ROOT", "alice@example.org bob@example.org", "in any case");
	stands_for(a, "root@localhost", "alice@example.org bob@example.org", "at localhost too");
	stands_for(a, "root@example.org", "root@example.org", "an address with a domain is none");
	stands_for(a, "two words", "carol \"d, e\"@example.org eve@example.org",
		   "a quoted name, and a value of several lines");
	stands_for(a, "self", "self alice@example.org", "a name may stand for itself");
	stands_for(a, "plain", "alice", "a backslash ends it");
	stands_for(a, "nobody", "nobody", "an unknown name stays");
	stands_for(a, "a", "! 13: c: a leads back to it", "a loop is refused");
	stands_for(a, "prog",
		   "! 14: prog: \"|/bin/prog -x\": commands, files and :include: are not done here",
		   "a command is refused");
	stands_for(a, "file",
		   "! 15: file: /var/mail/x: commands, files and :include: are not done here",
		   "a file");
	stands_for(a, "include",
		   "! 16: include: :include:/etc/list: commands, files and :include: are not done "
		   "here",
		   "an included list");
	stands_for(a, "bad", "! 17: bad: a b c is not an address", "what is not an address");
	stands_for(NULL, "root", "root", "without a file all stay");
	aliases_free(a);
	aliases_free(NULL);
}

static void
test_default(void)
{
	struct err e = {0};
	struct aliases *a = open_text("root: daemon\ndefault: me@example.org\n", &e);

	stands_for(a, "www-data", "me@example.org", "default stands for all others");
	stands_for(a, "root", "daemon", "but not for what an alias leads to");
	aliases_free(a);
}

static void
test_bad_file(void)
{
	struct err e = {0};

	ok(!open_text("root: a\nno colon\n", &e) && e.code == ERR_CONFIG, "a line without a colon");
	is_str(e.text + strlen(path), ":2: no 'NAME: ADDRESS, ...'", "is told with its number");
	ok(!open_text("  goes on\n", &e), "a first line that goes on");
	unlink(path);
	ok(!aliases_open(path, &e) && e.code == ERR_CONFIG, "no file");
}

int
main(void)
{
	if (mkstemp(path) < 0)
		abort();
	test_expand();
	test_default();
	test_bad_file();
	return tap_done();
}
