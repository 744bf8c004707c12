/* SPDX-License-Identifier: ISC */
/*
 * Appended to an mbox file (mboxrd).
 *
 * A group of messages is first collected in a spool file beside the journal, so the mbox is locked
 * only for the moment in which a group is copied to its end, not while a network is slow. The
 * intent names that place: the file's length before, the length of the separator and that of the
 * group.
 *
 * The spool is emptied only when "done" is recorded: after a kill the mbox is compared with it. If
 * the mbox has the whole group, it is done. If the file ends within the group, the tail is ours and
 * is cut off. Otherwise, another program has written since: the mbox is left alone and the group is
 * fetched again, because a duplicate is better than a lost message.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "deliver/mbox_lock.h"
#include "deliver/sink.h"
#include "deliver/sinks.h"
#include "deliver/writer.h"
#include "journal/journal.h"
#include "journal/journal_peek.h"
#include "journal/journal_record.h"

enum { BLOCK = 64 * 1024 };

struct mbox {
	const char *path;
	struct journal *journal;
	char *spool_path;
	int fd;
	struct mbox_lock lock;
	int spool;
	struct writer writer;   /* into the spool */
	uint64_t message_start; /* in the spool */
	char **uids;            /* of the group; items may be NULL */
	size_t count;
	bool is_copied;     /* the group is in the mbox */
	char *judged_place; /* see intent_was_done() */
	bool judged_done;
	struct err failure;
};

/* The place of a group in the mbox, or the place that it will get. */
struct place {
	int64_t start;     /* the mbox's length before */
	int64_t separator; /* line ends that were missing there */
	int64_t length;    /* of the group */
};

static char *
place_text(const struct place *p)
{
	return mem_printf("%" PRId64 ":%" PRId64 ":%" PRId64, p->start, p->separator, p->length);
}

/* The N bytes at OFFSET of the mbox against the first N of the spool. *SAME counts up to
 * the first difference, or an end. */
static bool
compare(const struct mbox *m, int64_t offset, int64_t n, int64_t *same)
{
	static const size_t block = BLOCK;
	char *a = mem_alloc(2 * block), *b = a + block;
	bool ok = true;

	*same = 0;
	while (*same < n) {
		const size_t want = n - *same < BLOCK ? (size_t)(n - *same) : block;
		const ssize_t got_a = pread(m->fd, a, want, offset + *same),
			      got_b = pread(m->spool, b, want, *same);
		const ssize_t both = got_a < got_b ? got_a : got_b;
		ssize_t i = 0;

		ok = got_a >= 0 && got_b >= 0;
		while (i < both && a[i] == b[i])
			i++;
		*same += i;
		if (!ok || i < (ssize_t)want)
			break;
	}
	free(a);
	return ok;
}

enum verdict { NOT_THERE, THERE, TORN };

/* Between START and END there are but line ends. */
static bool
is_separator(const struct mbox *m, int64_t start, int64_t end)
{
	char bytes[2];
	const size_t n = (size_t)(end - start);

	return n <= sizeof bytes && pread(m->fd, bytes, n, start) == (ssize_t)n &&
	       memcmp(bytes, "\n\n", n) == 0;
}

static enum verdict
judge(const struct mbox *m, const struct place *p)
{
	const int64_t group = p->start + p->separator;
	struct stat st;
	int64_t same;

	if (fstat(m->fd, &st) != 0 || st.st_size <= p->start)
		return NOT_THERE;
	if (st.st_size <= group)
		return is_separator(m, p->start, st.st_size) ? TORN : NOT_THERE;
	if (!compare(m, group, p->length, &same))
		return NOT_THERE;
	if (same == p->length)
		return THERE;
	return group + same == st.st_size ? TORN : NOT_THERE;
}

/* For the link and for the file that it leads to. */
static bool
check_owners(const char *path, struct err *e)
{
	char *real = file_real_path(path);
	const bool ok = file_check_owner(path, e) && file_check_owner(real, e);

	free(real);
	return ok;
}

