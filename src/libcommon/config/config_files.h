/* SPDX-License-Identifier: ISC */
/*
 * config_files - the files of the configuration, in the order in which they are asked.
 *
 * The user's config.ini comes first, then its fragments, config.d/NAME.ini, in the byte order of
 * their names, then the system's config.ini. A key that several files set has the value of the
 * first.
 */
#ifndef MAILVERBS_CONFIG_CONFIG_FILES_H
#define MAILVERBS_CONFIG_CONFIG_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/ini.h"

struct config_files {
	struct ini *items; /* the first is the user's, empty if it is missing */
	size_t count;
};

/* The name of a file that is about to become config.ini, beside it (maccount/config_writer.h). */
#define CONFIG_FILES_STAGED ".new"

/* Reads them. CONFIG: the file of --config, which replaces the user's and has no fragments, unless
 * it is about to become the user's; NULL: not given. False: *e. FILES is to be freed in any
 * case. */
bool config_files_load(struct config_files *files, const char *config, struct err *e);
void config_files_free(struct config_files *files);

/* Is PATH, without symbolic links, the user's config.ini with SUFFIX? */
bool config_files_is_users(const char *path, const char *suffix);

/* Adds only the user's fragments to FILES. False: *e; FILES is to be freed in any case. */
bool config_files_add_fragments(struct config_files *files, struct err *e);

/* The value of a key; NULL where no file has it. Borrowed. */
const char *config_files_key(const struct config_files *files, const char *section,
			     const char *name);

/* The first section that MATCHES takes, or NULL; it is asked about each of them. */
const char *config_files_find(const struct config_files *files,
			      bool (*matches)(const struct config_files *, const char *,
					      const void *),
			      const void *ctx);

#endif
