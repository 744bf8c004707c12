/* SPDX-License-Identifier: ISC */
#include "msend/send_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address.h"
#include "message/source.h"

#define FIRST_LINE "mailverbs send journal 1\n"

enum { ID_SIZE = 16, ROOM_LEAST = 64, BLOCK = 64 * 1024 };

static const char *const words[] = {
    [SEND_NEW] = "refused",       [SEND_BEGUN] = "begin",     [SEND_SENT] = "sent",
    [SEND_COPY_DUE] = "copy-due", [SEND_COPYING] = "copying", [SEND_COPIED] = "copied"};

/* A letter and a recipient, or its copy. */
struct record {
	unsigned char id[ID_SIZE];
	bool is_used;
	unsigned char state;
};

struct send_journal {
	char *path;
	int fd;                 /* -1: there is no file */
	bool is_peek;           /* the file is not changed */
	struct record *records; /* a hash table */
	size_t room;            /* a power of two, or 0 */
	size_t count;
};

/* The table. */

static void
make_id(const char *key, const char *address, unsigned char id[static ID_SIZE])
{
	unsigned char digest[DIGEST_SIZE];
	char *mailbox = address_key(address), *text = mem_printf("%s %s", key, mailbox);

	digest_sha256(text, strlen(text), digest);
	memcpy(id, digest, ID_SIZE);
	free(text);
	free(mailbox);
}

static struct record *
find(struct record *records, size_t room, const unsigned char *id)
{
	size_t at;

	memcpy(&at, id, sizeof at);
	for (at &= room - 1; records[at].is_used; at = (at + 1) & (room - 1))
		if (memcmp(records[at].id, id, ID_SIZE) == 0)
			break;
	return &records[at];
}

static void
grow(struct send_journal *j)
{
	const size_t room = j->room ? 2 * j->room : ROOM_LEAST;
	struct record *records = mem_alloc(room * sizeof *records);

	for (size_t i = 0; i < j->room; i++)
		if (j->records[i].is_used)
			*find(records, room, j->records[i].id) = j->records[i];
	free(j->records);
	j->records = records;
	j->room = room;
}

static void
set_state(struct send_journal *j, const char *key, const char *address, enum send_state state)
{
	struct record *r;
	unsigned char id[ID_SIZE];

	if (2 * (j->count + 1) > j->room)
		grow(j);
	make_id(key, address, id);
	r = find(j->records, j->room, id);
	j->count += !r->is_used;
	memcpy(r->id, id, ID_SIZE);
	r->is_used = true;
	r->state = (unsigned char)state;
}

enum send_state
send_journal_state(const struct send_journal *j, const char *key, const char *address)
{
	unsigned char id[ID_SIZE];
	const struct record *r;

	if (!j || j->room == 0)
		return SEND_NEW;
	make_id(key, address, id);
	r = find(j->records, j->room, id);
	return r->is_used ? (enum send_state)r->state : SEND_NEW;
}

/* The file. */

static bool
is_of_copy(enum send_state state)
{
	return state >= SEND_COPY_DUE;
}

static bool
is_key(const char *text)
{
	const size_t len = text ? strlen(text) : 0;

	for (size_t i = 0; i < len; i++)
		if (text_hex_digit(text[i]) < 0)
			return false;
	return len == SEND_JOURNAL_KEY - 1;
}

static bool
find_word(const char *text, size_t len, enum send_state *state)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i]) == len && memcmp(text, words[i], len) == 0) {
			*state = (enum send_state)i;
			return true;
		}
	return false;
}

/* TEXT, which is taken apart, is exactly one record. */
static bool
read_record(struct send_journal *j, char *text)
{
	char *rest = text, *word = strsep(&rest, " "), *key = strsep(&rest, " ");
	char *address = strsep(&rest, " "), *name = strsep(&rest, " ");
	enum send_state state;

	if (rest || !find_word(word, strlen(word), &state) || !is_key(key) ||
	    is_of_copy(state) != !address || (state == SEND_BEGUN) != (name != NULL) ||
	    (address && !text_unescape(address)))
		return false;
	set_state(j, key, address ? address : SEND_JOURNAL_COPY, state);
	return true;
}

/*
 * The record at the end of a line. A kill or a full disk may have torn the record before it, which
 * then has no line end of its own. A torn record says nothing: its message was not sent, or what
 * became of it remains unknown.
 */
static bool
read_last_record(struct send_journal *j, const char *line, size_t len)
{
	const char *end = line + len, *blank = end, *start;
	enum send_state state;
	bool ok = false;

	for (start = end; !ok && start-- > line;) {
		char *text;

		if (*start == ' ')
			blank = start;
		if (!find_word(start, (size_t)(blank - start), &state))
			continue;
		text = mem_strndup(start, (size_t)(end - start));
		ok = strlen(text) == (size_t)(end - start) && read_record(j, text);
		free(text);
	}
	return ok;
}

/* A kill, or a full disk, may have torn the last line: it is as good as not written. */
static bool
drop_torn(struct send_journal *j, off_t end, struct err *e)
{
	return j->is_peek || ftruncate(j->fd, end) == 0 || err_set_errno(e, ERR_IO, "%s", j->path);
}

