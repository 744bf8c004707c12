/* SPDX-License-Identifier: ISC */
/*
 * columns - mlist --columns: the columns of a list of messages, and what each needs.
 */
#ifndef MAILVERBS_MLIST_COLUMNS_H
#define MAILVERBS_MLIST_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/table.h"

struct err;

enum column_id {
	COLUMN_NUMBER,
	COLUMN_UID,
	COLUMN_SIZE,
	COLUMN_FLAGS,
	COLUMN_DATE,
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_CC,
	COLUMN_SUBJECT,
	COLUMN_MESSAGE_ID,
	COLUMNS
};

struct column {
	struct table_column table; /* its title is the column's name */
	const char *field;         /* of the header; NULL: the list has it */
	unsigned want;             /* WANT_* that the list must have for it */
};

/* The columns chosen, in the order shown. All zero: none. */
struct columns {
	enum column_id ids[COLUMNS];
	size_t count;
};

/* Borrowed, for ever. */
const struct column *column_of(enum column_id id);

/* Reads NAMES, separated by commas; NULL: the default, which with IS_JSON is all of them. False: *e
 * is ERR_USAGE. */
bool columns_choose(struct columns *columns, const char *names, bool is_json, struct err *e);

/* WANT_* of all columns together. */
unsigned columns_want(const struct columns *columns);

/* Does one of them show a field of the header? */
bool columns_need_header(const struct columns *columns);

/* Is one of them the unique id? */
bool columns_have_uid(const struct columns *columns);

#endif
