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

#include "base/buf.h"

struct table_column {
	const char *title;
	unsigned width; /* cells on a terminal; 0: what is left of the line, for one column */
	bool is_right_aligned;
	unsigned least; /* cells it keeps on a narrow terminal */
};

enum { TABLE_COLUMNS_MAX = 32, TABLE_WIDTH_MAX = 10000 };

struct table {
	const struct table_column *const *columns;
	size_t count;
	bool is_terminal;
	const char *charset; /* of the locale; NULL: UTF-8, or none */
	char line_end;
	unsigned width; /* cells of a line */
	unsigned gap;   /* cells between two columns */
	unsigned widths[TABLE_COLUMNS_MAX];
	struct buf line; /* the row that is written; kept, as there may be many */
};

/*
 * COLUMNS, at most TABLE_COLUMNS_MAX of them, is borrowed. LINE_END is '\n', or '\0' for a program
 * that takes lines ended by NUL. On a terminal, unless lines are ended by NUL, the rows are a
 * table: its titles are written, and no line is wider than the terminal.
 */
void table_start(struct table *t, const struct table_column *const *columns, size_t count,
		 char line_end);

/* One field for each column; NULL is an empty one. */
void table_row(struct table *t, const char *const *fields);

void table_end(struct table *t);

#endif
