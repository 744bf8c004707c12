/* SPDX-License-Identifier: ISC */
#include "message/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "message/spool.h"

/* One byte more than is kept in memory: whether it comes tells if there is need of a file. As much
 * as a pipe holds, and whole pages of the file. */
enum { BLOCK = SOURCE_MEMORY_MAX + 1 };

enum { HELD_MAX = 16 * 1024 }; /* a file up to this is taken into memory */

/* Looks for a line that is a single dot, through pieces of any size. */
struct dot_finder {
	enum { LINE_START, AFTER_DOT, AFTER_DOT_CR, IN_LINE } at;
	uint64_t seen;
	uint64_t dot; /* the position of the last dot at the start of a line */
	bool found;
};

struct source {
	char *memory;   /* the message, or NULL: it is in `fd` */
	int fd;         /* from `start` on */
	bool fd_is_own; /* the temporary file */
	uint64_t start;
	uint64_t size;
	bool is_taken_in; /* not a file read in place: the dot was searched as the input came */
	bool dot_ends;
	struct dot_finder finder;
};

static void
find_dot(struct dot_finder *f, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && !f->found; i++, f->seen++) {
		if (bytes[i] == '\n') {
			f->found = f->at == AFTER_DOT || f->at == AFTER_DOT_CR;
			f->at = LINE_START;
		} else if (bytes[i] == '.' && f->at == LINE_START) {
			f->at = AFTER_DOT;
			f->dot = f->seen;
		} else {
			f->at = bytes[i] == '\r' && f->at == AFTER_DOT ? AFTER_DOT_CR : IN_LINE;
		}
	}
}

/* Fills BYTES as far as FD gives. */
static bool
read_block(struct source *s, int fd, char *bytes, size_t n, size_t *got, struct err *e)
{
	for (*got = 0; *got < n && !s->finder.found;) {
		size_t len;

		if (!spool_read(fd, bytes + *got, n - *got, &len, e))
			return false;
		if (len == 0)
			return true;
		if (s->dot_ends)
			find_dot(&s->finder, bytes + *got, len);
		*got += len;
	}
	return true;
}

/* Moves what is in memory to a file; the memory stays. */
static bool
spool_memory(struct source *s, struct err *e)
{
	s->fd = spool_open(e);
	s->fd_is_own = s->fd >= 0;
	return s->fd_is_own && spool_write(s->fd, s->memory, (size_t)s->size, e);
}

/* To a file with all of it: what is in memory, and the rest of FD after it. */
static bool
spool(struct source *s, int fd, struct err *e)
{
	size_t len;

	if (!spool_memory(s, e) || !read_block(s, fd, s->memory, BLOCK, &len, e))
		return false;
	while (len > 0) {
		if (!spool_write(s->fd, s->memory, len, e))
			return false;
		s->size += len;
		if (!read_block(s, fd, s->memory, BLOCK, &len, e))
			return false;
	}
	free(s->memory);
	s->memory = NULL;
	return true;
}

static bool
take_in(struct source *s, int fd, struct err *e)
{
	size_t len;

	s->is_taken_in = true;
	s->memory = mem_alloc(BLOCK);
	if (!read_block(s, fd, s->memory, BLOCK, &len, e))
		return false;
	s->size = len;
	return len <= SOURCE_MEMORY_MAX || spool(s, fd, e);
}

/* False: FD is not to be read in place. A file of /proc says that it is regular and empty. */
static bool
stand_on(struct source *s, int fd)
{
	const off_t offset = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	if (offset < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	s->fd = fd;
	s->start = (uint64_t)offset;
	s->size = st.st_size > offset ? (uint64_t)(st.st_size - offset) : 0;
	return true;
}

static bool
look_through(struct source *s, struct err *e)
{
	char block[4096];
	size_t got;

	for (uint64_t at = 0; !s->is_taken_in && !s->finder.found; at += got) {
		if (!source_read(s, at, block, sizeof block, &got, e))
			return false;
		if (got == 0)
			break;
		find_dot(&s->finder, block, got);
	}
	if (s->finder.found)
		s->size = s->finder.dot;
	return true;
}

/* A small file is read once, for it would be three times. */
static void
hold_small(struct source *s)
{
	struct err unused; /* shows again when it is read to be sent */
	char *memory;
	size_t got;

	if (s->size == 0 || s->size > HELD_MAX)
		return;
	memory = mem_grow(NULL, (size_t)s->size, 1);
	if (source_read(s, 0, memory, (size_t)s->size, &got, &unused) && got == s->size) {
		s->memory = memory;
		s->fd = -1;
	} else {
		free(memory);
	}
}

static bool
get_hold(struct source *s, int fd, struct err *e)
{
	if (!stand_on(s, fd))
		return take_in(s, fd, e);
	hold_small(s);
	return true;
}

static struct source *
open_source(int fd, bool dot_ends, struct err *e)
{
	struct source *s = mem_alloc(sizeof *s);

	s->fd = -1;
	s->dot_ends = dot_ends;
	if (get_hold(s, fd, e) && (!dot_ends || look_through(s, e)))
		return s;
	source_close(s);
	return NULL;
}

struct source *
source_open(int fd, struct err *e)
{
	return open_source(fd, false, e);
}

struct source *
source_open_to_dot(int fd, struct err *e)
{
	return open_source(fd, true, e);
}

struct source *
source_new(void)
{
	struct source *s = mem_alloc(sizeof *s);

	s->fd = -1;
	s->memory = mem_alloc(SOURCE_MEMORY_MAX);
	return s;
}

bool
source_add(struct source *s, const char *bytes, size_t n, struct err *e)
{
	if (s->memory && n > SOURCE_MEMORY_MAX - s->size) {
		if (!spool_memory(s, e))
			return false;
		free(s->memory);
		s->memory = NULL;
	}
	if (s->memory)
		memcpy(s->memory + s->size, bytes, n);
	else if (!spool_write(s->fd, bytes, n, e))
		return false;
	s->size += n;
	return true;
}

void
source_close(struct source *s)
{
	if (!s)
		return;
	if (s->fd_is_own)
		close(s->fd);
	free(s->memory);
	free(s);
}

uint64_t
source_size(const struct source *s)
{
	return s->size;
}

static bool
read_file(const struct source *s, uint64_t offset, char *bytes, size_t n, size_t *got,
	  struct err *e)
{
	ssize_t len;

	do
		len = pread(s->fd, bytes, n, (off_t)(s->start + offset));
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return err_set_errno(e, ERR_IO, "cannot read the message");
	if (len == 0)
		return err_set(e, ERR_IO, "the message became shorter while it was read");
	*got = (size_t)len;
	return true;
}

bool
source_read(struct source *s, uint64_t offset, char *bytes, size_t n, size_t *got, struct err *e)
{
	const uint64_t left = offset < s->size ? s->size - offset : 0;

	*got = n < left ? n : (size_t)left;
	if (*got == 0)
		return true;
	if (!s->memory)
		return read_file(s, offset, bytes, *got, got, e);
	memcpy(bytes, s->memory + offset, *got);
	return true;
}
