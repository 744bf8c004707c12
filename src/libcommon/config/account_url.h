/* SPDX-License-Identifier: ISC */
/*
 * account_url - which server the settings of an account name: `server`, `host` and `port`, or the
 * key of a protocol.
 */
#ifndef MAILVERBS_CONFIG_ACCOUNT_URL_H
#define MAILVERBS_CONFIG_ACCOUNT_URL_H

#include <stdbool.h>

#include "config/setting.h"

struct err;
struct url;
struct values;

/* The server for one of the protocols that TOOL speaks. NAME is the account's. False: *e, and *URL
 * is of PROTOCOL_NONE if the settings name none. */
bool account_url_find(struct url *url, const struct values *v, const char *name, enum tool_id tool,
		      struct err *e);

#endif
