/* SPDX-License-Identifier: ISC */
/*
 * config_writer - adds a section to the configuration, all or nothing.
 *
 * The new file is written beside the old one as FILE.new, flushed, and renamed over it. Everything
 * that the old file has stays as it is, byte for byte. Symbolic links are followed, the mode and
 * the owner are kept. One process at a time: the directory is locked.
 */
#ifndef MAILVERBS_MACCOUNT_CONFIG_WRITER_H
#define MAILVERBS_MACCOUNT_CONFIG_WRITER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

struct err;
struct values;

struct config_writer {
	char *path;      /* of the real file */
	char *staged;    /* the file that will replace it */
	struct buf text; /* what the file has; wiped, because it may hold passwords */
	mode_t mode;
	uid_t owner;
	gid_t group;
	bool exists;
	bool is_in_place; /* the staged file is the configuration, though perhaps not durably */
	int lock;         /* the directory, or -1 */
};

/* Makes the directory (0700), locks it and reads PATH, or the user's own configuration if it is
 * NULL; the file may be missing. False: *e is ERR_TEMPORARY (another process adds an account),
 * ERR_CONFIG, ERR_OUTPUT or ERR_IO. Ended by config_writer_close() in any case, which removes what
 * was only staged. */
bool config_writer_open(struct config_writer *w, const char *path, struct err *e);
void config_writer_close(struct config_writer *w);

/* Can NAME be a section's name? False: *e is ERR_USAGE. */
bool config_writer_check_name(const char *name, struct err *e);

/* Is neither the section NAME nor an account for ADDRESS in this configuration or the system's?
 * False: *e is ERR_CONFIG. */
bool config_writer_is_free(const struct config_writer *w, const char *name, const char *address,
			   struct err *e);

/* Writes and flushes the staged file: what is there, and SECTION. From then on it is the
 * configuration of GIVEN, this process's command line. May be called again. False: *e, also if the
 * mail tools could not read it. */
bool config_writer_stage(struct config_writer *w, const char *section, struct values *given,
			 struct err *e);

/* The staged file takes the place of the configuration, durably. False also if someone changed the
 * configuration in the meantime (ERR_TEMPORARY). If only the last flush failed, it is in place, and
 * all that it names must stay. */
bool config_writer_commit(struct config_writer *w, struct err *e);

/* Makes or replaces the file PATH, 0600, in the same careful way. */
bool config_writer_save_secret(const char *path, const char *secret, struct err *e);

#endif
