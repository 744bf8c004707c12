/* SPDX-License-Identifier: ISC */
/*
 * maccount add: finds the servers, has the mail tools test the login, and writes the section.
 *
 * The staged configuration (config_writer.h) is what the mail tools test, with the password on
 * their standard input if it was typed. It takes the place of the old one only after that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/tool.h"
#include "auth/secret.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/program.h"
#include "config/account.h"
#include "config/paths.h"
#include "config/url.h"
#include "maccount/command.h"
#include "maccount/config_writer.h"
#include "maccount/discover.h"
#include "maccount/maccount_options.h"
#include "maccount/password_keeper.h"
#include "maccount/terminal.h"

enum { TRIES = 3, GRACE_MS = 5000 };

struct wizard {
	struct run *run;
	struct maccount_options options;
	const char *address, *name;
	const char *command; /* --password-command, or NULL */
	struct discovered found;
	struct config_writer writer;
	struct buf section; /* without the line for the password */
	bool may_ask;
};

static const struct candidate *
mailbox_of(const struct wizard *w)
{
	const struct candidate *imap = w->found.chosen[PROTOCOL_IMAP];

	return imap ? imap : w->found.chosen[PROTOCOL_POP3];
}

/* The server whose source says how to log in, as in discovered_section(). */
static const struct candidate *
main_server(const struct wizard *w)
{
	const struct candidate *mailbox = mailbox_of(w);

	return mailbox ? mailbox : w->found.chosen[PROTOCOL_SMTP];
}

static bool
open_config(struct wizard *w, struct err *e)
{
	return config_writer_open(&w->writer, w->options.config, e) &&
	       config_writer_is_free(&w->writer, w->name, w->address, e);
}

/* From now on, commands of this process read the staged configuration. */
static bool
stage(struct wizard *w, const char *line, struct err *e)
{
	char *section = mem_printf("%s%s", w->section.data, line);
	const bool ok = config_writer_stage(&w->writer, section, &w->run->given, e);

	free(section);
	return ok;
}

static enum err_code
code_of(int status)
{
	for (enum err_code code = ERR_NONE + 1; code < ERR_CODES; code++)
		if (err_exit_status(code) == status)
			return code;
	return ERR_CONFIG; /* it could not be run */
}

static char *
probe_command(const struct wizard *w, const char *tool)
{
	char *account = mem_printf("--account=%s", w->name),
	     *config = mem_printf("--config=%s", w->writer.staged);
	struct buf command = {0};

	program_add(&command, tool);
	buf_add_str(&command, " --probe");
	program_add_word(&command, account);
	program_add_word(&command, config);
	free(account);
	free(config);
	return buf_take(&command);
}

/* A child that ended early does not read the password; its status says why. */
static bool
run_probe(const char *command, const char *password, int *status, struct err *e)
{
	struct child child;

	if (!child_start(&child, command, password ? CHILD_STDIN_PIPE : CHILD_STDIN_EMPTY,
			 CHILD_STDOUT_NONE, NULL, e))
		return false;
	if (password && (!file_write_all(child.to, password, strlen(password)) ||
			 !file_write_all(child.to, "\n", 1)))
		err_set_errno(e, ERR_IO, "the password could not be given to '%s'", command);
	return child_wait_stoppable(&child, GRACE_MS, status) ||
	       err_set(e, ERR_TEMPORARY, "interrupted; nothing was written");
}

static bool
probe(const struct wizard *w, const char *tool, const struct candidate *server,
      const char *password, struct err *e)
{
	char *command, *url;
	int status = 0;
	bool ok;

	if (!server)
		return true;
	command = probe_command(w, tool);
	ok = run_probe(command, password, &status, e);
	free(command);
	if (!ok || status == 0)
		return ok;
	url = url_text(&server->url);
	err_set(e, code_of(status), "the login at %s failed; nothing was written", url);
	free(url);
	return false;
}

/* Both directions, each by the tool that will use it. */
static bool
test_login(const struct wizard *w, const char *password, struct err *e)
{
	return probe(w, "mlist", mailbox_of(w), password, e) &&
	       probe(w, "msend", w->found.chosen[PROTOCOL_SMTP], password, e);
}

static bool
with_command(struct wizard *w, struct err *e)
{
	struct buf line = {0};
	bool ok;

	if (strpbrk(w->command, "\r\n"))
		return err_set(e, ERR_USAGE, "--password-command has a line end in it");
	buf_addf(&line, "password-command = %s\n", w->command);
	ok = stage(w, line.data, e) && test_login(w, NULL, e);
	buf_free(&line);
	return ok;
}

/* Tests a password; if it is right, has it kept. */
static bool
with_password(struct wizard *w, const char *password, struct err *e)
{
	struct buf line = {0};
	bool ok;

	buf_add_str(&line, "");
	ok = stage(w, "password-file = /dev/stdin\n", e) && test_login(w, password, e) &&
	     password_keeper_ask(w->name, password, &line, e) && stage(w, line.data, e);
	buf_free(&line);
	return ok;
}

