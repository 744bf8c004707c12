/* SPDX-License-Identifier: ISC */
/*
 * account - the settings that hold for one run, each with its origin.
 *
 * They come, the first that has one: from the command line; from the account's section in the
 * user's file, then in the system's; from the keys above the first section of either; from the
 * provider's preset. (A few, marked PRESET_FIRST, come from the preset before the keys above the
 * first section.)
 */
#ifndef MAILVERBS_CONFIG_ACCOUNT_H
#define MAILVERBS_CONFIG_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/account_settings.h"
#include "config/setting.h"
#include "config/url.h"
#include "config/values.h"

struct config_files;

struct account {
	char *name; /* the section, or the address given by -a; "" where there is neither */
	struct values values;
	struct account_settings settings; /* the values, typed */
	enum tool_id tool;                /* for which it was put together */

	/* The module's own; see account_server(). */
	struct url server;
	bool has_server;
	struct err no_server; /* why there is none */

	bool follows_sender; /* with another sender it might be another account */
	bool lacks_presets; /* no preset was found, and the installed file of them does not exist */
	bool is_unattended; /* nobody waits there for a prompt; for who runs it to set */
};

/*
 * Puts the account together for TOOL. GIVEN is the command line; SENDER the message's sender in
 * msend (NULL: none), which chooses the account where -a does not. False: *e is ERR_CONFIG with
 * file, line and key, or ERR_CONFIG with the list of accounts where none could be chosen. Freed by
 * account_free() in any case.
 */
bool account_resolve(struct account *a, enum tool_id tool, const struct values *given,
		     const char *sender, struct err *e);
void account_free(struct account *a);

/* The same with a configuration that was loaded before (config_load()), for many accounts. */
bool account_resolve_in(struct account *a, enum tool_id tool, const struct values *given,
			const char *sender, const struct config_files *files, struct err *e);

/* Wipes its password, if the configuration has one: for a process that logs in to other
 * accounts. */
void account_forget_password(struct account *a);

/* NULL where not set; borrowed. */
const char *account_text(const struct account *a, enum setting_id id);

/* The account's server for one of the protocols that its tool speaks; borrowed. NULL: *e is
 * ERR_CONFIG. */
const struct url *account_server(const struct account *a, struct err *e);

/* Is any server with a mailbox known for it? An account may be for sending only. */
bool account_has_mailbox(const struct account *a);

#endif
