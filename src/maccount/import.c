/* SPDX-License-Identifier: ISC */
/*
 * maccount import: prints the sections, or adds them to the configuration.
 *
 * A password of the other program is never printed: --write keeps it in a file of its own.
 */
#include "maccount/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/ini.h"
#include "maccount/command.h"
#include "maccount/config_writer.h"
#include "maccount/password_keeper.h"

enum { FILE_SIZE_MAX = 1024 * 1024, LINE_MAX_LEN = 180, NAME_SIZE = 64 };

static const struct format {
	const char *name;
	void (*read)(struct import *im, const char *text);
} formats[] = {{"msmtp", import_msmtp},
	       {"mpop", import_mpop},
	       {"fetchmail", import_fetchmail},
	       {"getmail", import_getmail}};

enum { FORMATS = sizeof formats / sizeof formats[0] };

/* By --format, or by what the file's name contains. */
static const struct format *
format_of(const struct import *im, const char *path, struct err *e)
{
	const char *given = im->options.format, *slash = strrchr(path, '/');

	for (size_t i = 0; i < FORMATS; i++)
		if (given ? strcmp(given, formats[i].name) == 0
			  : text_contains(slash ? slash : path, formats[i].name))
			return &formats[i];
	err_set(e, ERR_USAGE, "%s: the name does not say which program's file it is", path);
	err_hint(e, "give --format=msmtp, mpop, fetchmail or getmail");
	return NULL;
}

/* Its text, to be ended by buf_wipe() in any case. */
static bool
read_text(const char *path, struct buf *text, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return err_set_errno(e, ERR_NO_INPUT, "%s", path);
	ok = file_read_all(fd, text, FILE_SIZE_MAX, e) || err_prefix(e, "%s", path);
	close(fd);
	buf_add_str(text, "");
	if (ok && memchr(text->data, '\0', text->len))
		ok = err_set(e, ERR_CONFIG, "%s: not a configuration file", path);
	return ok;
}

static bool
read_file(struct import *im, const char *path, struct err *e)
{
	const struct format *format = NULL;
	struct buf text = {0};
	const bool ok = read_text(path, &text, e) && (format = format_of(im, path, e));

	im->path = path;
	if (ok)
		format->read(im, text.data);
	buf_wipe(&text);
	return ok;
}

/* One account for sending and one for fetching may become one. */

static const char *
value_of(const struct imported *a, const struct setting *s)
{
	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].setting == s)
			return a->keys[i].value;
	return NULL;
}

/* Does the key matter to sending and to fetching, so that both need the same value? */
static bool
is_common(const struct setting *s)
{
	return (s->tools & TOOL_MSEND) && (s->tools & TOOL_BOX) && s->id != SET_SMTP &&
	       s->id != SET_POP3 && s->id != SET_IMAP && s->id != SET_ADDRESS &&
	       s->id != SET_ALIASES;
}

static bool
goes_into(const struct imported *a, const struct imported *b)
{
	for (size_t i = 0; i < a->key_count; i++) {
		const struct setting *s = a->keys[i].setting;
		const char *other = value_of(b, s);

		if (is_common(s) ? !other || strcmp(other, a->keys[i].value) != 0
				 : other && strcmp(other, a->keys[i].value) != 0)
			return false;
	}
	return true;
}

static bool
can_be_one(const struct imported *a, const struct imported *b)
{
	const bool same_password = a->password && b->password
				       ? strcmp(a->password, b->password) == 0
				       : !a->password && !b->password;

	return a->path != b->path && same_password && goes_into(a, b) && goes_into(b, a);
}

static void
merge(struct import *im, struct imported *into, const struct imported *from)
{
	for (size_t i = 0; i < from->key_count; i++)
		if (!value_of(into, from->keys[i].setting))
			import_set(im, into, from->keys[i].setting->id, from->keys[i].value,
				   from->line, from->name);
	buf_add(&into->notes, from->notes.data, from->notes.len);
}

static struct imported *
find(const struct import *im, const char *name, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (text_equal_case(im->accounts[i].name, name))
			return &im->accounts[i];
	return NULL;
}

static void
rename_account(struct import *im, struct imported *a, size_t before)
{
	struct err unused; /* such a name is replaced */
	const char *base = config_writer_check_name(a->name, &unused) && strlen(a->name) < 45
			       ? a->name
			       : "imported";
	char name[NAME_SIZE];
	unsigned n = 1;

	do {
		snprintf(name, sizeof name, "%s-%u", base, ++n);
	} while (find(im, name, before));
	run_remark(im->run, "%s:%u: the account %s becomes %s", a->path, a->line, a->name, name);
	free(a->name);
	a->name = mem_strdup(name);
}