static bool
ask_password(struct wizard *w, struct err *e)
{
	const struct candidate *server = main_server(w);
	const struct secret_params params = {
	    .user = server->user ? server->user : w->address,
	    .machine = server->url.host,
	    .port = server->url.port,
	    .protocol = protocol_name(server->url.protocol),
	    .may_prompt = true,
	};
	struct secret *secret = secret_new(&params);
	const char *password = secret_text(secret, e);
	const bool ok = password && with_password(w, password, e);

	secret_free(secret);
	return ok;
}

static bool
with_typed_password(struct wizard *w, struct err *e)
{
	if (!w->may_ask) {
		err_set(e, ERR_USAGE, "no terminal to ask for the password of %s", w->address);
		return err_hint(e, "give --password-command=COMMAND");
	}
	for (int tries = 1; !ask_password(w, e); tries++) {
		if (e->code != ERR_LOGIN || tries == TRIES)
			return false;
		run_warn(w->run, e);
	}
	return true;
}

static bool
holds_token(const struct wizard *w)
{
	char *path = paths_token(w->name);
	const bool holds = path && access(path, F_OK) == 0;

	free(path);
	return holds;
}

/* Without the account that it is for, the token could not even be renewed. */
static void
forget_token(const struct wizard *w)
{
	struct err e;

	if (!token_forget(w->run, w->name, &e))
		run_warn(w->run, &e);
}

static bool
sign_in(struct wizard *w, struct err *e)
{
	char *name = mem_strdup(w->name), **before = w->run->operands;
	bool ok;

	w->run->operands = &name;
	ok = command_login(w->run, e);
	w->run->operands = before;
	free(name);
	return ok;
}

static bool
with_token(struct wizard *w, struct err *e)
{
	const bool held = holds_token(w);

	if (!held && !w->may_ask) {
		err_set(e, ERR_USAGE, "no terminal to sign in as %s", w->address);
		return err_hint(e, "give --password-command=COMMAND that prints an access token");
	}
	if (!stage(w, "", e) || (!held && !sign_in(w, e)))
		return false;
	if (test_login(w, NULL, e))
		return true;
	if (!held)
		forget_token(w);
	return false;
}

static bool
get_login(struct wizard *w, struct err *e)
{
	const char *auth = main_server(w)->auth;

	if (w->command)
		return with_command(w, e);
	if (auth && (strcmp(auth, "xoauth2") == 0 || strcmp(auth, "oauthbearer") == 0))
		return with_token(w, e);
	return with_typed_password(w, e);
}

static bool
find_servers(struct wizard *w, struct err *e)
{
	const char *ca_file = w->options.ca_file;
	char *real;

	if (!discover(w->run, w->address, &w->found, e))
		return false;
	if (w->found.chosen[PROTOCOL_IMAP]) /* what is not tested is not written */
		w->found.chosen[PROTOCOL_POP3] = NULL;
	discovered_section(&w->found, w->name, w->address, &w->section);
	if (ca_file) {
		real = file_real_path(ca_file);
		buf_addf(&w->section, "tls-ca-file = %s\n", real);
		free(real);
	}
	if (!w->found.chosen[PROTOCOL_SMTP])
		run_remark(w->run, "no submission server was found: msend will not work");
	if (!mailbox_of(w))
		run_remark(w->run, "no IMAP or POP3 server was found: only msend will work");
	return true;
}

static bool
confirm(const struct wizard *w, struct err *e)
{
	char answer[16];
	struct buf question = {0};
	bool ok;

	if (w->options.yes)
		return true;
	buf_addf(&question, "%s\nAdd this to %s? [Y/n] ", w->section.data, w->writer.path);
	ok = terminal_ask(question.data, answer, sizeof answer) &&
	     !strchr("nN", answer[0] ? answer[0] : 'y');
	buf_free(&question);
	return ok || err_set(e, ERR_TEMPORARY, "nothing was written");
}

/* Before anything is asked in the network. */
static bool
prepare(struct wizard *w, struct err *e)
{
	w->address = w->run->operands[0];
	w->name = w->options.name ? w->options.name : w->address;
	w->command = w->options.password_command;
	w->may_ask = terminal_is_present();
	if (!discover_check_address(w->address, e))
		return false;
	if (!w->may_ask && !w->options.yes) {
		err_set(e, ERR_USAGE, "no terminal to ask whether the servers are right");
		return err_hint(e, "give --yes, and --password-command=COMMAND");
	}
	return config_writer_check_name(w->name, e) && open_config(w, e);
}

bool
command_add(struct run *run, struct err *e)
{
	struct wizard w = {
	    .run = run, .options = maccount_options_read(&run->given), .writer.lock = -1};
	bool ok = prepare(&w, e) && find_servers(&w, e) && confirm(&w, e) && get_login(&w, e) &&
		  config_writer_commit(&w.writer, e);

	config_writer_close(&w.writer);
	discovered_free(&w.found);
	buf_free(&w.section);
	return ok;
}
