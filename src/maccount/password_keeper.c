/* SPDX-License-Identifier: ISC */
#include "maccount/password_keeper.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/program.h"
#include "base/text.h"
#include "config/paths.h"
#include "maccount/config_writer.h"
#include "maccount/terminal.h"

enum { TRIES = 3 };

static bool
is_installed(const char *program)
{
	char *command = mem_printf("command -v %s >/dev/null", program);
	struct child child;
	struct err unused; /* it is not offered */
	const bool ok =
	    child_start(&child, command, CHILD_STDIN_EMPTY, CHILD_STDOUT_NONE, NULL, &unused) &&
	    child_wait(&child) == 0;

	free(command);
	return ok;
}

/* Gives the password to COMMAND, without a line end: the Secret Service would keep that too. */
static bool
give(const char *command, const char *password, struct err *e)
{
	struct child child;
	char words[40];
	bool is_given;
	int status;

	if (!child_start(&child, command, CHILD_STDIN_PIPE, CHILD_STDOUT_NONE, NULL, e))
		return false;
	is_given = file_write_all(child.to, password, strlen(password));
	status = child_wait(&child);
	if (is_given && status == 0)
		return true;
	return err_set(e, ERR_IO, "the password was not kept: '%s': %s", command,
		       child_status_text(status, words));
}

static bool
keep_in_secret_service(const char *name, const char *password, struct buf *section, struct err *e)
{
	struct buf store = {0}, lookup = {0};
	char *label = mem_printf("--label=Mail %s", name);
	bool ok;

	buf_add_str(&store, "secret-tool store");
	program_add_word(&store, label);
	buf_add_str(&store, " service mailverbs account");
	program_add_word(&store, name);
	buf_add_str(&lookup, "secret-tool lookup service mailverbs account");
	program_add_word(&lookup, name);
	ok = give(store.data, password, e);
	if (ok)
		buf_addf(section, "password-command = %s\n", lookup.data);
	buf_free(&store);
	buf_free(&lookup);
	free(label);
	return ok;
}

static bool
keep_in_pass(const char *name, const char *password, struct buf *section, struct err *e)
{
	struct buf insert = {0}, show = {0};
	char *entry = mem_printf("mailverbs/%s", name);
	bool ok;

	buf_add_str(&insert, "pass insert --multiline --force");
	program_add_word(&insert, entry);
	buf_add_str(&show, "pass show");
	program_add_word(&show, entry);
	ok = give(insert.data, password, e);
	if (ok)
		buf_addf(section, "password-command = %s\n", show.data);
	buf_free(&insert);
	buf_free(&show);
	free(entry);
	return ok;
}

char *
password_keeper_path(const char *name)
{
	struct buf escaped = {0}, file = {0};
	char *path;

	text_escape(&escaped, name);
	buf_add_str(&file, "passwords/");
	for (const char *p = escaped.data; *p; p++) {
		if (*p == '/' || *p == ';' || (*p == '.' && p == escaped.data))
			buf_addf(&file, "%%%02X", (unsigned)*p);
		else
			buf_add_char(&file, *p);
	}
	path = paths_config(file.data);
	buf_free(&escaped);
	buf_free(&file);
	return path;
}

static bool
keep_in_file(const char *name, const char *password, struct buf *section, struct err *e)
{
	char *path = password_keeper_path(name);
	const bool ok = path ? config_writer_save_secret(path, password, e)
			     : err_set(e, ERR_OUTPUT, "there is no home directory");

	if (ok)
		buf_addf(section, "password-file = %s\n", path);
	free(path);
	return ok;
}

static bool
keep_nowhere(const char *name, const char *password, struct buf *section, struct err *e)
{
	(void)name, (void)password, (void)section, (void)e;
	return true;
}

static const struct keeper {
	const char *program; /* that must be installed; or NULL */
	const char *label;
	bool (*keep)(const char *name, const char *password, struct buf *section, struct err *e);
} keepers[] = {
    {"secret-tool", "in the Secret Service", keep_in_secret_service},
    {"pass", "in pass", keep_in_pass},
    {NULL, "in a file that only you can read", keep_in_file},
    {NULL, "nowhere: ask each time", keep_nowhere},
};

enum { KEEPERS = sizeof keepers / sizeof keepers[0] };

/* The question, and in OFFERED what its numbers mean. */
static size_t
compose(struct buf *question, const struct keeper *offered[KEEPERS])
{
	size_t n = 0;

	buf_add_str(question, "Keep the password\n");
	for (size_t i = 0; i < KEEPERS; i++) {
		if (keepers[i].program && !is_installed(keepers[i].program))
			continue;
		offered[n++] = &keepers[i];
		buf_addf(question, "  %zu  %s\n", n, keepers[i].label);
	}
	buf_add_str(question, "Number [1]: ");
	return n;
}

static const struct keeper *
choose(const char *question, const struct keeper *const offered[KEEPERS], size_t n, struct err *e)
{
	char answer[16];
	uint64_t number;

	for (int i = 0; i < TRIES && terminal_ask(question, answer, sizeof answer); i++) {
		if (answer[0] == '\0')
			return offered[0];
		if (text_number(answer, n, &number) && number > 0)
			return offered[number - 1];
	}
	err_set(e, ERR_TEMPORARY, "no answer; nothing was written");
	return NULL;
}

static void
say_line(const char *text)
{
	char *line = mem_printf("%s\n", text);

	terminal_say(line);
	free(line);
}

bool
password_keeper_ask(const char *name, const char *password, struct buf *section, struct err *e)
{
	const struct keeper *offered[KEEPERS], *chosen = NULL;
	struct buf question = {0};
	const size_t n = compose(&question, offered);
	bool ok = false;

	for (int i = 0; i < TRIES && !ok; i++) {
		if (i > 0)
			say_line(e->text);
		chosen = choose(question.data, offered, n, e);
		ok = chosen && chosen->keep(name, password, section, e);
		if (!chosen)
			break;
	}
	buf_free(&question);
	return ok;
}
