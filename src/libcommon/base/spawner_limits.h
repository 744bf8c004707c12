/* SPDX-License-Identifier: ISC */
/*
 * spawner_limits - what the spawner starts for a process that may be in a stranger's hand.
 */
#ifndef MAILVERBS_BASE_SPAWNER_LIMITS_H
#define MAILVERBS_BASE_SPAWNER_LIMITS_H

#include <stdbool.h>

/* Is LINE a command line that TEMPLATE, one of spawner_start(), allows? */
bool spawner_allows(const char *template, const char *line);

/* May a command have the variable in its environment that TEXT ("NAME=VALUE") sets? */
bool spawner_allows_variable(const char *text);

#endif
