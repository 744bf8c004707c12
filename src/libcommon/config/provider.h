/* SPDX-License-Identifier: ISC */
/*
 * provider - the presets of providers.ini, by name and by mail domain.
 *
 * The user's own file ($XDG_CONFIG_HOME/mailverbs/providers.ini) adds to the installed one and
 * overrides it key by key.
 */
#ifndef MAILVERBS_CONFIG_PROVIDER_H
#define MAILVERBS_CONFIG_PROVIDER_H

#include <stdbool.h>

struct err;
struct values;

/*
 * Fills in, of VALUES, what is not set yet from the preset NAME ("auto": the one whose `domains`
 * has ADDRESS's domain, if any; "none": nothing). ADDRESS may be NULL. False: *e is ERR_CONFIG: no
 * preset of that name, or the file is bad.
 */
bool provider_apply(const char *name, const char *address, struct values *values, struct err *e);

#endif
