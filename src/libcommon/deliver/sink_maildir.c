/* SPDX-License-Identifier: ISC */
/*
 * Into a Maildir (https://cr.yp.to/proto/maildir.html): written to tmp, flushed, journalled as an
 * intent, renamed to new.
 *
 * A killed run leaves intents: a message with a file in new or cur, under any flags, is done; all
 * others are fetched again. It leaves files in tmp too, whose names end in the journal's tag: only
 * a run of ours can have made them, and no other run is active at the same time.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#endif

#include "base/directory.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/sink.h"
#include "deliver/sinks.h"
#include "deliver/writer.h"
#include "journal/journal.h"
#include "journal/journal_record.h"

/* A few files are flushed one by one; many are cheaper flushed with their file system at once, if
 * that reports write errors. */
enum { SYNC_EACH_MAX = 16 };

struct pending {
	char *name;
	char *uid; /* or NULL */
	int fd;    /* open until flushed; -1: the file system is flushed instead */
};

struct maildir {
	const char *path;
	struct journal *journal;
	struct writer writer;
	struct pending *pending; /* the last one is being written between begin() and end() */
	size_t count;
	bool has_syncfs;    /* a group is flushed with its file system */
	int tmp_fd, new_fd; /* of the directories, open before anything is written */
	unsigned long sequence;
	char host[64];
	char tag[100];   /* the end of our names in tmp */
	bool found_done; /* while intents are looked at: some were done */
	struct err failure;
};

static char *
path_of(const struct maildir *m, const char *directory, const char *name)
{
	return mem_printf("%s/%s/%s", m->path, directory, name);
}

static char *
tmp_path(const struct maildir *m, const char *name)
{
	return mem_printf("%s/tmp/%s%s", m->path, name, m->tag);
}

/* Names sort by arrival; a slash or colon of a host's name would mean something else. */
static char *
unique_name(struct maildir *m)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return mem_printf("%lld.M%06ldP%ldQ%06lu.%s", (long long)now.tv_sec, now.tv_nsec / 1000,
			  (long)getpid(), ++m->sequence, m->host);
}

static void
find_host(struct maildir *m)
{
	if (gethostname(m->host, sizeof m->host) != 0 || m->host[0] == '\0')
		strcpy(m->host, "localhost");
	m->host[sizeof m->host - 1] = '\0';
	for (char *p = m->host; *p; p++)
		if (*p == '/' || *p == ':' || (unsigned char)*p <= ' ')
			*p = '_';
	snprintf(m->tag, sizeof m->tag, ".%s.%016" PRIx64, m->host, journal_tag(m->journal));
}

struct contents {
	bool has_cur, has_others;
};

static bool
look_at(void *ctx, const char *name)
{
	struct contents *c = ctx;

	c->has_cur |= strcmp(name, "cur") == 0;
	c->has_others |= !text_has_word("cur new tmp", name);
	return !c->has_cur;
}

/*
 * A directory that holds something else, and no Maildir, was hardly meant. Some of the three may be
 * missing: a run was killed while it made them.
 */
static bool
may_be_maildir(const char *path, struct err *e)
{
	struct contents c = {0};
	char *cur = mem_printf("%s/cur", path);

	c.has_cur = access(cur, F_OK) == 0;
	free(cur);
	if (!c.has_cur && !directory_each(path, look_at, &c))
		return errno == ENOENT || err_set_errno(e, ERR_OUTPUT, "%s", path);
	return c.has_cur || !c.has_others ||
	       err_set(e, ERR_OUTPUT, "%s: not a Maildir, and not empty", path);
}

static bool
make_part(const char *path, struct err *e)
{
	return file_make_directory(path, e) && file_check_owner(path, e);
}

static bool
check_part(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0 && errno == ENOENT)
		return file_check_can_make(path, true, e);
	if (!file_check_owner(path, e))
		return false;
	errno = ENOTDIR;
	return (S_ISDIR(st.st_mode) && access(path, R_OK | W_OK | X_OK) == 0) ||
	       err_set_errno(e, ERR_OUTPUT, "%s", path);
}

/* Does FOR_PART for each of the three directories. */
static bool
prepare(const char *path, bool (*for_part)(const char *path, struct err *e), struct err *e)
{
	static const char *const parts[] = {"tmp", "new", "cur"};
	bool ok = file_check_owner(path, e) && may_be_maildir(path, e);

	for (size_t i = 0; ok && i < sizeof parts / sizeof parts[0]; i++) {
		char *part = mem_printf("%s/%s", path, parts[i]);

		ok = for_part(part, e);
		free(part);
	}
	return ok;
}

static bool
maildir_check(const struct sink_spec *spec, struct err *e)
{
	return prepare(spec->place, check_part, e);
}