/* Names are made different, and valid. */
static void
settle_names(struct import *im)
{
	struct err unused; /* such a name is replaced */
	size_t kept = 0;

	for (size_t i = 0; i < im->count; i++) {
		struct imported *a = &im->accounts[i], *other = find(im, a->name, kept);

		if (other && can_be_one(a, other)) {
			merge(im, other, a);
			imported_free(a);
			continue;
		}
		if (other || !config_writer_check_name(a->name, &unused))
			rename_account(im, a, kept);
		im->accounts[kept++] = *a;
	}
	im->count = kept;
}

/* A preset for the address may know IMAP too, which would be preferred. */
static void
settle_protocols(struct import *im)
{
	for (size_t i = 0; i < im->count; i++) {
		struct imported *a = &im->accounts[i];

		if (imported_has(a, SET_ADDRESS) && imported_has(a, SET_POP3))
			import_set(im, a, SET_PROTOCOL, "pop3", a->line, "protocol");
	}
}

/* From accounts to text. */

/* A long value goes on in indented lines, which are joined by one blank. */
static void
add_value(struct buf *out, const char *key, const char *value)
{
	size_t used = strlen(key) + 3;

	buf_addf(out, "%s = ", key);
	while (*value) {
		const size_t blank = *value == ' ', len = blank + strcspn(value + blank, " ");

		if (blank && used + len > LINE_MAX_LEN && value[1] != ' ') {
			buf_add_str(out, "\n\t");
			buf_add(out, value + 1, len - 1);
			used = len;
		} else {
			buf_add(out, value, len);
			used += len;
		}
		value += len;
	}
	buf_add_char(out, '\n');
}

/* Our own reader has to find the same value; if it cannot, the key is not written. */
static bool
reads_back(const char *line, const char *key, const char *value)
{
	char *text = mem_printf("[x]\n%s", line);
	struct ini ini;
	struct err unused; /* the caller says that it cannot be written */
	const bool ok = ini_parse_part("", text, strlen(text), 1, &ini, &unused) &&
			ini.count == 1 && strcmp(ini.entries[0].name, key) == 0 &&
			strcmp(ini.entries[0].value, value) == 0 && !ini.entries[0].has_comment;

	ini_free(&ini);
	free(text);
	return ok;
}

static void
add_key(struct import *im, const struct imported *a, struct buf *out, const char *key,
	const char *value)
{
	struct buf line = {0};

	add_value(&line, key, value);
	im->path = a->path;
	if (reads_back(line.data, key, value))
		buf_add(out, line.data, line.len);
	else
		import_skip(im, a->line, key, "the value cannot be written as one of our lines");
	buf_free(&line);
}

static void
add_comments(const struct imported *a, struct buf *out)
{
	const char *p = a->notes.data, *slash = strrchr(a->path, '/');

	buf_add_str(out, "; from ");
	text_printable(out, strlen(a->path) < LINE_MAX_LEN / 2 || !slash ? a->path : slash + 1,
		       strlen(strlen(a->path) < LINE_MAX_LEN / 2 || !slash ? a->path : slash + 1));
	buf_addf(out, ":%u\n", a->line);
	while (p && *p) {
		const size_t len = strcspn(p, "\n");

		buf_addf(out, "; %.*s\n", (int)len, p);
		p += len + 1;
	}
}

/* PASSWORD_FILE: where the password will be; NULL: it is left out. */
static void
add_section(struct import *im, const struct imported *a, const char *password_file, struct buf *out)
{
	add_comments(a, out);
	buf_addf(out, "[%s]\n", a->name);
	for (int is_other = 0; is_other < 2; is_other++) /* the address first */
		for (size_t i = 0; i < a->key_count; i++)
			if ((a->keys[i].setting->id != SET_ADDRESS) == is_other)
				add_key(im, a, out, a->keys[i].setting->name, a->keys[i].value);
	if (!a->password)
		return;
	im->path = a->path;
	if (password_file)
		add_key(im, a, out, "password-file", password_file);
	else
		import_skip(im, a->password_line, "password",
			    "it is not shown; --write keeps it in a file, or set password-command");
}

