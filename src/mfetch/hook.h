/* SPDX-License-Identifier: ISC */
/*
 * hook - the user's command that runs after messages of a folder were delivered.
 *
 * It runs once everything has been recorded and deleted, and the journal is closed. ACCOUNT, FOLDER
 * and COUNT are in its environment, its standard input is empty, and its standard output is our
 * standard error, because messages may go to ours.
 */
#ifndef MAILVERBS_MFETCH_HOOK_H
#define MAILVERBS_MFETCH_HOOK_H

#include <stddef.h>

struct run;

/*
 * Runs COMMAND, the hook of ACCOUNT (NULL: it has none), for COUNT messages of FOLDER; none for 0
 * messages. A failure is reported and counts for the exit status: ERR_CONFIG if the command cannot
 * be run, else ERR_TEMPORARY. After a signal the hook has five seconds.
 */
void hook_run(struct run *run, const char *command, const char *account, const char *folder,
	      size_t count);

#endif
