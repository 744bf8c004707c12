/* SPDX-License-Identifier: ISC */
#include "journal/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal_line.h"
#include "journal/journal_state.h"

enum { NAME_MAX_SHOWN = 120 }; /* a longer file name is cut and gets a digest: NAME_MAX is 255 */

/*
 * S as a file name: two names differ if S does. A comma is a blank; escaped characters are %HH. A
 * name that would be too long is cut and gets a digest: the journal itself has all of it.
 */
static char *
file_name(const char *s)
{
	struct buf name = {0};

	for (; *s; s++) {
		if (*s == '/')
			buf_add_str(&name, "%2F");
		else if (*s == ',')
			buf_add_str(&name, "%2C");
		else if (*s == ' ')
			buf_add_char(&name, ',');
		else
			text_escape(&name, (const char[]){*s, '\0'});
	}
	if (name.len > NAME_MAX_SHOWN) {
		unsigned char digest[DIGEST_SIZE];
		char hex[33];

		digest_sha256(name.data, name.len, digest);
		text_hex(hex, digest, 16);
		name.len = NAME_MAX_SHOWN;
		buf_addf(&name, "~%s", hex);
	}
	return buf_take(&name);
}

struct journal *
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
	free(s->root);
	free(s->directory);
	free(s->mailbox);
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

/* Opens the journal for appending after its last whole line; a new one gets its head. */
static bool
open_journal(struct journal *s, struct err *e)
{
	const struct journal_subject subject = {JOURNAL_V2, s->mailbox, s->destination};
	FILE *file;
	off_t whole = 0;
	bool ok;

	s->fd = open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", s->path);
	file = fopen(s->path, "re");
	if (!file)
		return err_set_errno(e, ERR_IO, "%s", s->path);
	ok = journal_line_load(&s->known, file, s->path, &subject, &whole, e);
	fclose(file);
	if (!ok || !cut_torn_line(s, whole, e))
		return false;
	if (whole > 0)
		return true;
	s->is_new = true;
	journal_line_head(&s->lines, s->mailbox, s->destination);
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

struct journal *
journal_named(const char *dir, const char *mailbox, const char *destination)
{
	struct journal *s = journal_new();
	char *name;

	s->root = mem_strdup(dir);
	s->directory = journal_directory(dir, mailbox);
	s->mailbox = mem_strdup(mailbox);
	if (!destination)
		return s;
	name = file_name(destination);
	s->destination = mem_strdup(destination);
	s->path = mem_printf("%s/%s", s->directory, name);
	free(name);
	return s;
}

/* Another user who can write a journal could have mail deleted that was never fetched. */
struct journal *
journal_lock(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct journal *s = journal_named(dir, mailbox, destination);

	if (file_make_directory(s->directory, e) && file_check_own_directory(s->root, e) &&
	    file_check_own_directory(s->directory, e) && lock(s, e))
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

bool
journal_stat(const struct journal *s, struct stat *st)
{
	return s->path && stat(s->path, st) == 0;
}

const char *
journal_path(const struct journal *s)
{
	return s->path;
}

const char *
journal_mailbox(const struct journal *s)
{
	return s->mailbox;
}

const char *
journal_destination(const struct journal *s)
{
	return s->destination;
}

bool
journal_is_new(const struct journal *s)
{
	return s->is_new;
}

char *
journal_side_path(const char *directory, const char *name, const char *suffix)
{
	return mem_printf("%s/.%s%s", directory, name, suffix);
}

char *
journal_side_file(const struct journal *s, const char *suffix)
{
	return journal_side_path(s->directory, s->path ? strrchr(s->path, '/') + 1 : "", suffix);
}

uint64_t
journal_tag(const struct journal *s)
{
	return journal_index_hash(s->path ? s->path : s->directory);
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
