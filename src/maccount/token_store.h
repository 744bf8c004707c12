/* SPDX-License-Identifier: ISC */
/*
 * token_store - the tokens of an account, kept in $XDG_STATE_HOME/mailverbs/tokens
 * (auth/held_token.h), or by a command of the user's (maccount/token_command.h). Then the file has
 * all but the secrets, so that the mail tools know that there are tokens.
 */
#ifndef MAILVERBS_MACCOUNT_TOKEN_STORE_H
#define MAILVERBS_MACCOUNT_TOKEN_STORE_H

#include <stdbool.h>

#include "auth/held_token.h"

struct token_store {
	char *path;
	char *account;
	char *command; /* or NULL */
	int lock;      /* or -1 */
	bool is_reserved;
};

/* COMMAND: token-store-command, or NULL. False: *e is ERR_CONFIG, no home directory. Ended by
 * token_store_close() in any case. */
bool token_store_open(struct token_store *s, const char *account, const char *command,
		      struct err *e);
void token_store_close(struct token_store *s);

/* Waits, for a minute at most, until no other process renews the account's token. Takes the file
 * that a killed process was about to put in place, if it is whole. */
bool token_store_lock(struct token_store *s, struct err *e);

/* The file alone: without the tokens, if a command keeps them. False: *e is ERR_NO_INPUT, none are
 * held; or as held_token_read(). */
bool token_store_peek(const struct token_store *s, struct held_token *t, struct err *e);

/* False: *e as token_store_peek() or token_command_load(). */
bool token_store_load(const struct token_store *s, struct held_token *t, struct err *e);

/*
 * Before a server is asked for tokens that replace T: makes sure that there is room for them, for
 * the refresh token of T may be worth nothing afterwards. False: *e (ERR_OUTPUT, ERR_IO), and the
 * server must not be asked. token_store_close() gives up room that was not used.
 */
bool token_store_reserve(struct token_store *s, const struct held_token *t, struct err *e);

/*
 * All or nothing: the new file is on disk before it takes the old one's place, so a refresh token
 * is durable before the one that it replaces is forgotten; with a command, as far as that sees to
 * it. False: *e (ERR_OUTPUT, ERR_IO, or as token_command_store()).
 */
bool token_store_save(struct token_store *s, const struct held_token *t, struct err *e);
bool token_store_remove(const struct token_store *s, struct err *e);

#endif
