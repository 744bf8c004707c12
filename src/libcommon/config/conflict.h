/* SPDX-License-Identifier: ISC */
/*
 * conflict - settings that cannot take effect together, in one table.
 */
#ifndef MAILVERBS_CONFIG_CONFLICT_H
#define MAILVERBS_CONFIG_CONFLICT_H

#include <stdbool.h>

#include "config/setting.h"

struct err;
struct url;
struct values;

/*
 * A key above the first section of the configuration is meant for the accounts that can use it:
 * what an account's server URL cannot use is taken out of its values V. URL is NULL if it has none;
 * that is an error as soon as one is needed. False: *e (ERR_CONFIG): two settings exclude each
 * other, or one has no effect with the account's server.
 */
bool conflict_check(struct values *v, const struct url *url, enum tool_id tool, struct err *e);

/* Options of TOOL that say different things of one run: GIVEN is its command line. False: *e is
 * ERR_USAGE. */
bool conflict_check_options(const struct values *given, enum tool_id tool, struct err *e);

#endif
