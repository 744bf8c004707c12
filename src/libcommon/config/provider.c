/* SPDX-License-Identifier: ISC */
#include "config/provider.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config_check.h"
#include "config/ini.h"
#include "config/paths.h"
#include "config/setting.h"
#include "config/suggest.h"
#include "config/values.h"

enum { USERS, INSTALLED };
enum { BLOCK = 128 * 1024 };

/* The installed file as text, and the preset that is taken from it. */
struct installed {
	char *path;
	struct buf text; /* empty: the file does not exist */
	bool is_missing;
};

/* Bytes of it; `start` is NULL where there is nothing. */
struct part {
	const char *start;
	size_t len;
};

static bool
load_users(struct ini *users, struct err *e)
{
	char *path = paths_config("providers.ini");
	const bool ok = !path || ini_load_own(path, true, users, e);

	free(path);
	return ok;
}

bool
provider_load_all(struct ini files[PROVIDER_FILES], struct err *e)
{
	char *installed = paths_data("providers.ini");
	const bool ok =
	    load_users(&files[USERS], e) && ini_load(installed, true, &files[INSTALLED], e);

	free(installed);
	return ok;
}

/* A file that does not exist has no presets. */
static bool
read_installed(struct installed *i, struct err *e)
{
	int fd;
	ssize_t got;

	i->path = paths_data("providers.ini");
	fd = open(i->path, O_RDONLY | O_CLOEXEC);
	i->is_missing = fd < 0 && errno == ENOENT;
	if (fd < 0)
		return i->is_missing || err_set_errno(e, ERR_CONFIG, "%s", i->path);
	while ((got = read(fd, buf_reserve(&i->text, BLOCK), BLOCK)) > 0)
		i->text.len += (size_t)got;
	close(fd);
	buf_add(&i->text, "", 1);
	i->text.len--;
	if (got < 0)
		return err_set_errno(e, ERR_CONFIG, "%s", i->path);
	if (strlen(i->text.data) != i->text.len)
		return err_set(e, ERR_CONFIG, "%s: the file contains a NUL byte", i->path);
	return true;
}

