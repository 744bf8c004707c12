/* SPDX-License-Identifier: ISC */
/*
 * tool - what the programs have in common around their one job: options, help, messages, exit
 * status, signals.
 */
#ifndef MAILVERBS_APP_TOOL_H
#define MAILVERBS_APP_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config/account.h"
#include "config/setting.h"

struct run;

struct tool {
	enum tool_id id;
	const char *usage;   /* after the program's name */
	const char *summary; /* one line for --help */
	/* The job. False: *e, which is said last and counts for the exit status like all that was
	 * complained of. */
	bool (*job)(struct run *run, struct err *e);
};

/* The facts that every tool knows of its command line, as the user gave it. */
struct run_options {
	bool probe;
	bool json;
	bool dry_run;
	bool quiet;
};

/* One run of a program. */
struct run {
	const struct tool *tool;
	const char *program; /* as the user called it */
	struct values given; /* the command line */
	struct run_options options;
	char **operands;
	size_t operand_count;
	const char *about; /* the prefix of each diagnostic (an account, a folder), or NULL */
	/* Called with `repeats` and the lines of a diagnostic; true: do not print them. May be
	 * NULL. */
	bool (*is_repeated)(void *repeats, const char *lines);
	void *repeats;
	/* Called with `progress` before a diagnostic is printed. May be NULL. */
	void (*clear_line)(void *progress);
	void *progress;
	bool has_missed_presets; /* run_account() has warned of it */
	int dies_of;             /* a signal that ends the process quietly after the job; 0: none */
	enum err_code worst;     /* the worst error reported so far */
	int status;              /* the exit status if there was no error (mlist -e) */
};

/* main() in one line: `return tool_main(&tool, argc, argv);` */
int tool_main(const struct tool *tool, int argc, char **argv);

/* The name by which the program was called, without directories. */
const char *tool_called(int argc, char **argv);

/* One line on standard error, and a second one where there is a hint; remembered for the exit
 * status. */
void run_complain(struct run *run, const struct err *e);

/* The same line, but the exit status stays what it is. */
void run_warn(const struct run *run, const struct err *e);

/* --quiet was not given: remarks may be made. */
bool run_may_remark(const struct run *run);

/* One line on standard error that does not count for the exit status; none with --quiet. */
void run_remark(const struct run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Warns if the installed file of presets does not exist. */
void run_warn_of_missing_presets(const struct run *run);

/*
 * As account_resolve() with the command line of RUN. If the account has no server, and the
 * installed file of presets, which might know one, does not exist, this is said on standard error,
 * once a run.
 */
bool run_account(struct run *run, struct account *a, enum tool_id tool, const char *sender,
		 struct err *e);

/* The same with a configuration that was loaded before, for many accounts. */
bool run_account_in(struct run *run, struct account *a, enum tool_id tool,
		    const struct config_files *files, struct err *e);

/* For --dry-run: every setting of the account with its value and origin, secrets as ***, on
 * standard output. */
void run_show_settings(const struct run *run, const struct account *a);

#endif
