/* SPDX-License-Identifier: ISC */
/*
 * name_list - file names from standard input, one a line, each as soon as it has come.
 *
 * `struct name_list n = {0};` is one of which nothing was read.
 */
#ifndef MAILVERBS_MSEND_NAME_LIST_H
#define MAILVERBS_MSEND_NAME_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct err;

struct name_list {
	struct buf bytes;
	size_t at; /* of what is not used yet */
	bool is_ended;
};

/*
 * The next name; empty lines are passed over. *NAME is borrowed until the next call. False: there
 * is none, with e->code ERR_NONE; or *e is ERR_IO, ERR_NO_INPUT (a name with a NUL, or longer than
 * 64 KiB) or ERR_TEMPORARY (a signal).
 */
bool name_list_next(struct name_list *n, const char **name, struct err *e);
void name_list_free(struct name_list *n);

#endif
