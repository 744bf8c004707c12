/* SPDX-License-Identifier: ISC */
/*
 * A journal with whatever lines: damaged, or read, settled, written to, rewritten and read again
 * with the same knowledge. The first byte says which UIDVALIDITY the server has now.
 */
#include "journal/journal.h"
#include "journal/journal_former.h"
#include "journal/journal_record.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "fuzz.h"
#include "open_journal.h"

#define MAILBOX "m"
#define DESTINATION "d"
#define HEAD "mailverbs journal 2 " MAILBOX " " DESTINATION "\n"
#define PRINT "0123456789abcdef0123456789abcdef"

static char dir[] = "/tmp/fuzz_journal.XXXXXX";
static char journal[sizeof dir + 8];

static void
remove_all(void)
{
	char path[sizeof journal + 8];

	unlink(journal);
	snprintf(path, sizeof path, "%s/" MAILBOX "/lock", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/" MAILBOX, dir);
	rmdir(path);
	rmdir(dir);
}

static void
make_directory(void)
{
	char path[sizeof journal];

	FUZZ_ASSERT(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/" MAILBOX, dir);
	FUZZ_ASSERT(mkdir(path, 0700) == 0);
	snprintf(journal, sizeof journal, "%s/" MAILBOX "/" DESTINATION, dir);
	atexit(remove_all);
}

static void
write_journal(const uint8_t *lines, size_t n)
{
	const int fd = open(journal, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	FUZZ_ASSERT(fd >= 0 && write(fd, HEAD, strlen(HEAD)) == (ssize_t)strlen(HEAD));
	FUZZ_ASSERT(write(fd, lines, n) == (ssize_t)n);
	close(fd);
}

static bool
was_done(void *ctx, const char *place)
{
	unsigned *count = ctx;

	return strlen(place) % 2 == 0 && ++*count > 0;
}

static struct journal *
open_again(struct journal *s, uint32_t validity)
{
	struct err e = {0};

	journal_close(s);
	s = journal_open(dir, MAILBOX, DESTINATION, &e);
	FUZZ_ASSERT(s);
	journal_set_validity(s, validity);
	return s;
}

static const char *const uids[] = {"1", "2", "9", "10", "4294967295"};

enum { UIDS = sizeof uids / sizeof uids[0] };

static bool known[UIDS];

static void
check_knows(struct journal *s, const char *uid, bool is_known)
{
	FUZZ_ASSERT(journal_has(s, uid, 0, NULL) == is_known);
}

static void
check_known(struct journal *s)
{
	for (size_t i = 0; i < UIDS; i++)
		check_knows(s, uids[i], known[i]);
	check_knows(s, "9", true);
}

/* One is recognised by its header, and what is of another UIDVALIDITY goes, nothing else. */
static void
recognise(struct journal *s, uint32_t validity)
{
	const struct newcomer newcomer = {.uid = "77", .print = PRINT};
	const bool has_former = journal_has_former(s), is_known = journal_has(s, "77", 0, NULL);
	const bool is_recognised = !is_known && journal_recognise(s, &newcomer, 1) == 1;
	struct err e;

	FUZZ_ASSERT(has_former || !is_recognised);
	FUZZ_ASSERT(journal_drop_former(s, &e));
	s = open_again(s, validity);
	FUZZ_ASSERT(!journal_has_former(s));
	check_knows(s, "77", is_known || is_recognised);
	check_known(s);
	journal_close(s);
}

/* A message is delivered. */
static void
use(struct journal *s, uint32_t validity)
{
	struct err e = {0};
	unsigned count = 0;

	journal_set_validity(s, validity);
	journal_each_intent(s, was_done, &count);
	journal_set_fingerprint(s, "9", "fedcba9876543210fedcba9876543210");
	journal_intend(s, "9", "place %\x01");
	journal_done(s, "9");
	for (size_t i = 0; i < UIDS; i++)
		known[i] = journal_has(s, uids[i], 0, NULL);
	FUZZ_ASSERT(journal_write(s, true, &e) && journal_is_written(s));
	s = open_again(s, validity);
	check_known(s);
	recognise(s, validity);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct journal *s;

	if (size == 0)
		return 0;
	if (journal[0] == '\0')
		make_directory();
	write_journal(data + 1, size - 1);
	s = journal_open(dir, MAILBOX, DESTINATION, &e);
	if (s)
		use(s, data[0] % 4);
	else
		FUZZ_ASSERT(e.code == ERR_IO);
	return 0;
}