static bool
sweep(void *ctx, const char *name)
{
	const struct maildir *m = ctx;
	const size_t len = strlen(name), tag = strlen(m->tag);
	char *file = path_of(m, "tmp", name);

	if (len > tag && strcmp(name + len - tag, m->tag) == 0)
		unlink(file);
	free(file);
	return true;
}

/* Removes the unfinished files of runs that were killed. A file that cannot be removed now is
 * left to a later run, or to others: readers of a Maildir do not look into tmp. */
static void
sweep_tmp(struct maildir *m)
{
	char *path = path_of(m, "tmp", "");

	directory_each(path, sweep, m);
	free(path);
}

struct wanted {
	const char *name;
	bool is_found;
};

/* Readers add to the name: flags after a colon (or its substitute), their own numbers after a
 * comma. */
static bool
compare_name(void *ctx, const char *name)
{
	struct wanted *w = ctx;
	const size_t len = strlen(w->name);

	w->is_found = strncmp(name, w->name, len) == 0 && strchr(":;!,", name[len]);
	return !w->is_found;
}

static bool
cur_has(struct maildir *m, const char *name)
{
	char *path = path_of(m, "cur", "");
	struct wanted w = {.name = name};

	if (!directory_each(path, compare_name, &w))
		err_set_errno(&m->failure, ERR_IO, "%s", path);
	free(path);
	return w.is_found;
}

static bool
new_has(struct maildir *m, const char *name)
{
	char *path = path_of(m, "new", name);
	struct stat st;
	const bool found = lstat(path, &st) == 0;

	if (!found && errno != ENOENT)
		err_set_errno(&m->failure, ERR_IO, "%s", path);
	free(path);
	return found;
}

/* A second look at cur finds what a reader renamed just while the first went through it. */
static bool
intent_was_done(void *ctx, const char *place)
{
	struct maildir *m = ctx;
	const bool found = new_has(m, place) || cur_has(m, place) || cur_has(m, place);

	m->found_done |= found;
	return found;
}

/* The killed run may not have come to flush the names. */
static bool
flush_found(const struct maildir *m, struct err *e)
{
	char *new_directory = path_of(m, "new", ""), *cur = path_of(m, "cur", "");
	const bool ok = !m->found_done ||
			(file_sync_directory(new_directory, e) && file_sync_directory(cur, e));

	free(new_directory);
	free(cur);
	return ok;
}

static bool
settle_intents(struct maildir *m, struct err *e)
{
	journal_each_intent(m->journal, intent_was_done, m);
	if (m->failure.code != ERR_NONE) {
		*e = m->failure;
		return false;
	}
	return flush_found(m, e) && journal_write(m->journal, true, e);
}

/*
 * Does syncfs(2) on a descriptor report each write error since it was opened? Linux does since 5.8,
 * and these file systems record their errors as it wants. A kernel whose release cannot be read is
 * an old one.
 */