/* The name of a new file must survive a crash like its content: else all would be sent again. */
static bool
write_first_line(struct send_journal *j, struct err *e)
{
	if (!file_write_all(j->fd, FIRST_LINE, strlen(FIRST_LINE)) || fdatasync(j->fd) != 0)
		return err_set_errno(e, ERR_IO, "%s", j->path);
	return file_sync_parent(j->path, e);
}

static bool
read_line(struct send_journal *j, const char *line, size_t len, size_t number)
{
	if (number > 1)
		return read_last_record(j, line, len);
	return len + 1 == strlen(FIRST_LINE) && memcmp(line, FIRST_LINE, len) == 0;
}

/* A file with no line end that is not the start of our first line is somebody else's. */
static bool
is_foreign(const char *line, ssize_t len, off_t end)
{
	return len > 0 && end == 0 &&
	       ((size_t)len >= strlen(FIRST_LINE) || memcmp(line, FIRST_LINE, (size_t)len) != 0);
}

static bool
read_lines(struct send_journal *j, FILE *file, struct err *e)
{
	char *line = NULL;
	size_t room = 0, number = 0;
	off_t end = 0;
	ssize_t len;
	bool ok = true;

	while (ok && (len = getline(&line, &room, file)) > 0 && line[len - 1] == '\n') {
		end += len;
		ok = read_line(j, line, (size_t)len - 1, ++number) ||
		     err_set(e, ERR_MALFORMED, "%s:%zu: not a line of a send journal", j->path,
			     number);
	}
	if (ok && is_foreign(line, len, end))
		ok = err_set(e, ERR_MALFORMED, "%s: not a send journal", j->path);
	free(line);
	if (ok && ferror(file))
		return err_set_errno(e, ERR_IO, "%s", j->path);
	return ok && (len <= 0 || drop_torn(j, end, e)) &&
	       (end > 0 || j->is_peek || write_first_line(j, e));
}

static bool
read_file(struct send_journal *j, struct err *e)
{
	FILE *file = fopen(j->path, "re");
	bool ok;

	if (!file)
		return err_set_errno(e, ERR_IO, "%s", j->path);
	ok = read_lines(j, file, e);
	fclose(file);
	return ok;
}

static bool
open_file(struct send_journal *j, struct err *e)
{
	struct stat st;

	j->fd = open(j->path, O_RDWR | O_APPEND | (j->is_peek ? 0 : O_CREAT) | O_CLOEXEC, 0600);
	if (j->fd < 0 && errno == ENOENT && j->is_peek)
		return file_check_can_make(j->path, false, e);
	if (j->fd < 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", j->path);
	if (fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_OUTPUT, "%s: not a regular file", j->path);
	if (!file_check_unshared(j->path, st.st_mode, e)) /* a line may leave a recipient out */
		return false;
	if (flock(j->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return err_set(e, ERR_TEMPORARY, "%s: another run uses this journal", j->path);
	return err_set_errno(e, ERR_IO, "%s", j->path);
}

static struct send_journal *
open_journal(const char *path, bool is_peek, struct err *e)
{
	struct send_journal *j = mem_alloc(sizeof *j);

	j->path = mem_strdup(path);
	j->is_peek = is_peek;
	if (open_file(j, e) && (j->fd < 0 || read_file(j, e)))
		return j;
	send_journal_close(j);
	return NULL;
}

struct send_journal *
send_journal_open(const char *path, struct err *e)
{
	return open_journal(path, false, e);
}

struct send_journal *
send_journal_peek(const char *path, struct err *e)
{
	return open_journal(path, true, e);
}

void
send_journal_close(struct send_journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	free(j->records);
	free(j->path);
	free(j);
}

bool
send_journal_key(const char *name, struct source *content, char key[static SEND_JOURNAL_KEY],
		 struct err *e)
{
	struct digest *d = digest_begin();
	char *block = mem_grow(NULL, BLOCK, 1);
	unsigned char digest[DIGEST_SIZE];
	uint64_t offset = 0;
	size_t got;
	bool ok;

	digest_add(d, name, strlen(name) + 1);
	while ((ok = source_read(content, offset, block, BLOCK, &got, e)) && got > 0) {
		digest_add(d, block, got);
		offset += got;
	}
	digest_end(d, digest);
	free(block);
	text_hex(key, digest, (SEND_JOURNAL_KEY - 1) / 2);
	return ok;
}

bool
send_journal_add(struct send_journal *j, enum send_state state, const char *key,
		 const char *address, const char *name, struct err *e)
{
	struct buf line = {0};
	bool ok;

	buf_addf(&line, "%s %s", words[state], key);
	if (!is_of_copy(state)) {
		buf_add_char(&line, ' ');
		text_escape(&line, address);
	}
	if (state == SEND_BEGUN) {
		buf_add_char(&line, ' ');
		text_escape(&line, name);
	}
	buf_add_char(&line, '\n');
	ok = file_write_record(j->fd, line.data, line.len) ||
	     err_set_errno(e, ERR_IO, "%s", j->path);
	if (ok)
		set_state(j, key, address, state);
	buf_free(&line);
	return ok;
}

bool
send_journal_flush(struct send_journal *j, struct err *e)
{
	return fdatasync(j->fd) == 0 || err_set_errno(e, ERR_IO, "%s", j->path);
}

const char *
send_journal_path(const struct send_journal *j)
{
	return j->path;
}
