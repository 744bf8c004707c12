/* SPDX-License-Identifier: ISC */
/*
 * folder_names - the IMAP folders that --folder names, one or many.
 */
#ifndef MAILVERBS_APP_FOLDER_NAMES_H
#define MAILVERBS_APP_FOLDER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct account;
struct err;
struct mailbox;

struct folder_names {
	char **names; /* as typed: a name, or a pattern with * or % */
	size_t count;
};

/* Those that the account's `folder` names, INBOX where it names none. Freed by folder_names_free().
 */
void folder_names_of(struct folder_names *n, const struct account *a);
void folder_names_free(struct folder_names *n);

/* Can it be more than one? */
bool folder_names_are_many(const struct folder_names *n);

/* Do they depend on which folders there are? */
bool folder_names_have_pattern(const struct folder_names *n);

/*
 * Puts in place of each pattern the folders of M that it takes in, each folder once, in all. A
 * pattern leaves out what can't be opened and, WITHOUT_TRASH, the Trash. False: *e, from the
 * session, or ERR_NO_INPUT: there is none.
 */
bool folder_names_expand(struct folder_names *n, struct mailbox *m, bool without_trash,
			 struct err *e);

/* For tools whose operands mean something in one folder only. False: *e is ERR_USAGE. */
bool folders_check_one(const struct account *a, struct err *e);

#endif
