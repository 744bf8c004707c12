/* SPDX-License-Identifier: ISC */
#include "config/account_names.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text_set.h"
#include "config/config_check.h"
#include "config/config_files.h"
#include "config/ini.h"
#include "config/setting.h"
#include "config/values.h"

static void
add_sections(struct account_names *n, struct text_set *known, const struct ini *file)
{
	for (size_t i = 0; i < file->count; i++) {
		const char *section = file->entries[i].section;

		if (!section[0] || !text_set_add(known, section))
			continue;
		n->names = mem_room(n->names, n->count, sizeof *n->names);
		n->names[n->count++] = mem_strdup(section);
	}
}

void
account_names_of(struct account_names *n, const struct config_files *files)
{
	struct text_set known = {0};

	*n = (struct account_names){0};
	for (size_t f = 0; f < files->count; f++)
		add_sections(n, &known, &files->items[f]);
	text_set_free(&known);
}

bool
account_names(struct account_names *n, const struct values *given, struct err *e)
{
	struct config_files files = {0};
	const bool ok = config_load(&files, given, e);

	*n = (struct account_names){0};
	if (ok)
		account_names_of(n, &files);
	config_files_free(&files);
	return ok;
}

void
account_names_free(struct account_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->names[i]);
	free(n->names);
	*n = (struct account_names){0};
}
