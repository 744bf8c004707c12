/* SPDX-License-Identifier: ISC */
/*
 * table - rows for a person (aligned, cut to the terminal's width) or for a program
 * (TAB-separated).
 *
 * Fields are UTF-8. Control characters never get out: each field passes text_printable().
 */
#ifndef MAILVERBS_APP_TABLE_H
#define MAILVERBS_APP_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table_column {
	const char *title;
	unsigned width; /* cells on a terminal; 0: what is left of the line, for one column */
	bool is_right_aligned;
};

struct table {
	const struct table_column *const *columns;
	size_t count;
	bool is_terminal;
	const char *charset; /* of the locale; NULL: UTF-8, or none */
	unsigned rest;       /* cells for the column of width 0 */
};

/* COLUMNS is borrowed. On a terminal the titles are written. */
void table_start(struct table *t, const struct table_column *const *columns, size_t count);

/* One field for each column; NULL is an empty one. */
void table_row(const struct table *t, const char *const *fields);

#endif
