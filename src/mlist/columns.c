/* SPDX-License-Identifier: ISC */
#include "mlist/columns.h"

#include <string.h>

#include "base/err.h"
#include "proto/mailbox.h"

static const struct column all[COLUMNS] = {
    [COLUMN_NUMBER] = {{"number", 6, true, 6}, NULL, WANT_SIZES},
    [COLUMN_UID] = {{"uid", 20, false, 8}, NULL, WANT_UIDS},
    [COLUMN_SIZE] = {{"size", 9, true, 6}, NULL, WANT_SIZES},
    [COLUMN_FLAGS] = {{"flags", 16, false, 4}, NULL, WANT_FLAGS},
    [COLUMN_DATE] = {{"date", 16, false, 10}, "Date", 0},
    [COLUMN_FROM] = {{"from", 20, false, 6}, "From", 0},
    [COLUMN_TO] = {{"to", 20, false, 5}, "To", 0},
    [COLUMN_CC] = {{"cc", 20, false, 4}, "Cc", 0},
    [COLUMN_SUBJECT] = {{"subject", 0, false, 8}, "Subject", 0},
    [COLUMN_MESSAGE_ID] = {{"message-id", 30, false, 5}, "Message-ID", 0},
};

static const char default_names[] = "number,size,date,from,subject";
static const char all_names[] = "number,uid,size,flags,date,from,to,cc,subject,message-id";

const struct column *
column_of(enum column_id id)
{
	return &all[id];
}

static bool
has(const struct columns *columns, enum column_id id)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->ids[i] == id)
			return true;
	return false;
}

static bool
choose_one(struct columns *columns, const char *name, size_t len, struct err *e)
{
	enum column_id id = 0;

	while (id < COLUMNS &&
	       (strlen(all[id].table.title) != len || strncmp(all[id].table.title, name, len) != 0))
		id++;
	if (id == COLUMNS)
		return err_set(e, ERR_USAGE, "--columns: '%.*s' is not one of %s", (int)len, name,
			       all_names);
	if (has(columns, id))
		return err_set(e, ERR_USAGE, "--columns: '%s' is named twice", all[id].table.title);
	columns->ids[columns->count++] = id;
	return true;
}

bool
columns_choose(struct columns *columns, const char *names, bool is_json, struct err *e)
{
	if (!names)
		names = is_json ? all_names : default_names;
	for (size_t len; *names; names += len + (names[len] == ',')) {
		len = strcspn(names, ",");
		if (!choose_one(columns, names, len, e))
			return false;
	}
	return true;
}

unsigned
columns_want(const struct columns *columns)
{
	unsigned want = 0;

	for (size_t i = 0; i < columns->count; i++)
		want |= all[columns->ids[i]].want;
	return want;
}

bool
columns_need_header(const struct columns *columns)
{
	for (size_t i = 0; i < columns->count; i++)
		if (all[columns->ids[i]].field)
			return true;
	return false;
}

bool
columns_have_uid(const struct columns *columns)
{
	return has(columns, COLUMN_UID);
}
