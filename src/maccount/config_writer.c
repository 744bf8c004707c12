/* SPDX-License-Identifier: ISC */
#include "maccount/config_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account_names.h"
#include "config/config_files.h"
#include "config/ini.h"
#include "config/paths.h"
#include "config/setting.h"
#include "config/values.h"

enum { FILE_SIZE_MAX = 4 * 1024 * 1024, NAME_MAX_LEN = 48 };

static bool
lock_directory(struct config_writer *w, struct err *e)
{
	char *directory = file_directory(w->path);
	bool ok = file_make_directory(directory, e);

	if (ok) {
		w->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ok = w->lock >= 0 || err_set_errno(e, ERR_OUTPUT, "%s", directory);
	}
	if (ok && flock(w->lock, LOCK_EX | LOCK_NB) != 0)
		ok = errno == EWOULDBLOCK
			 ? err_set(e, ERR_TEMPORARY, "%s: another process adds an account", w->path)
			 : err_set_errno(e, ERR_IO, "%s", directory);
	free(directory);
	return ok;
}

/* A missing file is an empty one. */
static bool
read_config(const char *path, struct buf *text, struct stat *st, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	*st = (struct stat){0};
	buf_add_str(text, "");
	if (fd < 0)
		return errno == ENOENT || err_set_errno(e, ERR_CONFIG, "%s", path);
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
		ok = err_set(e, ERR_CONFIG, "%s: not a file that a section can be added to", path);
	else
		ok = file_read_all(fd, text, FILE_SIZE_MAX, e) || err_prefix(e, "%s", path);
	buf_add_str(text, "");
	close(fd);
	return ok;
}

bool
config_writer_open(struct config_writer *w, const char *path, struct err *e)
{
	char *users = path ? NULL : paths_config("config.ini");
	struct stat st;

	*w = (struct config_writer){.lock = -1};
	if (path || users)
		w->path = file_real_path(path ? path : users);
	free(users);
	if (!w->path)
		return err_set(e, ERR_CONFIG, "there is no home directory for the configuration");
	if (!lock_directory(w, e) || !read_config(w->path, &w->text, &st, e))
		return false;
	w->exists = st.st_mode != 0;
	w->mode = w->exists ? st.st_mode & 07777 : 0600;
	w->owner = w->exists ? st.st_uid : geteuid();
	w->group = w->exists ? st.st_gid : getegid();
	return true;
}

void
config_writer_close(struct config_writer *w)
{
	if (w->staged)
		unlink(w->staged);
	if (w->lock >= 0)
		close(w->lock);
	free(w->staged);
	free(w->path);
	buf_wipe(&w->text);
	*w = (struct config_writer){.lock = -1};
}

bool
config_writer_check_name(const char *name, struct err *e)
{
	const size_t len = strlen(name);
	bool ok = len > 0 && len <= NAME_MAX_LEN && name[0] != ' ' && name[len - 1] != ' ' &&
		  !strchr(name, ']') && !strstr(name, " ;");

	for (const char *p = name; *p; p++)
		ok = ok && (unsigned char)*p >= ' ' && *p != 0x7f;
	if (ok)
		return true;
	err_set(e, ERR_USAGE, "'%s' cannot be the name of a section", name);
	return err_hint(e, "--name=SECTION: up to %d bytes, without ']' and ' ;'", NAME_MAX_LEN);
}

static bool
is_taken(const struct ini *ini, const char *name, const char *address, struct err *e)
{
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *entry = &ini->entries[i];

		if (entry->section[0] && text_equal_case(entry->section, name))
			return !err_set(e, ERR_CONFIG, "%s:%u: there is an account '%s' already",
					ini->path, entry->line, entry->section);
		if (entry->section[0] && strcmp(entry->name, "address") == 0 &&
		    (text_equal_case(entry->value, address) || text_equal_case(entry->value, name)))
			return !err_set(e, ERR_CONFIG, "%s:%u: the account '%s' is for %s already",
					ini->path, entry->line, entry->section, entry->value);
	}
	return false;
}

