/* SPDX-License-Identifier: ISC */
/*
 * provider - the presets of providers.ini, by name and by mail domain.
 *
 * The user's own file ($XDG_CONFIG_HOME/mailverbs/providers.ini) adds to the installed one and
 * overrides it key by key. The installed file has hundreds of presets; of these only the wanted one
 * is parsed.
 */
#ifndef MAILVERBS_CONFIG_PROVIDER_H
#define MAILVERBS_CONFIG_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "config/ini.h"

struct err;
struct values;

/*
 * Fills in, of VALUES, what is not set yet from the preset NAME ("auto": the one whose `domains`
 * has ADDRESS's domain, if any; "none": nothing). ADDRESS may be NULL; `user` of a preset may
 * contain %local% and %address%, which are replaced by it. *IS_MISSING (may be NULL) becomes true
 * if no preset was found and the installed file, which might have had one, does not exist. False:
 * *e is ERR_CONFIG: no preset of that name, or the file is bad.
 */
bool provider_apply(const char *name, const char *address, struct values *values, bool *is_missing,
		    struct err *e);

/* All presets: [0] the user's own, [1] the installed ones; each freed by ini_free() in any case.
 * False: *e is ERR_CONFIG. */
enum { PROVIDER_FILES = 2 };
bool provider_load_all(struct ini files[PROVIDER_FILES], struct err *e);

#endif
