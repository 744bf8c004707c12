/* SPDX-License-Identifier: ISC */
#include "msend/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/directory.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

enum {
	ID_LEN = 14, /* hexadecimal digits: microseconds since 1970 */
	ENTRY_MAX = 64 * 1024 * 1024
};

struct queue {
	char *dir;
	char *failed;
	int lock_fd;
};

struct queue *
queue_new(const char *dir)
{
	struct queue *q = mem_alloc(sizeof *q);

	q->dir = mem_strdup(dir);
	q->failed = mem_printf("%s/failed", dir);
	q->lock_fd = -1;
	return q;
}

void
queue_free(struct queue *q)
{
	if (!q)
		return;
	if (q->lock_fd >= 0)
		close(q->lock_fd);
	free(q->dir);
	free(q->failed);
	free(q);
}

const char *
queue_failed_directory(const struct queue *q)
{
	return q->failed;
}

bool
queue_lock(struct queue *q, struct err *e)
{
	char *path = mem_printf("%s/lock", q->dir);

	if (file_make_directory(q->dir, e) && file_check_own_directory(q->dir, e))
		q->lock_fd = file_lock(path, "another msend is sending the queue", e);
	free(path);
	return q->lock_fd >= 0;
}

/* The path of a message's file. SUFFIX: "" is its entry. */
static char *
path_in(const char *dir, const char *id, const char *suffix)
{
	return mem_printf("%s/%s%s", dir, id, suffix);
}

static char *
path_of(const struct queue *q, const char *id, const char *suffix)
{
	return path_in(q->dir, id, suffix);
}

/* 0: it exists. ENOENT: it does not. Any other error: unknown, and no conclusion may be drawn. */
static int
look_for(const char *dir, const char *id, const char *suffix)
{
	char *path = path_in(dir, id, suffix);
	struct stat st;
	const int problem = stat(path, &st) == 0 ? 0 : errno;

	free(path);
	return problem;
}

static bool
exists(const char *dir, const char *id, const char *suffix)
{
	return look_for(dir, id, suffix) == 0;
}

static bool
is_missing(const char *dir, const char *id, const char *suffix)
{
	return look_for(dir, id, suffix) == ENOENT;
}

/* Adding. */

/* Creates ID.eml and locks it for as long as it is open: so it is seen that its maker is alive.
 * True with *FD -1: another id may do. False: *e. */
static bool
create_file(const char *path, int *fd, struct err *e)
{
	struct stat st = {.st_nlink = 1};

	*fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*fd < 0 && errno == EEXIST)
		return true;
	if (*fd < 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", path);
	if (flock(*fd, LOCK_EX) == 0 && fstat(*fd, &st) == 0) {
		if (st.st_nlink > 0)
			return true;
	} else {
		err_set_errno(e, ERR_IO, "%s", path);
		unlink(path);
	}
	/* Another process may have tidied up before we got the lock. */
	close(*fd);
	*fd = -1;
	return st.st_nlink == 0;
}

static bool
create_message(const struct queue *q, struct queue_entry *entry, int *fd, struct err *e)
{
	struct timespec now;
	uint64_t number;
	bool ok;

	clock_gettime(CLOCK_REALTIME, &now);
	entry->arrived = now.tv_sec;
	number = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	do {
		char *path;

		free(entry->id);
		entry->id = mem_printf("%0*" PRIx64, ID_LEN, number++);
		path = path_of(q, entry->id, ".eml");
		ok = create_file(path, fd, e);
		free(path);
	} while (ok && *fd < 0);
	return ok;
}

struct output {
	int fd;
	uint64_t written;
	bool is_broken;
};

static bool
put(void *ctx, const char *bytes, size_t n)
{
	struct output *o = ctx;

	o->is_broken = !file_write_all(o->fd, bytes, n);
	o->written += n;
	return !o->is_broken;
}

static bool
write_message(const struct queue *q, int fd, struct queue_entry *entry, queue_pour pour, void *ctx,
	      struct err *e)
{
	struct output output = {.fd = fd};
	const bool ok = pour(ctx, put, &output, e);

	entry->size = output.written;
	if (!ok && !output.is_broken)
		return false;
	return (ok && fsync(fd) == 0) || err_set_errno(e, ERR_IO, "%s", q->dir);
}