/* An empty section has no entries, but a second one of its name would be the same account. */
static bool
has_header(const struct buf *text, const char *name)
{
	const size_t len = strlen(name);

	for (const char *p = text->data; p && *p;) {
		p += strspn(p, " \t");
		if (p[0] == '[' && strncmp(p + 1, name, len) == 0 && p[1 + len] == ']')
			return true;
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return false;
}

static bool
is_free_in(const char *path, const char *name, const char *address, struct err *e)
{
	struct ini ini;
	const bool ok = ini_load_own(path, true, &ini, e) && !is_taken(&ini, name, address, e);

	ini_free(&ini);
	return ok;
}

/* Fragments belong to the user's own file, not to one of --config. */
static bool
is_free_in_fragments(const struct config_writer *w, const char *name, const char *address,
		     struct err *e)
{
	struct config_files fragments = {0};
	bool ok = !config_files_is_users(w->path, "") || config_files_add_fragments(&fragments, e);

	for (size_t i = 0; ok && i < fragments.count; i++)
		ok = !is_taken(&fragments.items[i], name, address, e);
	config_files_free(&fragments);
	return ok;
}

bool
config_writer_is_free(const struct config_writer *w, const char *name, const char *address,
		      struct err *e)
{
	char *systems = paths_system_config("config.ini");
	bool ok = is_free_in(w->path, name, address, e) &&
		  is_free_in_fragments(w, name, address, e) &&
		  is_free_in(systems, name, address, e);

	if (ok && has_header(&w->text, name))
		ok = err_set(e, ERR_CONFIG, "%s: there is a section '%s' already", w->path, name);
	free(systems);
	return ok;
}

static bool
write_staged(struct config_writer *w, const char *section, struct err *e)
{
	struct buf text = {0};
	bool ok;

	buf_add(&text, w->text.data, w->text.len);
	if (text.len > 0 && text.data[text.len - 1] != '\n')
		buf_add_char(&text, '\n');
	if (text.len > 0)
		buf_add_char(&text, '\n');
	buf_add_str(&text, section);
	if (!w->staged)
		w->staged = mem_printf("%s" CONFIG_FILES_STAGED, w->path);
	ok = file_write_new(w->staged, text.data, text.len, e);
	buf_wipe(&text);
	return ok;
}

bool
config_writer_stage(struct config_writer *w, const char *section, struct values *given,
		    struct err *e)
{
	struct account_names names;
	bool ok;

	if (!write_staged(w, section, e))
		return false;
	values_replace(given, SET_CONFIG, w->staged, "command line");
	ok = account_names(&names, given, e);
	account_names_free(&names);
	return ok;
}

static bool
is_unchanged(const struct config_writer *w, struct err *e)
{
	struct buf now = {0};
	struct stat st;
	bool ok = read_config(w->path, &now, &st, e);

	if (ok && (now.len != w->text.len || memcmp(now.data, w->text.data, now.len) != 0 ||
		   (st.st_mode != 0) != w->exists))
		ok = err_set(e, ERR_TEMPORARY, "%s was changed in the meantime; run this again",
			     w->path);
	buf_wipe(&now);
	return ok;
}

/* The owner first: chown(2) may clear bits of the mode. */
static bool
keep_owner_and_mode(const struct config_writer *w, struct err *e)
{
	struct stat st;

	if (stat(w->staged, &st) != 0 ||
	    ((st.st_uid != w->owner || st.st_gid != w->group) &&
	     chown(w->staged, w->owner, w->group) != 0) ||
	    chmod(w->staged, w->mode) != 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", w->staged);
	return true;
}

bool
config_writer_commit(struct config_writer *w, struct err *e)
{
	if (!is_unchanged(w, e) || !keep_owner_and_mode(w, e))
		return false;
	if (rename(w->staged, w->path) != 0)
		return err_set_errno(e, ERR_IO, "%s", w->path);
	w->is_in_place = true;
	free(w->staged);
	w->staged = NULL;
	return file_sync_parent(w->path, e);
}

bool
config_writer_save_secret(const char *path, const char *secret, struct err *e)
{
	char *staged = mem_printf("%s.new", path), *directory = file_directory(path);
	struct buf text = {0};
	bool ok;

	buf_reserve(&text, strlen(secret) + 2);
	buf_add_str(&text, secret);
	buf_add_char(&text, '\n');
	ok = file_make_directory(directory, e) && file_write_new(staged, text.data, text.len, e);
	if (ok && !file_move(staged, path, e)) {
		ok = false;
		unlink(staged);
	}
	buf_wipe(&text);
	free(directory);
	free(staged);
	return ok;
}
