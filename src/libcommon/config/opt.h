/* SPDX-License-Identifier: ISC */
/*
 * opt - the command line by the table of settings.
 */
#ifndef MAILVERBS_CONFIG_OPT_H
#define MAILVERBS_CONFIG_OPT_H

#include <stdbool.h>
#include <stdio.h>

#include "config/setting.h"

struct err;
struct values;

/*
 * Reads the options of TOOL by getopt_long(3) into GIVEN; *FIRST is the index of the first operand
 * in ARGV, which getopt may have reordered. An option given twice holds as the last one says.
 * False: *e is ERR_USAGE.
 */
bool opt_parse(enum tool_id tool, int argc, char **argv, struct values *given, int *first,
	       struct err *e);

/* The lines of --help about TOOL's options, for a screen of WIDTH columns. */
void opt_help(enum tool_id tool, size_t width, FILE *out);

/* Writes TEXT, one line that begins in COLUMN, and goes on below, indented, where it would not fit
 * WIDTH. */
void opt_wrap(const char *text, size_t column, size_t indent, size_t width, FILE *out);

#endif