/* As ID.new, whole. */
static bool
write_entry(const struct queue *q, const struct queue_entry *entry, bool durable, struct err *e)
{
	char *path = path_of(q, entry->id, ".new");
	struct buf text = {0};
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 || err_set_errno(e, ERR_OUTPUT, "%s", path);

	queue_entry_write(entry, &text);
	if (ok && (!file_write_all(fd, text.data, text.len) || (durable && fsync(fd) != 0)))
		ok = err_set_errno(e, ERR_IO, "%s", path);
	/* A network file system may report only here that it has no room for bytes not flushed. */
	if (fd >= 0 && close(fd) != 0 && errno != EINTR && ok)
		ok = err_set_errno(e, ERR_IO, "%s", path);
	buf_free(&text);
	free(path);
	return ok;
}

/* The new entry takes its place: from then on it is so. */
static bool
publish(const struct queue *q, const struct queue_entry *entry, struct err *e)
{
	char *from = path_of(q, entry->id, ".new"), *to = path_of(q, entry->id, "");
	const bool ok = rename(from, to) == 0 || err_set_errno(e, ERR_IO, "%s", to);

	free(from);
	free(to);
	return ok;
}

static bool
discard(const struct queue *q, const char *id, const char *suffix)
{
	char *path = path_of(q, id, suffix);
	const bool ok = unlink(path) == 0 || errno == ENOENT;

	free(path);
	return ok;
}

bool
queue_update(struct queue *q, const struct queue_entry *entry, bool durable, struct err *e)
{
	if (write_entry(q, entry, durable, e) && publish(q, entry, e))
		return !durable || file_sync_directory(q->dir, e);
	discard(q, entry->id, ".new");
	return false;
}

bool
queue_add(struct queue *q, struct queue_entry *entry, queue_pour pour, void *ctx, struct err *e)
{
	bool ok;
	int fd;

	if (!file_make_directory(q->dir, e) || !file_check_owner(q->dir, e) ||
	    !create_message(q, entry, &fd, e))
		return false;
	ok = write_message(q, fd, entry, pour, ctx, e) && queue_update(q, entry, true, e);
	if (!ok) {
		discard(q, entry->id, "");
		discard(q, entry->id, ".eml");
	}
	close(fd);
	return ok;
}

/* Looking. */

/* Is NAME an id followed by SUFFIX? */
static bool
is_named(const char *name, const char *suffix)
{
	return strspn(name, "0123456789abcdef") == ID_LEN && strcmp(name + ID_LEN, suffix) == 0;
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct search {
	struct queue_list *list;
	const char *suffix;
};

static bool
add_name(void *ctx, const char *name)
{
	const struct search *s = ctx;
	struct queue_list *l = s->list;

	if (!is_named(name, s->suffix))
		return true;
	l->ids = mem_room(l->ids, l->count, sizeof *l->ids);
	l->ids[l->count++] = mem_strndup(name, ID_LEN);
	return true;
}

/* The ids of the files in DIR that end in SUFFIX. */
static bool
list_names(const char *dir, const char *suffix, struct queue_list *l, struct err *e)
{
	struct search s = {l, suffix};

	*l = (struct queue_list){0};
	if (!directory_each(dir, add_name, &s) && errno != ENOENT)
		return err_set_errno(e, ERR_IO, "%s", dir);
	if (l->count > 1)
		qsort(l->ids, l->count, sizeof *l->ids, compare_ids);
	return true;
}

bool
queue_list(const struct queue *q, struct queue_list *l, struct err *e)
{
	return list_names(q->dir, "", l, e);
}

bool
queue_list_failed(const struct queue *q, struct queue_list *l, struct err *e)
{
	return list_names(q->failed, "", l, e);
}

void
queue_list_free(struct queue_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->ids[i]);
	free(l->ids);
	*l = (struct queue_list){0};
}

static bool
read_all(int fd, struct buf *text)
{
	ssize_t got;

	do {
		got = read(fd, buf_reserve(text, 4096), 4096);
		if (got > 0)
			text->len += (size_t)got;
	} while ((got > 0 && text->len < ENTRY_MAX) || (got < 0 && errno == EINTR));
	buf_add_str(text, "");
	if (got > 0)
		errno = EFBIG;
	return got == 0;
}

/* It names commands that are run: a tunnel, a password-command, a filter. */
static bool
check_rights(const char *path, int fd, struct err *e)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? file_check_unshared(path, st.st_mode, e)
				   : err_set_errno(e, ERR_IO, "%s", path);
}

