/* SPDX-License-Identifier: ISC */
#include "journal/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal_index.h"
#include "journal/journal_line.h"
#include "journal/journal_stale.h"

enum {
	NAME_MAX_SHOWN = 120, /* a longer file name is cut and gets a hash: NAME_MAX is 255 */
	DEAD_MIN = 500        /* so many forgotten ids are carried along before a rewrite pays */
};

struct journal {
	char *directory; /* of the mailbox */
	char *destination;
	char *path; /* of the journal; NULL: nothing is recorded */
	int lock_fd;
	int fd;
	bool is_read;    /* what is in the journal is known */
	bool is_flushed; /* nothing was written since the last fsync(2) */
	struct journal_index known;
	struct buf lines; /* collected, not yet written */
};

/* As a file name: escaped, no slash, not too long. */
static char *
file_name(const char *s)
{
	struct buf name = {0};

	for (; *s; s++) {
		if (*s == '/')
			buf_add_str(&name, "%2F");
		else if (*s == ' ')
			buf_add_char(&name, ',');
		else
			text_escape(&name, (const char[]){*s, '\0'});
	}
	if (name.len > NAME_MAX_SHOWN) {
		const uint64_t h = journal_index_hash(name.data);

		name.len = NAME_MAX_SHOWN;
		buf_addf(&name, "~%016" PRIx64, h);
	}
	return buf_take(&name);
}

static struct journal *
journal_new(void)
{
	struct journal *s = mem_alloc(sizeof *s);

	s->lock_fd = s->fd = -1;
	s->is_flushed = true;
	journal_index_init(&s->known);
	return s;
}

void
journal_close(struct journal *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	journal_index_free(&s->known);
	buf_free(&s->lines);
	free(s->directory);
	free(s->destination);
	free(s->path);
	free(s);
}

static bool
lock(struct journal *s, struct err *e)
{
	char *path = mem_printf("%s/lock", s->directory);

	s->lock_fd = file_lock(path, "another mfetch is at work on this mailbox", e);
	free(path);
	return s->lock_fd >= 0;
}

/* A line that a kill or a full disk cut short goes, so that the next one begins a line. */
static bool
cut_torn_line(const struct journal *s, off_t whole, struct err *e)
{
	struct stat st;

	if (fstat(s->fd, &st) == 0 && (st.st_size == whole || ftruncate(s->fd, whole) == 0))
		return true;
	return err_set_errno(e, ERR_IO, "%s", s->path);
}

/* Opens the journal for appending behind its last whole line; a new one gets its head. */
static bool
open_journal(struct journal *s, struct err *e)
{
	FILE *file;
	off_t whole = 0;
	bool ok;

	s->fd = open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", s->path);
	file = fopen(s->path, "re");
	if (!file)
		return err_set_errno(e, ERR_IO, "%s", s->path);
	ok = journal_line_load(&s->known, file, s->path, s->destination, &whole, e);
	fclose(file);
	if (!ok || !cut_torn_line(s, whole, e))
		return false;
	if (whole > 0)
		return true;
	journal_line_head(&s->lines, s->destination);
	return journal_write(s, true, e) && file_sync_parent(s->path, e);
}

char *
journal_directory(const char *dir, const char *mailbox)
{
	char *name = file_name(mailbox);
	char *directory = mem_printf("%s/%s", dir, name);

	free(name);
	return directory;
}

static struct journal *
journal_named(const char *dir, const char *mailbox, const char *destination)
{
	struct journal *s = journal_new();
	char *name;

	s->directory = journal_directory(dir, mailbox);
	if (!destination)
		return s;
	name = file_name(destination);
	s->destination = mem_strdup(destination);
	s->path = mem_printf("%s/%s", s->directory, name);
	free(name);
	return s;
}

struct journal *
journal_lock(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct journal *s = journal_named(dir, mailbox, destination);

	if (file_make_directory(s->directory, e) && lock(s, e))
		return s;
	journal_close(s);
	return NULL;
}

bool
journal_read(struct journal *s, struct err *e)
{
	s->is_read = s->is_read || !s->path || open_journal(s, e);
	return s->is_read;
}

struct journal *
journal_open(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct journal *s = journal_lock(dir, mailbox, destination, e);

	if (!s || journal_read(s, e))
		return s;
	journal_close(s);
	return NULL;
}

bool
journal_stat(const struct journal *s, struct stat *st)
{
	return s->path && stat(s->path, st) == 0;
}

static bool
load_file(struct journal *s, const char *path, struct err *e)
{
	FILE *file = fopen(path, "re");
	off_t whole;
	bool ok;

	if (!file)
		return errno == ENOENT || err_set_errno(e, ERR_IO, "%s", path);
	ok = journal_line_load(&s->known, file, path, NULL, &whole, e);
	fclose(file);
	return ok;
}

