/* SPDX-License-Identifier: ISC */
/*
 * config_check - the configuration, read and checked: every entry of every section, also of
 * accounts that are not used now.
 */
#ifndef MAILVERBS_CONFIG_CONFIG_CHECK_H
#define MAILVERBS_CONFIG_CONFIG_CHECK_H

#include <stdbool.h>

struct config_files;
struct err;
struct ini;
struct ini_entry;
struct values;

/* As config_files_load(), with the --config of the command line GIVEN, and checks each file. */
bool config_load(struct config_files *files, const struct values *given, struct err *e);

/* Puts file, line and key in front of *E, which is ERR_CONFIG then. Always false. */
bool config_entry_error(const struct ini *file, const struct ini_entry *entry, struct err *e);

#endif