static void
print(struct import *im)
{
	struct buf out = {0};

	if (im->default_name)
		buf_addf(&out, "account = %s\n\n", im->default_name);
	for (size_t i = 0; i < im->count; i++) {
		if (i > 0)
			buf_add_char(&out, '\n');
		add_section(im, &im->accounts[i], NULL, &out);
	}
	fwrite(out.data, 1, out.len, stdout); /* tool_main() closes it, and checks that */
	buf_free(&out);
}

/* Into the configuration. */

static bool
is_saved(const char *path, const char *password)
{
	struct buf text = {0};
	struct err unused; /* a file that cannot be read is another one */
	const size_t len = strlen(password);
	const bool same = read_text(path, &text, &unused) && text.len == len + 1 &&
			  memcmp(text.data, password, len) == 0;

	buf_wipe(&text);
	return same;
}

/* *PATH is the file of the account's password, NULL if it has none; *IS_NEW: it was made. */
static bool
save_password(const struct imported *a, char **path, bool *is_new, struct err *e)
{
	*path = NULL;
	*is_new = false;
	if (!a->password)
		return true;
	if (strpbrk(a->password, "\r\n"))
		return err_set(e, ERR_CONFIG, "%s:%u: the password has a line end in it", a->path,
			       a->password_line);
	*path = password_keeper_path(a->name);
	if (!*path)
		return err_set(e, ERR_OUTPUT, "there is no home directory");
	if (access(*path, F_OK) != 0)
		*is_new = config_writer_save_secret(*path, a->password, e);
	else if (!is_saved(*path, a->password))
		return err_set(e, ERR_CONFIG, "%s exists already, with another password", *path);
	else
		return true;
	return *is_new;
}

static void
add_default(struct import *im, const struct config_writer *w, struct buf *out)
{
	struct err e;

	if (!im->default_name)
		return;
	if (w->text.len == 0) {
		buf_addf(out, "account = %s\n\n", im->default_name);
		return;
	}
	err_set(&e, ERR_CONFIG, "the default account is not taken over");
	err_hint(&e, "set account = %s above the first section of %s", im->default_name, w->path);
	run_complain(im->run, &e);
}

static bool
are_free(const struct import *im, const struct config_writer *w, struct err *e)
{
	for (size_t i = 0; i < im->count; i++) {
		const struct imported *a = &im->accounts[i];
		const char *address = NULL;

		for (size_t k = 0; k < a->key_count && !address; k++)
			if (a->keys[k].setting->id == SET_ADDRESS)
				address = a->keys[k].value;
		if (!config_writer_is_free(w, a->name, address ? address : a->name, e))
			return false;
	}
	return true;
}

/* The passwords are in their files before the configuration names these. */
static bool
write_accounts(struct import *im, struct config_writer *w, struct err *e)
{
	char **files = mem_alloc((im->count + 1) * sizeof *files);
	bool *is_new = mem_alloc(im->count + 1), ok = true;
	struct buf text = {0};

	add_default(im, w, &text);
	for (size_t i = 0; i < im->count && ok; i++) {
		ok = save_password(&im->accounts[i], &files[i], &is_new[i], e);
		buf_add_str(&text, i > 0 ? "\n" : "");
		add_section(im, &im->accounts[i], files[i], &text);
	}
	ok = ok && config_writer_stage(w, text.data, &im->run->given, e) &&
	     config_writer_commit(w, e);
	for (size_t i = 0; i < im->count; i++) {
		if (!ok && is_new[i] && !w->is_in_place)
			unlink(files[i]);
		free(files[i]);
	}
	free(files);
	free(is_new);
	buf_free(&text);
	return ok;
}

static bool
write_config(struct import *im, struct err *e)
{
	struct config_writer w;
	const bool ok = config_writer_open(&w, im->options.config, e) && are_free(im, &w, e) &&
			write_accounts(im, &w, e);

	config_writer_close(&w);
	return ok;
}

bool
command_import(struct run *run, struct err *e)
{
	struct import im = {.run = run, .options = maccount_options_read(&run->given)};
	bool ok = true;

	for (size_t i = 0; i < run->operand_count && ok; i++)
		ok = read_file(&im, run->operands[i], e);
	settle_names(&im);
	settle_protocols(&im);
	if (ok && im.count == 0)
		ok = err_set(e, ERR_CONFIG, "no account was found that could be taken over");
	if (ok && im.options.write)
		ok = write_config(&im, e);
	else if (ok)
		print(&im);
	import_free(&im);
	return ok;
}
