/* SPDX-License-Identifier: ISC */
/*
 * token_command - the user's command that keeps the tokens of an account (token-store-command), for
 * example with pass or gpg.
 *
 * In its environment are ACTION (load, store, erase) and ACCOUNT. `store` reads the text on
 * standard input, `load` writes it to standard output. Exit status 0 means done.
 */
#ifndef MAILVERBS_MACCOUNT_TOKEN_COMMAND_H
#define MAILVERBS_MACCOUNT_TOKEN_COMMAND_H

#include <stdbool.h>

struct buf;
struct err;

/* Adds to TEXT what the command prints. False: *e is ERR_LOGIN or, if it was interrupted or exits
 * with 75, ERR_TEMPORARY. */
bool token_command_load(const char *command, const char *account, struct buf *text, struct err *e);

/* Gives TEXT to the command, and reads it back: it is true only if that is the same. False: *e as
 * above, or ERR_IO. */
bool token_command_store(const char *command, const char *account, const struct buf *text,
			 struct err *e);

bool token_command_erase(const char *command, const char *account, struct err *e);

#endif
