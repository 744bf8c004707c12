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

struct account;
struct run;

/*
 * Runs the account's hook, if there is one, for COUNT messages of FOLDER; none for 0 messages. A
 * failure is reported and counts for the exit status: ERR_CONFIG if the command cannot be run,
 * else ERR_TEMPORARY. After a signal the hook has five seconds.
 */
void hook_run(struct run *run, const struct account *a, const char *folder, size_t count);

#endif
