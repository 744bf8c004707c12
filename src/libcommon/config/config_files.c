/* SPDX-License-Identifier: ISC */
#include "config/config_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/paths.h"

/* PATH may be NULL: a file that nobody has. */
static bool
add(struct config_files *files, const char *path, bool may_be_missing, struct err *e)
{
	struct ini *ini;

	files->items = mem_room(files->items, files->count, sizeof *files->items);
	ini = &files->items[files->count++];
	*ini = (struct ini){0};
	return !path || ini_load_own(path, may_be_missing, ini, e);
}

/* Neither hidden files nor an editor's backups (work.ini~). */
static int
is_fragment(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".ini") == 0;
}

/* The same order in every locale. */
static int
by_name(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

/* A user who may make files in it decides what is run for a password, and where mail goes. */
static bool
check_directory(const char *directory, struct err *e)
{
	struct stat st;

	if (stat(directory, &st) != 0)
		return err_set_errno(e, ERR_CONFIG, "%s", directory);
	return file_check_unshared(directory, st.st_mode, e);
}

static bool
add_directory(struct config_files *files, const char *directory, struct err *e)
{
	struct dirent **entries = NULL;
	const int count = scandir(directory, &entries, is_fragment, by_name);
	bool ok = count <= 0 || check_directory(directory, e);

	if (count < 0 && errno != ENOENT)
		return err_set_errno(e, ERR_CONFIG, "%s", directory);
	for (int i = 0; i < count; i++) {
		char *path = mem_printf("%s/%s", directory, entries[i]->d_name);

		ok = ok && add(files, path, false, e);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

bool
config_files_add_fragments(struct config_files *files, struct err *e)
{
	char *directory = paths_config("config.d");
	const bool ok = !directory || add_directory(files, directory, e);

	free(directory);
	return ok;
}

/* PATH may be NULL. */
static bool
add_users(struct config_files *files, const char *path, struct err *e)
{
	return add(files, path, true, e) && config_files_add_fragments(files, e);
}

bool
config_files_is_users(const char *path, const char *suffix)
{
	char *users = paths_config("config.ini");
	char *real = users ? file_real_path(users) : NULL;
	char *name = real ? mem_printf("%s%s", real, suffix) : NULL;
	const bool is_same = name && strcmp(name, path) == 0;

	free(users);
	free(real);
	free(name);
	return is_same;
}

static bool
add_given(struct config_files *files, const char *config, struct err *e)
{
	if (config_files_is_users(config, CONFIG_FILES_STAGED))
		return add_users(files, config, e);
	return add(files, config, false, e);
}

bool
config_files_load(struct config_files *files, const char *config, struct err *e)
{
	char *systems = paths_system_config("config.ini"), *users = paths_config("config.ini");
	bool ok;

	*files = (struct config_files){0};
	ok = config ? add_given(files, config, e) : add_users(files, users, e);
	ok = ok && add(files, systems, true, e);
	free(systems);
	free(users);
	return ok;
}

void
config_files_free(struct config_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		ini_free(&files->items[i]);
	free(files->items);
	*files = (struct config_files){0};
}

const char *
config_files_key(const struct config_files *files, const char *section, const char *name)
{
	for (size_t f = 0; f < files->count; f++) {
		const struct ini_entry *entry = ini_find(&files->items[f], section, name);

		if (entry)
			return entry->value;
	}
	return NULL;
}

const char *
config_files_find(const struct config_files *files,
		  bool (*matches)(const struct config_files *, const char *, const void *),
		  const void *ctx)
{
	for (size_t f = 0; f < files->count; f++)
		for (size_t i = 0; i < files->items[f].count; i++) {
			const char *section = files->items[f].entries[i].section;

			if (section[0] && matches(files, section, ctx))
				return section;
		}
	return NULL;
}
