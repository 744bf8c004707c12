/* SPDX-License-Identifier: ISC */
/*
 * maccount - set up mail accounts: find the servers, sign in, hold tokens.
 */
#include <stdio.h>
#include <string.h>

#include "app/tool.h"
#include "base/err.h"
#include "config/suggest.h"
#include "maccount/command.h"

enum { OPTIONS_MAX = 16, FILES_MAX = 64 };

/* The options that only some commands have, ended by SETTING_IDS. The others are for all. */
static const struct command {
	const char *name;
	size_t operands_min, operands_max;
	enum setting_id options[OPTIONS_MAX];
	bool (*carry_out)(struct run *run, struct err *e);
	const char *usage;
} commands[] = {
    {"add",
     1,
     1,
     {SET_NAME, SET_PASSWORD_COMMAND, SET_YES, SET_DEVICE, SET_PASTE, SETTING_IDS},
     command_add,
     "add ADDRESS"},
    {"discover", 1, 1, {SETTING_IDS}, command_discover, "discover ADDRESS"},
    {"import",
     1,
     FILES_MAX,
     {SET_FORMAT, SET_WRITE, SETTING_IDS},
     command_import,
     "import FILE..."},
    {"login", 1, 1, {SET_DEVICE, SET_PASTE, SETTING_IDS}, command_login, "login ACCOUNT"},
    {"token", 1, 1, {SET_FORCE, SETTING_IDS}, command_token, "token ACCOUNT"},
    {"status", 0, 1, {SETTING_IDS}, command_status, "status [ACCOUNT]"},
    {"logout", 1, 1, {SETTING_IDS}, command_logout, "logout ACCOUNT"},
    {"providers", 0, 1, {SETTING_IDS}, command_providers, "providers [WORD]"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static bool
has_option(const struct command *c, enum setting_id id)
{
	for (size_t i = 0; c->options[i] != SETTING_IDS; i++)
		if (c->options[i] == id)
			return true;
	return false;
}

/* An option that the command would ignore is a mistake. */
static bool
check_options(const struct run *run, const struct command *c, struct err *e)
{
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = &settings[i];
		bool is_for_some = false;

		if (!(s->tools & TOOL_MACCOUNT) || !run->given.of[s->id].text)
			continue;
		for (size_t k = 0; k < COMMANDS; k++)
			is_for_some |= has_option(&commands[k], s->id);
		if (is_for_some && !has_option(c, s->id))
			return err_set(e, ERR_USAGE, "%s has no option --%s", c->name, s->name);
	}
	return true;
}

/* Words that people try, and the commands that do it. */
static const struct {
	const char *word, *advice;
} advice[] = {
    {"accounts", "maccount status shows the accounts with tokens; config.ini has all"},
    {"auth", "did you mean 'login'?"},
    {"authorize", "did you mean 'login'?"},
    {"check", "mlist --probe --account=ACCOUNT tests the login"},
    {"create", "did you mean 'add'?"},
    {"delete", "maccount logout ACCOUNT deletes the tokens; config.ini has the account"},
    {"list", "maccount status shows the accounts with tokens; config.ini has all"},
    {"new", "did you mean 'add'?"},
    {"presets", "did you mean 'providers'?"},
    {"probe", "mlist --probe --account=ACCOUNT tests the login"},
    {"refresh", "maccount token --force ACCOUNT renews the token"},
    {"remove", "maccount logout ACCOUNT deletes the tokens; config.ini has the account"},
    {"renew", "maccount token --force ACCOUNT renews the token"},
    {"revoke", "did you mean 'logout'?"},
    {"setup", "did you mean 'add'?"},
    {"test", "mlist --probe --account=ACCOUNT tests the login"},
};

static bool
fail_unknown(const struct run *run, const char *word, struct err *e)
{
	const char *names[COMMANDS], *nearest;

	err_set(e, ERR_USAGE, "unknown command '%s'", word);
	for (size_t i = 0; i < sizeof advice / sizeof advice[0]; i++)
		if (strcmp(word, advice[i].word) == 0)
			return err_hint(e, "%s", advice[i].advice);
	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	nearest = suggest_name(word, names, COMMANDS);
	if (nearest)
		return err_hint(e, "did you mean '%s'?", nearest);
	return err_hint(e, "%s --help shows the commands", run->program);
}

static bool
job(struct run *run, struct err *e)
{
	const struct command *c = run->operand_count > 0 ? find(run->operands[0]) : NULL;

	if (!c && run->operand_count > 0)
		return fail_unknown(run, run->operands[0], e);
	if (!c) {
		err_set(e, ERR_USAGE, "no command given");
		return err_hint(e, "%s --help shows the commands", run->program);
	}
	run->operands++;
	run->operand_count--;
	if (run->operand_count < c->operands_min || run->operand_count > c->operands_max) {
		err_set(e, ERR_USAGE, "%s: %s", c->name,
			run->operand_count < c->operands_min ? "an operand is missing"
							     : "too many operands");
		return err_hint(e, "usage: %s %s", run->program, c->usage);
	}
	return check_options(run, c, e) && c->carry_out(run, e);
}

int
main(int argc, char **argv)
{
	static const struct tool maccount = {
	    .id = TOOL_MACCOUNT,
	    .usage = "[OPTION]... COMMAND [OPERAND]",
	    .summary = "Sets up mail accounts.\n\n"
		       "  add ADDRESS         find the servers, test the login, write config.ini\n"
		       "  discover ADDRESS    find the servers; print a section for config.ini\n"
		       "  import FILE...      take over accounts of other mail programs\n"
		       "  login ACCOUNT       sign in (OAuth 2), and hold the tokens\n"
		       "  token ACCOUNT       print an access token, renewed if needed\n"
		       "  status [ACCOUNT]    show what is held, and until when\n"
		       "  logout ACCOUNT      forget and revoke the tokens\n"
		       "  providers [WORD]    list the presets",
	    .job = job};

	return tool_main(&maccount, argc, argv);
}
