/* SPDX-License-Identifier: ISC */
/*
 * log - one line for each message, for people and programs: logfmt, NAME=VALUE with blanks between.
 *
 * A line goes out in one write(2) to a file that is open for appending, so that many writers never
 * mix theirs. If a log cannot be written, that never changes what is done with the message: the
 * caller warns, and goes on.
 */
#ifndef MAILVERBS_MSEND_LOG_H
#define MAILVERBS_MSEND_LOG_H

#include <stdbool.h>

struct buf;
struct err;

/* Adds a field: quoted where it must be, safe to show, nothing for NULL. */
void log_add(struct buf *line, const char *name, const char *value);

/*
 * Adds LINE, preceded by the time, to the file WHERE (a new file is readable for its owner only),
 * writes it to standard output if WHERE is "-", or hands it to syslog(3) as PROGRAM's if WHERE is
 * "syslog". False: *e is ERR_OUTPUT or ERR_IO.
 */
bool log_write(const char *where, const char *program, const struct buf *line, bool is_failure,
	       struct err *e);

#endif
