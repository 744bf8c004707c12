/* SPDX-License-Identifier: ISC */
#include "mlist/mlist_options.h"

#include <stddef.h>

#include "app/tool.h"
#include "config/account.h"

struct mlist_options
mlist_options_read(const struct run *run, const struct account *a)
{
	const struct values *given = &run->given;

	return (struct mlist_options){.columns = values_text(&a->values, SET_COLUMNS),
				      .count = values_flag(given, SET_COUNT),
				      .folders = values_flag(given, SET_FOLDERS),
				      .names_folders = values_text(given, SET_FOLDER) != NULL,
				      .json = values_flag(given, SET_JSON),
				      .exit_status = values_flag(given, SET_EXIT_STATUS),
				      .line_end = values_flag(given, SET_NUL) ? '\0' : '\n'};
}
