/* SPDX-License-Identifier: ISC */
/*
 * suggest - hints at the setting that was meant by a name that is none: the nearest name, ours for
 * one of msmtp's and mpop's, or the place where the key may be.
 */
#ifndef MAILVERBS_CONFIG_SUGGEST_H
#define MAILVERBS_CONFIG_SUGGEST_H

#include "config/setting.h"

struct err;

/* NAME is not a key in PLACE (IN_ACCOUNT, IN_GLOBAL or IN_PRESET). */
void suggest_key(struct err *e, const char *name, enum setting_place place);

/* The one of COUNT names that is meant by WORD: WORD begins it, or is like it. NULL: none. */
const char *suggest_name(const char *word, const char *const *names, size_t count);

/* WORD, such as --tls-trust-fil=x, is not an option of TOOL. */
void suggest_option(struct err *e, const char *word, enum tool_id tool);

#endif