static const char *
line_start(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

/* The section that begins at START: up to the next one. */
static struct part
section_from(const char *start)
{
	const char *end = strstr(start, "\n[");

	return (struct part){.start = start,
			     .len = end ? (size_t)(end - start) + 1 : strlen(start)};
}

static struct part
find_named(const struct installed *i, const char *name)
{
	char *head = mem_printf("\n[%s]", name);
	const char *at = i->text.len > 0 ? strstr(i->text.data, head) : NULL;
	const bool is_first =
	    i->text.len > 0 && strncmp(i->text.data, head + 1, strlen(head + 1)) == 0;

	free(head);
	if (is_first)
		return section_from(i->text.data);
	return at ? section_from(at + 1) : (struct part){0};
}

/* Is AT, a whole word or part of one, in the value of the key `domains`? */
static bool
is_in_domains(const char *text, const char *at, size_t len)
{
	const char *line = line_start(text, at);

	if (!strchr(" \t=", at == text ? '\n' : at[-1]) || (at[len] && !strchr(" \t\r\n", at[len])))
		return false;
	while (line > text && text_is_wsp(line[0]))
		line = line_start(text, line - 1);
	return strncmp(line, "domains", strlen("domains")) == 0 &&
	       line[strlen("domains") + strspn(line + strlen("domains"), " \t")] == '=';
}

/* DOMAIN in lower case, as all domains of the installed file are. */
static struct part
find_domain(const struct installed *i, const char *domain)
{
	const char *text = i->text.len > 0 ? i->text.data : "", *at = text;
	const size_t len = strlen(domain);

	for (; len > 0 && (at = strstr(at, domain)); at += len) {
		const char *line = at;

		if (!is_in_domains(text, at, len))
			continue;
		while (line > text && line[0] != '[')
			line = line_start(text, line - 1);
		if (line[0] == '[')
			return section_from(line);
	}
	return (struct part){0};
}

static const char *
find_by_domain(const struct ini *file, const char *domain)
{
	for (size_t i = 0; i < file->count; i++)
		if (strcmp(file->entries[i].name, "domains") == 0 &&
		    text_has_word(file->entries[i].value, domain))
			return file->entries[i].section;
	return NULL;
}

static bool
parse_part(const struct installed *i, struct part part, struct ini *ini, struct err *e)
{
	unsigned line = 1;

	if (!part.start)
		return true;
	for (const char *p = i->text.data; p < part.start; p++)
		line += *p == '\n';
	return ini_parse_part(i->path, part.start, part.len, line, ini, e);
}

static char *
lower(const char *domain)
{
	char *copy = mem_strdup(domain);

	text_make_lower(copy);
	return copy;
}

/*
 * Both files' parts of the preset called *NAME, or by DOMAIN where that is "auto"; *NAME becomes
 * the preset's name, NULL where no preset has the domain.
 */
static bool
load_preset(struct ini files[PROVIDER_FILES], const struct installed *i, const char *domain,
	    const char **name, struct err *e)
{
	const char *own;

	if (strcmp(*name, "auto") != 0)
		return parse_part(i, find_named(i, *name), &files[INSTALLED], e);
	own = find_by_domain(&files[USERS], domain);
	*name = own;
	if (!parse_part(i, own ? find_named(i, own) : find_domain(i, domain), &files[INSTALLED], e))
		return false;
	if (!own && files[INSTALLED].count > 0)
		*name = files[INSTALLED].entries[0].section;
	return true;
}

static void
add_expanded(struct buf *out, const char *text, const char *address)
{
	const size_t local = strcspn(address, "@");

	while (*text) {
		if (strncmp(text, "%local%", 7) == 0) {
			buf_add(out, address, local);
			text += 7;
		} else if (strncmp(text, "%address%", 9) == 0) {
			buf_add_str(out, address);
			text += 9;
		} else {
			buf_add_char(out, *text++);
		}
	}
}

/* Keys that describe the preset itself; the others are settings. */
static bool
describes_preset(const char *name)
{
	return text_has_word("name domains mx", name);
}

static bool
set_value(const struct ini_entry *entry, const struct setting *s, const char *address,
	  struct values *values, struct err *e)
{
	char *origin = mem_printf("preset %s", entry->section);
	struct buf text = {0};
	bool ok = true;

	if (s->id == SET_USER && address)
		add_expanded(&text, entry->value, address);
	else if (s->id != SET_USER || !strchr(entry->value, '%'))
		buf_add_str(&text, entry->value);
	if (text.len > 0)
		ok = values_set(values, s, text.data, origin, e);
	buf_free(&text);
	free(origin);
	return ok;
}

static bool
apply_entry(const struct ini *file, const struct ini_entry *entry, const char *address,
	    struct values *values, struct err *e)
{
	const struct setting *s = setting_find(entry->name, TOOL_ALL, IN_PRESET | IN_ACCOUNT);

	if (describes_preset(entry->name))
		return true;
	if (!s) {
		err_set(e, ERR_CONFIG, "%s:%u: unknown key '%s'", file->path, entry->line,
			entry->name);
		suggest_key(e, entry->name, IN_PRESET);
		return false;
	}
	if (set_value(entry, s, address, values, e))
		return true;
	return config_entry_error(file, entry, e);
}

static bool
apply(const struct ini files[PROVIDER_FILES], const char *preset, const char *address,
      struct values *values, bool *found, struct err *e)
{
	*found = false;
	for (size_t f = 0; f < PROVIDER_FILES; f++)
		for (size_t i = 0; i < files[f].count; i++) {
			if (strcmp(files[f].entries[i].section, preset) != 0)
				continue;
			*found = true;
			if (!apply_entry(&files[f], &files[f].entries[i], address, values, e))
				return false;
		}
	return true;
}

static bool
load_and_apply(const char *name, const char *address, struct values *values,
	       struct installed *installed, struct ini files[PROVIDER_FILES], bool *is_missing,
	       struct err *e)
{
	const char *at = address ? strrchr(address, '@') : NULL;
	char *domain = lower(at ? at + 1 : "");
	bool found = true;
	bool ok = load_users(&files[USERS], e) && read_installed(installed, e) &&
		  load_preset(files, installed, domain, &name, e) &&
		  (!name || apply(files, name, address, values, &found, e));

	if (ok && !found) {
		ok = err_set(e, ERR_CONFIG, "there is no provider '%s'", name);
		err_hint(e, "presets are the sections of %s%s", installed->path,
			 installed->is_missing ? ", which does not exist" : "");
	}
	if (is_missing)
		*is_missing = installed->is_missing && !name;
	free(domain);
	return ok;
}

bool
provider_apply(const char *name, const char *address, struct values *values, bool *is_missing,
	       struct err *e)
{
	struct ini files[PROVIDER_FILES] = {{0}};
	struct installed installed = {0};
	bool ok;

	if (strcmp(name, "none") == 0 ||
	    (strcmp(name, "auto") == 0 && !(address && strchr(address, '@'))))
		return true;
	ok = load_and_apply(name, address, values, &installed, files, is_missing, e);
	for (size_t f = 0; f < PROVIDER_FILES; f++)
		ini_free(&files[f]);
	buf_free(&installed.text);
	free(installed.path);
	return ok;
}
