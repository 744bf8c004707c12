/* SPDX-License-Identifier: ISC */
#include "config/config_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/config_files.h"
#include "config/ini.h"
#include "config/setting.h"
#include "config/suggest.h"
#include "config/values.h"

bool
config_entry_error(const struct ini *file, const struct ini_entry *entry, struct err *e)
{
	e->code = ERR_CONFIG;
	return err_prefix(e, "%s:%u: %s", file->path, entry->line, entry->name);
}

/* In a command or a password " ;" may well be meant: libinih takes it for a comment and would cut
 * the value. */
static bool
check_uncut(const struct ini *file, const struct ini_entry *entry, const struct setting *s,
	    struct err *e)
{
	const bool is_password = s->id == SET_PASSWORD;

	if (s->kind != KIND_ANY || !entry->has_comment)
		return true;
	err_set(e, ERR_CONFIG, "' ;' begins a comment here, so it can't be told from the %s",
		is_password ? "password" : "command");
	if (is_password)
		err_hint(e,
			 "put the password into a file of its own and name it with password-file");
	else
		err_hint(e, "no blank before a semicolon: 'a; b'; a comment has a line of its own");
	return config_entry_error(file, entry, e);
}

static bool
check_password(const struct ini *file, const struct ini_entry *entry, struct err *e)
{
	if (!file->others_can_read)
		return true;
	err_set(e, ERR_CONFIG, "others can read this file, which has a password in it");
	err_hint(e, "chmod 600 %s", file->path);
	return config_entry_error(file, entry, e);
}

static bool
check_entry(const struct ini *file, const struct ini_entry *entry, struct err *e)
{
	const unsigned place = entry->section[0] ? IN_ACCOUNT : IN_GLOBAL;
	const struct setting *s = setting_find(entry->name, TOOL_ALL, place);
	char *normal;

	if (!s) {
		err_set(e, ERR_CONFIG, "%s:%u: unknown key '%s'%s", file->path, entry->line,
			entry->name,
			setting_find(entry->name, TOOL_ALL, IN_CONFIG) ? " in this place" : "");
		suggest_key(e, entry->name, place);
		return false;
	}
	if (entry->value[0] == '\0') {
		err_set(e, ERR_CONFIG, "the value is empty");
		return config_entry_error(file, entry, e);
	}
	if (!check_uncut(file, entry, s, e))
		return false;
	if (setting_is_secret(s, entry->value) && !check_password(file, entry, e))
		return false;
	if (!setting_check(s, entry->value, &normal, e))
		return config_entry_error(file, entry, e);
	mem_free_secret(normal);
	return true;
}

static bool
check_file(const struct ini *file, struct err *e)
{
	for (size_t i = 0; i < file->count; i++)
		if (!check_entry(file, &file->entries[i], e))
			return false;
	return true;
}

bool
config_load(struct config_files *files, const struct values *given, struct err *e)
{
	if (!config_files_load(files, given->of[SET_CONFIG].text, e))
		return false;
	for (size_t f = 0; f < files->count; f++)
		if (!check_file(&files->items[f], e))
			return false;
	return true;
}