static bool
load_all(struct journal *s, const char *mailbox_dir, struct err *e)
{
	DIR *directory = opendir(mailbox_dir);
	const struct dirent *d;
	bool ok = true;

	if (!directory)
		return errno == ENOENT || err_set_errno(e, ERR_IO, "%s", mailbox_dir);
	while (ok && (d = readdir(directory))) {
		char *path = mem_printf("%s/%s", mailbox_dir, d->d_name);

		if (d->d_name[0] != '.' && strcmp(d->d_name, "lock") != 0)
			ok = load_file(s, path, e);
		free(path);
	}
	closedir(directory);
	return ok;
}

struct journal *
journal_peek(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct journal *s = journal_named(dir, mailbox, destination);

	s->is_read = !destination || load_file(s, s->path, e);
	if (s->is_read)
		return s;
	journal_close(s);
	return NULL;
}

struct journal *
journal_open_all(const char *dir, const char *mailbox, struct err *e)
{
	struct journal *s = journal_new();
	char *mailbox_dir = journal_directory(dir, mailbox);
	const bool ok = load_all(s, mailbox_dir, e);

	free(mailbox_dir);
	if (ok)
		return s;
	journal_close(s);
	return NULL;
}

char *
journal_side_file(const struct journal *s, const char *suffix)
{
	const char *name = s->path ? strrchr(s->path, '/') + 1 : "";

	return mem_printf("%s/.%s%s", s->directory, name, suffix);
}

uint64_t
journal_tag(const struct journal *s)
{
	return journal_index_hash(s->path ? s->path : s->directory);
}

void
journal_set_validity(struct journal *s, uint32_t validity)
{
	journal_index_set_validity(&s->known, validity);
}

bool
journal_has(struct journal *s, const char *uid, time_t *when)
{
	char room[KNOWN_KEY_MAX];
	const struct journal_index_entry *entry =
	    journal_index_find(&s->known, journal_index_key(&s->known, uid, room));

	if (!journal_index_is_seen(entry))
		return false;
	if (when)
		*when = (time_t)entry->when;
	return true;
}

/* Its fingerprint, where the journal does not have it yet. */
static const char *
unwritten_print(const struct journal *s, struct journal_index_entry *entry)
{
	const char *print =
	    entry && !entry->has_print ? journal_index_print_of(&s->known, entry) : NULL;

	if (print)
		entry->has_print = true;
	return print;
}

static void
done(struct journal *s, const char *key)
{
	const time_t clock = time(NULL);
	const int64_t now = clock > 0 ? clock : 1; /* 0 is "never" */
	struct journal_index_entry *entry;

	if (!key || !s->path)
		return;
	entry = journal_index_find_or_add(&s->known, key);
	journal_line_done(&s->lines, now, key, unwritten_print(s, entry));
	entry->when = now;
	entry->is_deleted = entry->is_former = false;
}

void
journal_each_intent(struct journal *s, bool (*was_done)(void *ctx, const char *place), void *ctx)
{
	for (size_t i = 0; i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];
		const size_t place = entry->place;
		const bool is_former = entry->is_former;

		if (!place)
			continue;
		entry->place = 0;
		if (was_done(ctx, s->known.text.data + place))
			done(s, journal_index_key_of(&s->known, entry));
		else
			journal_line_signed(&s->lines, '-', journal_index_key_of(&s->known, entry));
		entry->is_former = is_former;
	}
}

void
journal_intend(struct journal *s, const char *uid, const char *place)
{
	char room[KNOWN_KEY_MAX];
	const char *key = journal_index_key(&s->known, uid, room), *print;

	if (!s->path)
		return;
	print = unwritten_print(s, journal_index_find(&s->known, key));
	journal_line_intent(&s->lines, key ? key : "", place, print);
}

bool
journal_wants_fingerprints(const struct journal *s)
{
	return s->path && s->known.validity != 0;
}

void
journal_set_fingerprint(struct journal *s, const char *uid, const char *print)
{
	char room[KNOWN_KEY_MAX];
	struct journal_index_entry *entry;

	if (!uid || !journal_wants_fingerprints(s))
		return;
	entry = journal_index_find_or_add(&s->known, journal_index_key(&s->known, uid, room));
	entry->print = journal_index_add_text(&s->known, print);
	entry->has_print = false;
}

void
journal_done(struct journal *s, const char *uid)
{
	char room[KNOWN_KEY_MAX];

	done(s, journal_index_key(&s->known, uid, room));
}

void
journal_mark(struct journal *s, const char *uid)
{
	char room[KNOWN_KEY_MAX];
	const char *key = journal_index_key(&s->known, uid, room);
	struct journal_index_entry *entry;

	if (!uid || !s->path || journal_has(s, uid, NULL))
		return;
	entry = journal_index_find_or_add(&s->known, key);
	if (journal_index_was_seen(entry)) {
		journal_line_signed(&s->lines, '/', key);
		journal_index_forget(entry);
	}
	journal_line_signed(&s->lines, '~', key);
	entry->is_marked = true;
}

void
journal_deleted(struct journal *s, const char *uid, uint64_t octets)
{
	struct journal_index_entry *entry =
	    s->path && s->known.prefix_len == 0 ? journal_index_find(&s->known, uid) : NULL;

	if (!journal_index_is_seen(entry) || (entry->is_deleted && entry->octets == octets))
		return;
	journal_line_deleted(&s->lines, octets, uid);
	entry->octets = octets;
	entry->is_deleted = true;
}

