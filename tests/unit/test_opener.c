/* SPDX-License-Identifier: ISC */
#include "msend/opener.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "tap.h"

enum { GRACE_S = 5 };

static void
begin(void *ctx)
{
	(void)ctx;
}

/* Opens each name of CTX, which ends with a NULL. A name that is empty is a descriptor that cannot
 * be passed on. */
static enum opened
next(void *ctx, struct item *item, struct err *e)
{
	const char *const **names = ctx, *name = **names;

	*e = (struct err){0};
	if (!name)
		return OPENED_END;
	++*names;
	snprintf(item->name, sizeof item->name, "%s", name);
	item->fd = name[0] ? open(name, O_RDONLY | O_CLOEXEC) : 1 << 20;
	if (item->fd >= 0)
		return OPENED_FILE;
	err_set(e, ERR_NO_INPUT, "it is not there");
	return OPENED_NONE;
}

static void
test_files(void)
{
	const char *const names[] = {"/dev/null", "/nonexistent", NULL}, *const *at = names;
	struct item item;
	struct err e;
	struct opener *o = opener_start(OPENER_AHEAD_MAX, begin, next, &at, &e);

	ok(o && opener_ask(o, &item, &e) == OPENED_FILE && e.code == ERR_NONE &&
	       fcntl(item.fd, F_GETFD) == FD_CLOEXEC,
	   "a file is passed on, close-on-exec");
	is_str(item.name, "/dev/null", "with its name");
	close(item.fd);
	ok(opener_ask(o, &item, &e) == OPENED_NONE && e.code == ERR_NO_INPUT,
	   "one that cannot be opened is not the end");
	ok(opener_ask(o, &item, &e) == OPENED_END && e.code == ERR_NONE, "the end is no error");
	opener_end(o);
}

static void
test_lost_reply(void)
{
	const char *const names[] = {"", NULL}, *const *at = names;
	struct item item;
	struct err e;
	struct opener *o = opener_start(OPENER_AHEAD_MAX, begin, next, &at, &e);

	alarm(GRACE_S);
	ok(opener_ask(o, &item, &e) == OPENED_END && e.code == ERR_TEMPORARY,
	   "a file that cannot be passed on ends the batch, and nobody waits for it");
	alarm(0);
	opener_end(o);
}

/* The first message, and then nothing for a long time, as names on standard input may come. */
static enum opened
next_late(void *ctx, struct item *item, struct err *e)
{
	static int calls;

	if (calls++ > 0)
		pause();
	return next(ctx, item, e);
}

static void
test_end(void)
{
	const char *const names[] = {"/dev/null", "/dev/zero", NULL}, *const *at = names;
	struct item item;
	struct err e;
	struct opener *o = opener_start(OPENER_AHEAD_MAX, begin, next_late, &at, &e);

	alarm(GRACE_S);
	ok(opener_ask(o, &item, &e) == OPENED_FILE,
	   "a message is passed on before the next is there");
	close(item.fd);
	opener_end(o);
	alarm(0);
	ok(true, "the end does not wait for it");
}

/* Counts its calls, each for one more file, in shared memory. */
static enum opened
next_counted(void *ctx, struct item *item, struct err *e)
{
	_Atomic unsigned *calls = ctx;

	*e = (struct err){0};
	snprintf(item->name, sizeof item->name, "%u", ++*calls);
	item->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return OPENED_FILE;
}

/* Takes COUNT files. */
static bool
take_in_order(struct opener *o, unsigned count)
{
	char expected[16];
	struct item item;
	struct err e;

	for (unsigned i = 1; i <= count; i++) {
		snprintf(expected, sizeof expected, "%u", i);
		if (opener_ask(o, &item, &e) != OPENED_FILE || strcmp(item.name, expected) != 0)
			return false;
		close(item.fd);
	}
	return true;
}

static void
test_ahead(unsigned ahead)
{
	enum { TAKEN = 100 };
	_Atomic unsigned *calls =
	    mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct err e;
	struct opener *o = opener_start(ahead, begin, next_counted, calls, &e);

	ok(take_in_order(o, TAKEN), "each message once and in order, %u ahead", ahead);
	usleep(100 * 1000); /* for as many as it will open */
	ok(*calls > TAKEN && *calls <= TAKEN + ahead, "no more than %u are open ahead", ahead);
	opener_end(o);
	munmap(calls, sizeof *calls);
}

/* The process may have ended long before its last replies are taken. */
static void
test_end_ahead(void)
{
	const char *const names[] = {"/dev/null", "/dev/zero", "/dev/null", "/dev/zero",
				     "/dev/null", "/dev/zero", NULL};
	const char *const *at = names;
	struct item item;
	struct err e;
	struct opener *o = opener_start(OPENER_AHEAD_MAX, begin, next, &at, &e);
	size_t count = 0;

	while (opener_ask(o, &item, &e) == OPENED_FILE) {
		close(item.fd);
		count++;
		usleep(50 * 1000); /* for it to end */
	}
	ok(count == 6 && e.code == ERR_NONE, "all messages before the end arrive");
	opener_end(o);
}

int
main(void)
{
	test_files();
	test_lost_reply();
	test_end();
	test_end_ahead();
	test_ahead(1);
	test_ahead(3);
	test_ahead(OPENER_AHEAD_MAX);
	return tap_done();
}
