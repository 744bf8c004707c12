/* SPDX-License-Identifier: ISC */
/*
 * source - a message that can be read more than once in constant memory.
 *
 * A regular file is read in place, from its current offset; a small one is read once and held.
 * Anything else (a pipe, a terminal) is taken in: up to SOURCE_MEMORY_MAX bytes in memory, more in
 * a temporary file without a name in $TMPDIR (/tmp if unset), which nobody else can read and which
 * is gone with the process.
 */
#ifndef MAILVERBS_MESSAGE_SOURCE_H
#define MAILVERBS_MESSAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SOURCE_MEMORY_MAX = 64 * 1024 - 1 };

struct err;
struct source;

/*
 * Reads FD to its end, unless it is a regular file, whose offset stays where it is. FD stays the
 * caller's, and open until source_close(). NULL: *e is ERR_IO (a full disk names the directory), or
 * ERR_TEMPORARY when a signal asked to stop (base/stop.h).
 */
struct source *source_open(int fd, struct err *e);

/*
 * The same, but a line that is a single dot ends the message, as sendmail reads it: bytes after it
 * are ignored, and a pipe or a terminal need not end.
 */
struct source *source_open_to_dot(int fd, struct err *e);
void source_close(struct source *s);

/*
 * A message that is brought in pieces: source_new(), source_add() as often as some come, and then
 * it is as any other. False: *e is ERR_IO.
 */
struct source *source_new(void);
bool source_add(struct source *s, const char *bytes, size_t n, struct err *e);

/* Known once the message has been read; it never changes. */
uint64_t source_size(const struct source *s);

/*
 * Up to N bytes from OFFSET into BYTES; *GOT is how many, 0 only at the end. False: ERR_IO, also
 * when a large file turned out shorter than it was at source_open().
 */
bool source_read(struct source *s, uint64_t offset, char *bytes, size_t n, size_t *got,
		 struct err *e);

#endif
