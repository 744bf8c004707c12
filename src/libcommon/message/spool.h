/* SPDX-License-Identifier: ISC */
/*
 * spool - a temporary file without a name in $TMPDIR (/tmp if unset): nobody else can read it, and
 * it is gone with the process.
 */
#ifndef MAILVERBS_MESSAGE_SPOOL_H
#define MAILVERBS_MESSAGE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* The directory of the files; borrowed from the environment. */
const char *spool_directory(void);

/* -1: *e is ERR_IO and names the directory. */
int spool_open(struct err *e);

/* All of it, or false: *e is ERR_IO and names the directory. */
bool spool_write(int fd, const char *bytes, size_t n, struct err *e);

/*
 * As read(2), but waits for a terminal or a pipe that is silent, and ends that when a signal asks
 * to stop. False: *e is ERR_IO or ERR_TEMPORARY.
 */
bool spool_read(int fd, char *bytes, size_t n, size_t *got, struct err *e);

#endif