bool
journal_has_deleted(const struct journal *s)
{
	for (size_t i = 0; i < s->known.count; i++)
		if (s->known.entries[i].is_deleted)
			return true;
	return false;
}

void
journal_forget_deleted(struct journal *s,
		       bool (*find_listed)(void *ctx, const char *uid, uint64_t *octets), void *ctx)
{
	for (size_t i = 0; i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];
		const char *uid = journal_index_key_of(&s->known, entry);
		uint64_t octets;

		if (!entry->is_deleted ||
		    (find_listed(ctx, uid, &octets) && octets == entry->octets))
			continue;
		journal_line_signed(&s->lines, '/', uid);
		journal_index_forget(entry);
	}
}

void
journal_stop_recording(struct journal *s)
{
	buf_clear(&s->lines);
	free(s->path);
	s->path = NULL;
}

bool
journal_write(struct journal *s, bool durable, struct err *e)
{
	if (s->lines.len > 0) {
		s->is_flushed = false;
		if (!file_write_all(s->fd, s->lines.data, s->lines.len))
			return err_set_errno(e, ERR_IO, "%s", s->path);
		buf_clear(&s->lines);
	}
	if (!durable || s->is_flushed)
		return true;
	if (fsync(s->fd) != 0)
		return err_set_errno(e, ERR_IO, "%s", s->path);
	s->is_flushed = true;
	return true;
}

bool
journal_is_written(const struct journal *s)
{
	return s->lines.len == 0 && s->is_flushed;
}

/* The new journal is whole and on disk before it takes the old one's name. */
static bool
replace_journal(struct journal *s, const struct buf *journal, struct err *e)
{
	char *path = journal_side_file(s, ".new");
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600);
	bool ok = fd >= 0 && file_write_all(fd, journal->data, journal->len) && fsync(fd) == 0 &&
		  rename(path, s->path) == 0;

	if (ok) {
		close(s->fd);
		s->fd = fd;
		s->is_flushed = true;
		ok = file_sync_parent(s->path, e);
	} else {
		err_set_errno(e, ERR_IO, "%s", path);
		if (fd >= 0)
			close(fd);
	}
	free(path);
	return ok;
}

/* Only what IS_LISTED stays. */
static bool
rewrite(struct journal *s, const bool *is_listed, struct err *e)
{
	struct buf journal = {0};
	bool ok;

	journal_line_head(&journal, s->destination);
	for (size_t i = 0; i < s->known.count; i++)
		if (is_listed[i])
			journal_line_entry(&journal, &s->known, &s->known.entries[i]);
	ok = replace_journal(s, &journal, e);
	buf_free(&journal);
	return ok;
}

bool
journal_wants_compacting(const struct journal *s, size_t live)
{
	return s->path && s->known.count > live && s->known.count - live > live + DEAD_MIN;
}

bool
journal_compact(struct journal *s, bool (*is_listed)(void *ctx, const char *uid), void *ctx,
		struct err *e)
{
	bool *listed, ok;
	size_t live = 0;

	if (!s->path || s->known.count <= DEAD_MIN)
		return true;
	listed = mem_alloc(s->known.count * sizeof *listed);
	for (size_t i = 0; i < s->known.count; i++) {
		const struct journal_index_entry *entry = &s->known.entries[i];
		const char *uid =
		    journal_index_uid(&s->known, journal_index_key_of(&s->known, entry));

		listed[i] = journal_index_is_seen(entry) && uid && is_listed(ctx, uid);
		live += listed[i];
	}
	ok = !journal_wants_compacting(s, live) || rewrite(s, listed, e);
	free(listed);
	return ok;
}

/* What is known under another UIDVALIDITY. */

void
journal_distrust_from(struct journal *s, uint32_t next,
		      bool (*is_listed)(void *ctx, const char *uid), void *ctx)
{
	journal_stale_distrust_from(&s->known, next, is_listed, ctx);
}

bool
journal_has_former(const struct journal *s)
{
	for (size_t i = 0; i < s->known.count; i++)
		if (journal_stale_is(&s->known, &s->known.entries[i]))
			return true;
	return false;
}

size_t
journal_recognise(struct journal *s, const struct newcomer *newcomers, size_t count)
{
	return journal_stale_recognise(&s->known, newcomers, count);
}

bool
journal_drop_former(struct journal *s, struct err *e)
{
	bool *kept, ok;

	if (!s->path)
		return true;
	kept = mem_alloc(s->known.count * sizeof *kept);
	for (size_t i = 0; i < s->known.count; i++)
		kept[i] = journal_index_is_seen(&s->known.entries[i]) &&
			  !journal_stale_is(&s->known, &s->known.entries[i]);
	ok = journal_write(s, false, e) && rewrite(s, kept, e);
	for (size_t i = 0; i < s->known.count && ok; i++)
		if (!kept[i])
			journal_index_forget(&s->known.entries[i]);
	free(kept);
	return ok;
}