bool
queue_read(const struct queue *q, const char *id, struct queue_entry *entry, struct err *e)
{
	char *path = path_of(q, id, "");
	struct buf text = {0};
	size_t line = 0;
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO is damage too */
	bool ok = fd >= 0 && read_all(fd, &text);

	*entry = (struct queue_entry){.id = mem_strdup(id)};
	if (!ok)
		err_set_errno(e, errno == ENOENT ? ERR_NO_INPUT : ERR_IO, "%s", path);
	else if (!check_rights(path, fd, e))
		ok = false;
	else if (!(ok = strlen(text.data) == text.len && queue_entry_read(entry, text.data, &line)))
		err_set(e, ERR_IO, "%s:%zu: this entry of the queue is damaged", path, line);
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	free(path);
	return ok;
}

int
queue_open_message(const struct queue *q, const struct queue_entry *entry, struct err *e)
{
	char *path = path_of(q, entry->id, ".eml");
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0 || fstat(fd, &st) != 0)
		ok = err_set_errno(e, ERR_IO, "%s", path);
	else
		ok = (uint64_t)st.st_size == entry->size ||
		     err_set(e, ERR_IO, "%s: this message of the queue is damaged", path);
	if (!ok && fd >= 0) {
		close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

/* Taking away. */

bool
queue_remove(struct queue *q, const struct queue_entry *entry, struct err *e)
{
	if (!discard(q, entry->id, ""))
		return err_set_errno(e, ERR_IO, "%s/%s", q->dir, entry->id);
	if (!file_sync_directory(q->dir, e))
		return false;
	discard(q, entry->id, ".eml"); /* else it is tidied up later */
	return true;
}

bool
queue_has_message(const struct queue *q, const struct queue_entry *entry)
{
	return !is_missing(q->dir, entry->id, ".eml");
}

static bool
move_to_failed(const struct queue *q, const char *id, const char *suffix, struct err *e)
{
	char *from = path_of(q, id, suffix), *to = path_in(q->failed, id, suffix);
	const bool ok = file_move(from, to, e);

	free(from);
	free(to);
	return ok;
}

bool
queue_fail(struct queue *q, const struct queue_entry *entry, struct err *e)
{
	return file_make_directory(q->failed, e) &&
	       (!queue_has_message(q, entry) || move_to_failed(q, entry->id, ".eml", e)) &&
	       move_to_failed(q, entry->id, "", e) && file_sync_directory(q->dir, e);
}

/* Tidying up. */

/* A message without an entry: either it is being added, or who added or removed it was killed. */
static bool
discard_orphan(const struct queue *q, const char *id)
{
	char *path = path_of(q, id, ".eml");
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = true;

	/* The process that had the lock is dead, or has given the message its entry. */
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_missing(q->dir, id, ""))
		ok = discard(q, id, ".new") && unlink(path) == 0;
	if (fd >= 0)
		close(fd);
	free(path);
	return ok;
}

static bool
tidy_messages(const struct queue *q, struct err *e)
{
	struct queue_list l;
	bool ok = list_names(q->dir, ".eml", &l, e);

	for (size_t i = 0; i < l.count; i++)
		if (is_missing(q->dir, l.ids[i], "") && !discard_orphan(q, l.ids[i]))
			ok = err_set_errno(e, ERR_IO, "%s/%s.eml", q->dir, l.ids[i]);
	queue_list_free(&l);
	return ok;
}

/* Removes the rest of an update that was killed. Without an entry, another process is adding
 * one. */
static bool
tidy_updates(const struct queue *q, struct err *e)
{
	struct queue_list l;
	bool ok = list_names(q->dir, ".new", &l, e);

	for (size_t i = 0; i < l.count; i++)
		if (exists(q->dir, l.ids[i], "") && !discard(q, l.ids[i], ".new"))
			ok = err_set_errno(e, ERR_IO, "%s/%s.new", q->dir, l.ids[i]);
	queue_list_free(&l);
	return ok;
}

/* A move that was killed between message and entry. */
static bool
tidy_moves(const struct queue *q, struct err *e)
{
	struct queue_list l;
	bool ok = queue_list(q, &l, e);

	for (size_t i = 0; i < l.count; i++)
		if (is_missing(q->dir, l.ids[i], ".eml") && exists(q->failed, l.ids[i], ".eml"))
			ok = move_to_failed(q, l.ids[i], "", e) && ok;
	queue_list_free(&l);
	return ok;
}

bool
queue_tidy(struct queue *q, struct err *e)
{
	const bool messages = tidy_messages(q, e), updates = tidy_updates(q, e),
		   moves = tidy_moves(q, e);

	return messages && updates && moves;
}
