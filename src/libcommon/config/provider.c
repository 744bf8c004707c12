/* SPDX-License-Identifier: ISC */
#include "config/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/ini.h"
#include "config/paths.h"
#include "config/setting.h"

enum { USERS, INSTALLED, FILES };
enum { BLOCK = 64 * 1024 };

static bool
load(struct ini files[FILES], struct err *e)
{
	char *users = paths_config("providers.ini");
	char *installed = paths_data("providers.ini");
	const bool ok = (!users || ini_load(users, true, &files[USERS], e)) &&
			ini_load(installed, true, &files[INSTALLED], e);

	free(users);
	free(installed);
	return ok;
}

/* Does WORD stand anywhere in the file? True also where that can't be found out. */
static bool
mentions(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	struct buf text = {0};
	size_t got;
	bool found;

	if (!file)
		return true;
	while ((got = fread(buf_reserve(&text, BLOCK), 1, BLOCK, file)) > 0)
		text.len += got;
	buf_add(&text, "", 1);
	found = ferror(file) || strlen(text.data) != text.len - 1 || text_contains(text.data, word);
	buf_free(&text);
	fclose(file);
	return found;
}

/*
 * Most mail domains have no preset. To read all presets to find that out would cost as much as all
 * the rest of a run without a network: so where the installed file holds nothing like the domain,
 * and the user has none of his own, they are not read.
 */
static bool
may_have_preset(const char *domain)
{
	char *users = paths_config("providers.ini");
	char *installed = paths_data("providers.ini");
	const bool may = (users && access(users, F_OK) == 0) || mentions(installed, domain);

	free(users);
	free(installed);
	return may;
}

static const char *
find_by_domain(const struct ini files[FILES], const char *domain)
{
	for (size_t f = 0; f < FILES; f++)
		for (size_t i = 0; i < files[f].count; i++) {
			const struct ini_entry *entry = &files[f].entries[i];

			if (strcmp(entry->name, "domains") == 0 &&
			    text_has_word(entry->value, domain))
				return entry->section;
		}
	return NULL;
}

/* `name` and `domains` describe the preset itself, the others are settings. */
static bool
apply_entry(const struct ini *file, const struct ini_entry *entry, struct values *values,
	    struct err *e)
{
	const struct setting *s = setting_find(entry->name, TOOL_ALL, IN_PRESET);
	char *origin;
	bool ok;

	if (strcmp(entry->name, "name") == 0 || strcmp(entry->name, "domains") == 0)
		return true;
	if (!s)
		return err_set(e, ERR_CONFIG, "%s:%u: unknown key '%s'", file->path, entry->line,
			       entry->name);
	origin = mem_printf("preset %s", entry->section);
	ok = values_set(values, s, entry->value, origin, e);
	free(origin);
	if (ok)
		return true;
	e->code = ERR_CONFIG;
	return err_prefix(e, "%s:%u: %s", file->path, entry->line, entry->name);
}

static bool
apply(const struct ini files[FILES], const char *preset, struct values *values, struct err *e)
{
	bool found = false;

	for (size_t f = 0; f < FILES; f++)
		for (size_t i = 0; i < files[f].count; i++) {
			if (strcmp(files[f].entries[i].section, preset) != 0)
				continue;
			found = true;
			if (!apply_entry(&files[f], &files[f].entries[i], values, e))
				return false;
		}
	if (!found) {
		err_set(e, ERR_CONFIG, "there is no provider '%s'", preset);
		return err_hint(e, "presets are the sections of %s", files[INSTALLED].path);
	}
	return true;
}

bool
provider_apply(const char *name, const char *address, struct values *values, struct err *e)
{
	struct ini files[FILES] = {{0}};
	const char *at = address ? strrchr(address, '@') : NULL;
	const bool is_auto = strcmp(name, "auto") == 0;
	bool ok;

	if (strcmp(name, "none") == 0 || (is_auto && (!at || !may_have_preset(at + 1))))
		return true;
	ok = load(files, e);
	if (ok && is_auto)
		name = find_by_domain(files, at + 1);
	if (ok && name)
		ok = apply(files, name, values, e);
	for (size_t f = 0; f < FILES; f++)
		ini_free(&files[f]);
	return ok;
}