static bool
check_is_file(const char *path, mode_t mode, struct err *e)
{
	return S_ISREG(mode) || err_set(e, ERR_OUTPUT, "%s: not a regular file", path);
}

/* As open(2) would: PATH is there, with the attributes ST. */
static bool
check_existing(const char *path, const struct stat *st, struct err *e)
{
	errno = EISDIR;
	if (S_ISDIR(st->st_mode) || access(path, R_OK | W_OK) != 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", path);
	return check_is_file(path, st->st_mode, e);
}

static bool
mbox_check(const struct sink_spec *spec, struct err *e)
{
	struct stat st;
	char *real;
	bool ok;

	if (!check_owners(spec->place, e))
		return false;
	if (stat(spec->place, &st) == 0)
		return check_existing(spec->place, &st, e);
	if (errno != ENOENT)
		return err_set_errno(e, ERR_OUTPUT, "%s", spec->place);
	real = file_real_path(spec->place);
	ok = file_check_can_make(real, false, e);
	free(real);
	return ok;
}

/* In a directory that all share, a link is followed only if it is one of ours, which stays so, and
 * never if it appears meanwhile. */
static bool
open_mbox(struct mbox *m, struct err *e)
{
	struct stat st;
	const bool is_link = lstat(m->path, &st) == 0 && S_ISLNK(st.st_mode);

	if (!check_owners(m->path, e))
		return false;
	m->fd =
	    open(m->path,
		 O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC | (is_link ? 0 : O_NOFOLLOW),
		 0600);
	if (m->fd < 0 || fstat(m->fd, &st) != 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", m->path);
	if (!check_owners(m->path, e))
		return false;
	return check_is_file(m->path, st.st_mode, e);
}

/* A message appended to a file that was removed or replaced meanwhile would be lost. */
static bool
is_in_place(const struct mbox *m)
{
	struct stat here, there;

	return fstat(m->fd, &here) == 0 && stat(m->path, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static bool
lock_file(struct mbox *m, struct err *e)
{
	enum { TRIES = 100 };

	for (int i = 0; i < TRIES; i++) {
		if (!mbox_lock(&m->lock, m->fd, m->path, e))
			return false;
		if (is_in_place(m))
			return true;
		mbox_unlock(&m->lock);
		close(m->fd);
		m->fd = -1;
		if (!open_mbox(m, e))
			return false;
	}
	return err_set(e, ERR_TEMPORARY, "%s: replaced again and again", m->path);
}

/* The first N bytes of the spool to OFFSET of the mbox, whose descriptor appends. */
static bool
copy_to(const struct mbox *m, int64_t offset, int64_t n)
{
	char *block = mem_alloc(BLOCK);
	bool ok = fcntl(m->fd, F_SETFL, 0) == 0;

	for (int64_t done = 0; ok && done < n;) {
		const size_t want = n - done < BLOCK ? (size_t)(n - done) : BLOCK;
		const ssize_t got = pread(m->spool, block, want, done);

		ok = got > 0 && pwrite(m->fd, block, (size_t)got, offset + done) == got;
		done += got;
	}
	free(block);
	return fcntl(m->fd, F_SETFL, O_APPEND) == 0 && ok;
}

/*
 * The bytes that a killed run appended may never have reached the disk. The error may have been
 * reported to that run alone, while reading still finds the bytes in memory. So they are written
 * once more before they are flushed.
 */
static bool
flush_settled(const struct mbox *m, const struct place *p, enum verdict verdict)
{
	if (verdict == NOT_THERE)
		return true;
	if (verdict == TORN)
		return ftruncate(m->fd, p->start) == 0 && fsync(m->fd) == 0;
	return copy_to(m, p->start + p->separator, p->length) && fsync(m->fd) == 0;
}

static bool
settle_place(struct mbox *m, const struct place *p)
{
	enum verdict verdict;

	if (m->failure.code != ERR_NONE || !lock_file(m, &m->failure))
		return false;
	verdict = judge(m, p);
	if (!flush_settled(m, p, verdict))
		err_set_errno(&m->failure, ERR_IO, "%s", m->path);
	mbox_unlock(&m->lock);
	return verdict == THERE;
}

/* All intents of a group name the same place: it is judged once. */
static bool
intent_was_done(void *ctx, const char *text)
{
	struct mbox *m = ctx;
	struct place p = {0};

	if (m->judged_place && strcmp(m->judged_place, text) == 0)
		return m->judged_done;
	free(m->judged_place);
	m->judged_place = mem_strdup(text);
	m->judged_done = sscanf(text, "%" SCNd64 ":%" SCNd64 ":%" SCNd64, &p.start, &p.separator,
				&p.length) == 3 &&
			 settle_place(m, &p);
	return m->judged_done;
}

static const char spool_suffix[] = ".spool";

/* Looks at the intents of JOURNAL, whose group is in m->spool. False: m->failure. */
static bool
settle_intents(struct mbox *m, struct journal *journal)
{
	journal_each_intent(journal, intent_was_done, m);
	free(m->judged_place);
	m->judged_place = NULL; /* the same numbers may be in another journal */
	return m->failure.code == ERR_NONE;
}

/* Of another mailbox, whose run was killed. The half of a message that it left at the end of the
 * mbox can be told and cut off only as long as nothing has been added after it. */
static void
settle_abandoned(void *ctx, struct journal *journal)
{
	struct mbox *m = ctx;
	const int own_spool = m->spool;
	char *path = journal_side_file(journal, spool_suffix);
	struct err unused; /* what is not recorded is settled again by the next run */

	m->spool = open(path, O_RDWR | O_CLOEXEC);
	if (m->spool >= 0 && m->failure.code == ERR_NONE && settle_intents(m, journal) &&
	    journal_write(journal, true, &unused) && ftruncate(m->spool, 0) != 0) {
		/* it is looked at again */
	}
	if (m->spool >= 0)
		close(m->spool);
	m->spool = own_spool;
	free(path);
}

static bool
settle_all(struct mbox *m, struct err *e)
{
	mbox_lock_tidy(m->path);
	if (settle_intents(m, m->journal))
		journal_each_abandoned(m->journal, spool_suffix, settle_abandoned, m);
	if (m->failure.code != ERR_NONE)
		*e = m->failure;
	return m->failure.code == ERR_NONE;
}

static bool
open_files(struct mbox *m, struct err *e)
{
	if (!open_mbox(m, e))
		return false;
	m->spool = open(m->spool_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (m->spool < 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", m->spool_path);
	return file_sync_parent(m->path, e);
}

static bool
empty_spool(struct mbox *m, struct err *e)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->uids[i]);
	m->count = 0;
	m->is_copied = false;
	m->message_start = 0;
	if (ftruncate(m->spool, 0) != 0 || lseek(m->spool, 0, SEEK_SET) != 0)
		return err_set_errno(e, ERR_IO, "%s", m->spool_path);
	writer_start(&m->writer, m->spool, m->spool_path);
	return true;
}

static void mbox_close(void *sink);

static void *
mbox_open(const struct sink_spec *spec, struct journal *journal, struct err *e)
{
	struct mbox *m = mem_alloc(sizeof *m);

	m->path = spec->place;
	m->journal = journal;
	m->fd = m->spool = m->lock.fd = -1;
	m->spool_path = journal_side_file(journal, spool_suffix);
	if (open_files(m, e) && settle_all(m, e) && journal_write(journal, true, e) &&
	    empty_spool(m, e))
		return m;
	mbox_close(m);
	return NULL;
}

static bool
mbox_begin(void *sink, const char *uid, const struct envelope_hint *hint, struct err *e)
{
	struct mbox *m = sink;

	if (m->is_copied && !empty_spool(m, e))
		return false;
	m->uids = mem_room(m->uids, m->count, sizeof *m->uids);
	m->uids[m->count++] = mem_strdup(uid);
	writer_begin_mbox(&m->writer, hint);
	return true;
}

static bool
mbox_data(void *sink, const char *bytes, size_t n, struct err *e)
{
	struct mbox *m = sink;

	return writer_data(&m->writer, bytes, n, e);
}

static bool
mbox_end(void *sink, struct err *e)
{
	struct mbox *m = sink;

	if (!writer_end(&m->writer, e) || !writer_flush(&m->writer, e))
		return false;
	m->message_start = m->writer.written;
	return true;
}

/* The spool ends again where this message began. */
static void
mbox_abandon(void *sink)
{
	struct mbox *m = sink;
	const off_t end = (off_t)m->message_start;

	if (m->count > 0)
		free(m->uids[--m->count]);
	writer_start(&m->writer, m->spool, m->spool_path);
	m->writer.written = m->message_start;
	if (ftruncate(m->spool, end) != 0 || lseek(m->spool, end, SEEK_SET) != end)
		m->writer.is_broken = true; /* the next write says so */
}

/* A message begins after an empty line, whatever the file ends with. */
static bool
measure(struct mbox *m, struct place *p, struct err *e)
{
	char tail[2] = {'\n', '\n'};
	off_t n;

	p->start = lseek(m->fd, 0, SEEK_END);
	p->length = (int64_t)m->message_start;
	n = p->start < 2 ? p->start : 2;
	if (n < 0 || pread(m->fd, tail + 2 - n, (size_t)n, p->start - n) != n)
		return err_set_errno(e, ERR_IO, "%s", m->path);
	p->separator = tail[1] != '\n' ? 2 : tail[0] != '\n' ? 1 : 0;
	return true;
}

static bool
journal_intents(struct mbox *m, const struct place *p, struct err *e)
{
	char *text = place_text(p);

	for (size_t i = 0; i < m->count; i++)
		journal_intend(m->journal, m->uids[i], text);
	free(text);
	return journal_write(m->journal, true, e);
}

static bool
copy_spool(struct mbox *m, const struct place *p)
{
	char *block = mem_alloc(BLOCK);
	bool ok = file_write_all(m->fd, "\n\n", (size_t)p->separator);
	int64_t done = 0;

	while (ok && done < p->length) {
		const ssize_t got = pread(m->spool, block, BLOCK, done);

		ok = got > 0 && file_write_all(m->fd, block, (size_t)got);
		done += got;
	}
	free(block);
	return ok;
}

static bool
append(struct mbox *m, struct err *e)
{
	struct place p = {0};

	if (!measure(m, &p, e) || !journal_intents(m, &p, e))
		return false;
	if (copy_spool(m, &p) && fsync(m->fd) == 0)
		return true;
	err_set_errno(e, ERR_IO, "%s", m->path);
	/* A full disk: nothing of the group stays, and the next run finds it so. */
	if (ftruncate(m->fd, p.start) != 0)
		err_hint(e, "an unfinished message is at its end until the next run");
	return false;
}

static bool
mbox_settle(void *sink, struct err *e)
{
	struct mbox *m = sink;
	bool ok;

	if (fsync(m->spool) != 0)
		return err_set_errno(e, ERR_IO, "%s", m->spool_path);
	if (!lock_file(m, e))
		return false;
	ok = append(m, e);
	mbox_unlock(&m->lock);
	m->is_copied = ok;
	return ok;
}

static void
mbox_close(void *sink)
{
	struct mbox *m = sink;
	struct err unused; /* a spool that is left is compared with the mbox by the next run */

	if (m->is_copied && journal_is_written(m->journal))
		empty_spool(m, &unused);
	for (size_t i = 0; i < m->count; i++)
		free(m->uids[i]);
	free(m->uids);
	writer_free(&m->writer);
	if (m->fd >= 0)
		close(m->fd);
	if (m->spool >= 0)
		close(m->spool);
	free(m->spool_path);
	free(m);
}

const struct sink_type sink_mbox = {
    .name = "mbox",
    .check = mbox_check,
    .open = mbox_open,
    .begin = mbox_begin,
    .data = mbox_data,
    .end = mbox_end,
    .abandon = mbox_abandon,
    .settle = mbox_settle,
    .close = mbox_close,
};
