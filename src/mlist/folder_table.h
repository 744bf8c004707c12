/* SPDX-License-Identifier: ISC */
/*
 * folder_table - mlist --folders: the folders as a table, as TAB-separated columns or as JSON.
 */
#ifndef MAILVERBS_MLIST_FOLDER_TABLE_H
#define MAILVERBS_MLIST_FOLDER_TABLE_H

#include <stdbool.h>

struct account;
struct err;
struct mlist_options;
struct run;

/* Shows the account's folders, or those that --folder takes in, with their counts on standard
 * output. False: *e. */
bool folders_show(struct run *run, const struct account *a, const struct mlist_options *o,
		  struct err *e);

#endif
