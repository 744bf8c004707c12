/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/text.h"
#include "config/ini.h"
#include "config/provider.h"
#include "maccount/command.h"

static const char *
value_of(const struct ini files[PROVIDER_FILES], const char *preset, const char *key)
{
	for (size_t f = 0; f < PROVIDER_FILES; f++) {
		const struct ini_entry *entry = ini_find(&files[f], preset, key);

		if (entry)
			return entry->value;
	}
	return "";
}

/* Does WORD occur in the preset's name, in its title or in one of its domains? */
static bool
is_wanted(const struct ini files[PROVIDER_FILES], const char *preset, const char *word)
{
	return !word || text_contains(preset, word) ||
	       text_contains(value_of(files, preset, "name"), word) ||
	       text_contains(value_of(files, preset, "domains"), word);
}

/* Is entry I of file F the first one of its preset? */
static bool
is_first(const struct ini files[PROVIDER_FILES], size_t f, size_t i)
{
	const char *preset = files[f].entries[i].section;

	for (size_t g = 0; g <= f; g++)
		for (size_t k = 0; k < (g == f ? i : files[g].count); k++)
			if (strcmp(files[g].entries[k].section, preset) == 0)
				return false;
	return true;
}

static void
show(const struct ini files[PROVIDER_FILES], const char *preset)
{
	static const char *const keys[] = {"imap", "pop3", "smtp"};

	printf("%s\t%s", preset, value_of(files, preset, "name"));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		printf("\t%s", value_of(files, preset, keys[i]));
	putchar('\n');
}

bool
command_providers(struct run *run, struct err *e)
{
	const char *word = run->operand_count > 0 ? run->operands[0] : NULL;
	struct ini files[PROVIDER_FILES] = {{0}};
	size_t shown = 0;
	bool ok = provider_load_all(files, e);

	run_warn_of_missing_presets(run);
	for (size_t f = 0; ok && f < PROVIDER_FILES; f++)
		for (size_t i = 0; i < files[f].count; i++) {
			const char *preset = files[f].entries[i].section;

			if (!is_first(files, f, i) || !is_wanted(files, preset, word))
				continue;
			show(files, preset);
			shown++;
		}
	if (ok && shown == 0)
		ok = err_set(e, ERR_NO_INPUT, "no preset matches '%s'", word ? word : "");
	for (size_t f = 0; f < PROVIDER_FILES; f++)
		ini_free(&files[f]);
	return ok;
}
