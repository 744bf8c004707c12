/* SPDX-License-Identifier: ISC */
/*
 * file - writing files completely and durably to disk.
 */
#ifndef MAILVERBS_BASE_FILE_H
#define MAILVERBS_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct err;

/* Writes all N bytes to a blocking descriptor. False: errno. */
bool file_write_all(int fd, const void *bytes, size_t n);

/* The same by one write(2): a record in a file that is open for appending is never mixed with
 * another writer's. False: errno, ENOSPC if only a part was written. */
bool file_write_record(int fd, const void *bytes, size_t n);

/* Makes the file PATH, mode 0600, of these N bytes, and flushes it. A file or a link of that name
 * is removed, never written to: it may be another user's. False: *e is ERR_OUTPUT or ERR_IO, and
 * nothing is left. The name is not durable yet, see file_sync_parent(). */
bool file_write_new(const char *path, const void *bytes, size_t n, struct err *e);

/* Waits without a deadline until FD can be read, or is at its end. False: *e is ERR_TEMPORARY if a
 * signal asked to stop (base/stop.h), or ERR_IO. */
bool file_await(int fd, struct err *e);

/*
 * Adds to TEXT all that FD reads, at most MAX bytes; buf_wipe() is the caller's. FD was opened with
 * O_NONBLOCK: the writer of a pipe is waited for, but one that is yet to open it only for half a
 * second. False: *e is ERR_IO, or as of file_await().
 */
bool file_read_all(int fd, struct buf *text, size_t max, struct err *e);

/* Makes PATH and its missing parents, mode 0700, each flushed into its parent. True also if it
 * exists. False: *e is ERR_OUTPUT. */
bool file_make_directory(const char *path, struct err *e);

/* For a dry run: could PATH, which does not exist, be made? WITH_PARENTS: missing parents would be
 * made too. Changes nothing. False: *e is ERR_OUTPUT. */
bool file_check_can_make(const char *path, bool with_parents, struct err *e);

/* Makes the file PATH, mode 0600, of these N bytes, or tries to: for data that may be lost. The
 * reader must be able to detect a torn file. */
void file_note(const char *path, const void *bytes, size_t n);

/* The one line that the file PATH is, without its end; the caller's to free(). NULL: there is no
 * such file, or it is something else, or torn. */
char *file_noted_line(const char *path);

/*
 * Makes the file PATH where it is missing, mode 0600, and locks it (flock(2), gone with the
 * process) for as long as the returned descriptor is open. -1: *e is ERR_TEMPORARY and says BUSY
 * where another process has it; ERR_OUTPUT: it can't be made; ERR_IO.
 */
int file_lock(const char *path, const char *busy, struct err *e);

/* The directory that PATH is in, "." for a bare name; the caller's to free(). */
char *file_directory(const char *path);

/* The absolute PATH without symbolic links, the caller's to free(). For a path that does not exist
 * yet, the name that it will have. */
char *file_real_path(const char *path);

/*
 * In a directory where everybody may make files but only their owners remove them (/tmp, some mail
 * spools), the file at PATH may be somebody else's trap: a symbolic link, or a file that he reads.
 * True outside such directories, if PATH does not exist, and if it belongs to us, to root or to the
 * directory's owner; a regular file must be our own and have one name. False: *e is ERR_OUTPUT.
 */
bool file_check_owner(const char *path, struct err *e);

/* Has PATH, whose mode is MODE, none of the rights FORBIDDEN? False: *e is ERR_CONFIG: others may
 * read its secret. */
bool file_check_private(const char *path, mode_t mode, mode_t forbidden, struct err *e);

/* Can nobody but its owner write PATH, whose mode is MODE? False: *e is ERR_CONFIG. For what names
 * commands that are run. */
bool file_check_unshared(const char *path, mode_t mode, struct err *e);

/* file_check_owner(), and the same of the directory PATH. False: *e is ERR_CONFIG or ERR_IO, or as
 * of file_check_owner(). */
bool file_check_own_directory(const char *path, struct err *e);

/* Flushes the directory itself (the names in it) to disk. False: *e is ERR_IO. */
bool file_sync_directory(const char *path, struct err *e);

/* The same for the directory that PATH is in. */
bool file_sync_parent(const char *path, struct err *e);

/* Gives the file FROM the name TO, in place of a file that has it, and flushes the directory of TO.
 * False: *e is ERR_IO. */
bool file_move(const char *from, const char *to, struct err *e);

#endif
