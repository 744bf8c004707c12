/* SPDX-License-Identifier: ISC */
/*
 * Into a Maildir (https://cr.yp.to/proto/maildir.html): written to tmp, flushed, journalled as an
 * intent, renamed to new.
 *
 * A killed run leaves intents: a file that stands in new or cur under any flags is done, anything
 * else is fetched again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/seen.h"
#include "deliver/sink.h"
#include "deliver/sinks.h"
#include "deliver/writer.h"

/* A few files are flushed one by one; many are cheaper flushed with their file system in one go. */
enum { SYNC_EACH_MAX = 16 };

struct pending {
	char *name;
	char *uid; /* or NULL */
	int fd;    /* open until flushed; -1: the file system is flushed instead */
};

struct maildir {
	const char *path;
	struct seen *seen;
	struct writer writer;
	struct pending *pending; /* the last one is being written between begin() and end() */
	size_t count;
	unsigned long sequence;
	char host[64];
};

static char *
path_of(const struct maildir *m, const char *directory, const char *name)
{
	return mem_printf("%s/%s/%s", m->path, directory, name);
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
}

/*
 * A directory that holds something else, and no Maildir, was hardly meant. Some of the three may be
 * missing: a run was killed while it made them.
 */
static bool
may_be_maildir(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *d;
	bool has_cur = false, has_others = false;

	if (!directory)
		return errno == ENOENT;
	while ((d = readdir(directory))) {
		has_cur |= strcmp(d->d_name, "cur") == 0;
		has_others |= !text_has_word(". .. cur new tmp", d->d_name);
	}
	closedir(directory);
	return has_cur || !has_others;
}

static bool
make_ready(const struct maildir *m, struct err *e)
{
	static const char *const parts[] = {"tmp", "new", "cur"};
	bool ok = true;

	if (!may_be_maildir(m->path))
		return err_set(e, ERR_OUTPUT, "%s: no Maildir, and not empty", m->path);
	for (size_t i = 0; ok && i < sizeof parts / sizeof parts[0]; i++) {
		char *part = mem_printf("%s/%s", m->path, parts[i]);

		ok = file_make_directory(part, e);
		free(part);
	}
	return ok;
}

/* Is there a file in DIRECTORY called NAME, or NAME and flags behind a colon? */
static bool
directory_has(const struct maildir *m, const char *directory, const char *name)
{
	char *path = path_of(m, directory, "");
	DIR *dir = opendir(path);
	const size_t len = strlen(name);
	const struct dirent *d;
	bool found = false;

	free(path);
	while (dir && !found && (d = readdir(dir)))
		found = strncmp(d->d_name, name, len) == 0 &&
			(d->d_name[len] == '\0' || d->d_name[len] == ':');
	if (dir)
		closedir(dir);
	return found;
}

static bool
intent_was_done(void *ctx, const char *place)
{
	struct maildir *m = ctx;
	char *tmp = path_of(m, "tmp", place);

	unlink(tmp);
	free(tmp);
	return directory_has(m, "new", place) || directory_has(m, "cur", place);
}

static void maildir_close(void *sink);

static void *
maildir_open(const struct sink_spec *spec, struct seen *seen, struct err *e)
{
	struct maildir *m = mem_alloc(sizeof *m);

	m->path = spec->place;
	m->seen = seen;
	find_host(m);
	if (make_ready(m, e)) {
		seen_each_intent(seen, intent_was_done, m);
		if (seen_write(seen, true, e))
			return m;
	}
	maildir_close(m);
	return NULL;
}

static void
drop_last(struct maildir *m)
{
	struct pending *p = &m->pending[--m->count];
	char *tmp = path_of(m, "tmp", p->name);

	if (p->fd >= 0)
		close(p->fd);
	unlink(tmp);
	free(tmp);
	free(p->name);
	free(p->uid);
}

static bool
maildir_begin(void *sink, const char *uid, const struct envelope_hint *hint, struct err *e)
{
	struct maildir *m = sink;
	struct pending *p;
	char *tmp;

	m->pending = mem_grow(m->pending, m->count + 1, sizeof *m->pending);
	p = &m->pending[m->count++];
	*p = (struct pending){.name = unique_name(m), .uid = mem_strdup(uid)};
	tmp = path_of(m, "tmp", p->name);
	p->fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (p->fd < 0)
		err_set_errno(e, ERR_IO, "%s", tmp);
	free(tmp);
	writer_start(&m->writer, p->fd, m->path);
	writer_begin(&m->writer, false, hint);
	return p->fd >= 0;
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

	if (!writer_end(&m->writer, e) || !writer_flush(&m->writer, e))
		return false;
	if (m->count <= SYNC_EACH_MAX)
		return true;
#ifndef __linux__
	if (fsync(p->fd) != 0)
		return err_set_errno(e, ERR_IO, "%s", m->path);
#endif
	/* The group's flush is syncfs(2) by now, which needs no descriptor. */
	if (close(p->fd) != 0)
		return err_set_errno(e, ERR_IO, "%s", m->path);
	p->fd = -1;
	return true;
}

static void
maildir_abandon(void *sink)
{
	drop_last(sink);
}

static bool
flush_files(struct maildir *m, struct err *e)
{
	bool ok = true;

#ifdef __linux__
	if (m->count > SYNC_EACH_MAX) {
		const int fd = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		ok = fd >= 0 && syncfs(fd) == 0;
		if (!ok)
			err_set_errno(e, ERR_IO, "%s", m->path);
		if (fd >= 0)
			close(fd);
		return ok;
	}
#endif
	for (size_t i = 0; ok && i < m->count; i++)
		if (m->pending[i].fd >= 0 && fsync(m->pending[i].fd) != 0)
			ok = err_set_errno(e, ERR_IO, "%s", m->path);
	return ok;
}

static bool
rename_one(const struct maildir *m, const char *name, struct err *e)
{
	char *from = path_of(m, "tmp", name), *to = path_of(m, "new", name);
	const bool ok = rename(from, to) == 0 || err_set_errno(e, ERR_IO, "%s", to);

	free(from);
	free(to);
	return ok;
}

static bool
make_visible(const struct maildir *m, struct err *e)
{
	char *directory = path_of(m, "new", "");
	bool ok = true;

	for (size_t i = 0; ok && i < m->count; i++)
		ok = rename_one(m, m->pending[i].name, e);
	ok = ok && file_sync_directory(directory, e);
	free(directory);
	return ok;
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
		seen_intend(m->seen, m->pending[i].uid, m->pending[i].name);
	if (!seen_write(m->seen, true, e) || !make_visible(m, e))
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
	writer_free(&m->writer);
	free(m->pending);
	free(m);
}

const struct sink_type sink_maildir = {
    .name = "maildir",
    .open = maildir_open,
    .begin = maildir_begin,
    .data = maildir_data,
    .end = maildir_end,
    .abandon = maildir_abandon,
    .settle = maildir_settle,
    .close = maildir_close,
};
