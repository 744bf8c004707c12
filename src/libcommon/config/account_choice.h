/* SPDX-License-Identifier: ISC */
/*
 * account_choice - which of the configured accounts a run uses.
 */
#ifndef MAILVERBS_CONFIG_ACCOUNT_CHOICE_H
#define MAILVERBS_CONFIG_ACCOUNT_CHOICE_H

#include <stdbool.h>

struct config_files;
struct err;
struct values;

/*
 * Sets *NAME, the caller's to free: the account that GIVEN, the command line, names by section or
 * address; else the one whose address or alias is SENDER (NULL: none); else the default account;
 * else the only one; "" where GIVEN names a server. An address that no section has needs none: OWN,
 * the account's values, gets it. False: *e is ERR_CONFIG, with the list of accounts.
 */
bool account_choose(char **name, struct values *own, const struct config_files *files,
		    const struct values *given, const char *sender, struct err *e);

/* Could another sender have another account? */
bool account_follows_sender(const struct config_files *files, const struct values *given);

#endif
