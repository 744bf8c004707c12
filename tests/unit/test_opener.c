/* SPDX-License-Identifier: ISC */
#include "msend/opener.h"

#include <fcntl.h>
#include <stdio.h>
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
	struct opener *o = opener_start(begin, next, &at, &e);

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
	struct opener *o = opener_start(begin, next, &at, &e);

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
	struct opener *o = opener_start(begin, next_late, &at, &e);

	alarm(GRACE_S);
	ok(opener_ask(o, &item, &e) == OPENED_FILE,
	   "a message is passed on before the next is there");
	close(item.fd);
	opener_end(o);
	alarm(0);
	ok(true, "the end does not wait for it");
}

int
main(void)
{
	test_files();
	test_lost_reply();
	test_end();
	return tap_done();
}