static bool
syncfs_reports_errors(int fd)
{
#ifdef __linux__
	static const long good[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
				    F2FS_SUPER_MAGIC, TMPFS_MAGIC};
	struct utsname kernel;
	struct statfs fs;
	int major, minor;

	if (uname(&kernel) != 0 || sscanf(kernel.release, "%d.%d", &major, &minor) != 2 ||
	    major < 5 || (major == 5 && minor < 8) || fstatfs(fd, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if ((long)fs.f_type == good[i])
			return true;
#else
	(void)fd;
#endif
	return false;
}

static int
open_directory(const struct maildir *m, const char *part, struct err *e)
{
	char *path = path_of(m, part, "");
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err_set_errno(e, ERR_OUTPUT, "%s", path);
	free(path);
	return fd;
}

/*
 * A flush reports only errors since its descriptor was opened: one that another process has been
 * told of already is not reported to a descriptor that is opened later. So these are opened before
 * the first byte is written; and they are of tmp and new themselves, which may be on another file
 * system than the Maildir's own directory.
 */
static bool
open_directories(struct maildir *m, struct err *e)
{
	m->tmp_fd = open_directory(m, "tmp", e);
	m->new_fd = m->tmp_fd >= 0 ? open_directory(m, "new", e) : -1;
	m->has_syncfs = m->tmp_fd >= 0 && syncfs_reports_errors(m->tmp_fd);
	return m->new_fd >= 0;
}

static void maildir_close(void *sink);

static void *
maildir_open(const struct sink_spec *spec, struct journal *journal, struct err *e)
{
	struct maildir *m = mem_alloc(sizeof *m);

	m->path = spec->place;
	m->journal = journal;
	m->tmp_fd = m->new_fd = -1;
	find_host(m);
	if (prepare(m->path, make_part, e) && open_directories(m, e) && settle_intents(m, e)) {
		sweep_tmp(m);
		return m;
	}
	maildir_close(m);
	return NULL;
}

static void
drop_last(struct maildir *m)
{
	struct pending *p = &m->pending[--m->count];
	char *tmp = tmp_path(m, p->name);

	if (p->fd >= 0)
		close(p->fd);
	unlink(tmp);
	free(tmp);
	free(p->name);
	free(p->uid);
}

/* Flushes the files of the group that are kept open, and closes them. */
static bool
flush_each(struct maildir *m, struct err *e)
{
	for (size_t i = 0; i < m->count; i++) {
		struct pending *p = &m->pending[i];

		if (p->fd >= 0 && fsync(p->fd) != 0)
			return err_set_errno(e, ERR_IO, "%s", m->path);
		if (p->fd >= 0)
			close(p->fd);
		p->fd = -1;
	}
	return true;
}

/* Where descriptors are few, the group gives back its own. */
static int
open_file(struct maildir *m, const char *tmp, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = open(tmp, flags, 0600);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		if (!flush_each(m, e))
			return -1;
		fd = open(tmp, flags, 0600);
	}
	if (fd < 0)
		err_set_errno(e, ERR_IO, "%s", tmp);
	return fd;
}

static bool
maildir_begin(void *sink, const char *uid, const struct envelope_hint *hint, struct err *e)
{
	struct maildir *m = sink;
	struct pending *p;
	char *tmp;
	int fd;

	(void)hint;
	m->pending = mem_room(m->pending, m->count, sizeof *m->pending);
	p = &m->pending[m->count++];
	*p = (struct pending){.name = unique_name(m), .uid = mem_strdup(uid), .fd = -1};
	tmp = tmp_path(m, p->name);
	fd = p->fd = open_file(m, tmp, e);
	free(tmp);
	writer_start(&m->writer, fd, m->path);
	writer_begin(&m->writer);
	return fd >= 0;
}

static bool
maildir_data(void *sink, const char *bytes, size_t n, struct err *e)
{
	struct maildir *m = sink;

	return writer_data(&m->writer, bytes, n, e);
}

static bool
maildir_end(void *sink, struct err *e)
{
	struct maildir *m = sink;
	struct pending *p = &m->pending[m->count - 1];
	const int fd = p->fd;

	if (!writer_end(&m->writer, e) || !writer_flush(&m->writer, e))
		return false;
	if (m->has_syncfs && m->count <= SYNC_EACH_MAX)
		return true;
	/* A full group would need as many descriptors as it has messages. */
	if (!m->has_syncfs && fsync(fd) != 0)
		return err_set_errno(e, ERR_IO, "%s", m->path);
	p->fd = -1;
	return close(fd) == 0 || err_set_errno(e, ERR_IO, "%s", m->path);
}

static void
maildir_abandon(void *sink)
{
	drop_last(sink);
}

static bool
flush_files(struct maildir *m, struct err *e)
{
#ifdef __linux__
	if (m->has_syncfs && m->count > SYNC_EACH_MAX)
		return syncfs(m->tmp_fd) == 0 || err_set_errno(e, ERR_IO, "%s", m->path);
#endif
	return flush_each(m, e);
}

static bool
rename_one(const struct maildir *m, const char *name, struct err *e)
{
	char *from = tmp_path(m, name), *to = path_of(m, "new", name);
	const bool ok = rename(from, to) == 0 || err_set_errno(e, ERR_IO, "%s", to);

	free(from);
	free(to);
	return ok;
}

static bool
make_visible(const struct maildir *m, struct err *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < m->count; i++)
		ok = rename_one(m, m->pending[i].name, e);
	/* A file system that cannot flush a directory (EINVAL) has nothing to flush. */
	return ok && (fsync(m->new_fd) == 0 || errno == EINVAL ||
		      err_set_errno(e, ERR_IO, "%s/new", m->path));
}

static void
forget_pending(struct maildir *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->pending[i].fd >= 0)
			close(m->pending[i].fd);
		free(m->pending[i].name);
		free(m->pending[i].uid);
	}
	m->count = 0;
}

static bool
maildir_settle(void *sink, struct err *e)
{
	struct maildir *m = sink;

	if (!flush_files(m, e))
		return false;
	for (size_t i = 0; i < m->count; i++)
		journal_intend(m->journal, m->pending[i].uid, m->pending[i].name);
	if (!journal_write(m->journal, true, e) || !make_visible(m, e))
		return false;
	forget_pending(m);
	return true;
}

static void
maildir_close(void *sink)
{
	struct maildir *m = sink;

	while (m->count > 0)
		drop_last(m);
	if (m->tmp_fd >= 0)
		close(m->tmp_fd);
	if (m->new_fd >= 0)
		close(m->new_fd);
	writer_free(&m->writer);
	free(m->pending);
	free(m);
}

const struct sink_type sink_maildir = {
    .name = "maildir",
    .check = maildir_check,
    .open = maildir_open,
    .begin = maildir_begin,
    .data = maildir_data,
    .end = maildir_end,
    .abandon = maildir_abandon,
    .settle = maildir_settle,
    .close = maildir_close,
};
