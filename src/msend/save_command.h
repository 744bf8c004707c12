/* SPDX-License-Identifier: ISC */
/*
 * save_command - the command line of the mmark that appends the copy of a sent message.
 */
#ifndef MAILVERBS_MSEND_SAVE_COMMAND_H
#define MAILVERBS_MSEND_SAVE_COMMAND_H

struct account;

/* The shell command that appends its standard input to FOLDER of A; the caller's to free(). It gets
 * those options of our own command line that concern the account and not its submission server. */
char *save_command(const struct account *a, const char *folder);

#endif
