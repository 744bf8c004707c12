/* SPDX-License-Identifier: ISC */
/*
 * rows - one message after the other on standard output: as a row of a table, as TAB-separated
 * columns, or as a line of JSON.
 */
#ifndef MAILVERBS_MLIST_ROWS_H
#define MAILVERBS_MLIST_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/table.h"
#include "base/buf.h"
#include "mlist/columns.h"

struct message_list;

struct rows {
	struct columns columns;
	bool is_json;
	char line_end; /* NUL or LF, unless JSON */
	bool has_started;
	struct table table;
	const struct table_column *titles[COLUMNS]; /* of the table */
	struct buf texts[COLUMNS];                  /* of the row that is shown */
};

/* Before the first row: shows the titles, on a terminal. Once is enough, more do no harm. */
void rows_start(struct rows *r);

/* Shows the message of L at INDEX. HEADER, N octets, has at least the fields that the columns show;
 * NULL if they show none. */
void rows_show(struct rows *r, const struct message_list *l, size_t index, const char *header,
	       size_t n);

void rows_free(struct rows *r);

#endif
