/* SPDX-License-Identifier: ISC */
/*
 * account_names - the names of all accounts in the configuration.
 */
#ifndef MAILVERBS_CONFIG_ACCOUNT_NAMES_H
#define MAILVERBS_CONFIG_ACCOUNT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct config_files;
struct err;
struct values;

/* In the order of the configuration. */
struct account_names {
	char **names;
	size_t count;
};

/* GIVEN is the command line. False: *e is ERR_CONFIG. Freed by account_names_free() in any case. */
bool account_names(struct account_names *n, const struct values *given, struct err *e);

/* Those of FILES, each once. */
void account_names_of(struct account_names *n, const struct config_files *files);

void account_names_free(struct account_names *n);

#endif
