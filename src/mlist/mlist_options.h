/* SPDX-License-Identifier: ISC */
/*
 * mlist_options - what the command line and the account ask of mlist, read once.
 */
#ifndef MAILVERBS_MLIST_MLIST_OPTIONS_H
#define MAILVERBS_MLIST_MLIST_OPTIONS_H

#include <stdbool.h>

struct account;
struct run;

/* Texts are borrowed from the account. */
struct mlist_options {
	const char *columns; /* as typed; NULL: the default */
	bool count;
	bool folders;
	bool names_folders; /* --folder was given: only these */
	bool json;
	bool exit_status;
	char line_end; /* NUL or LF */
};

/* A is RUN's account, resolved; the account must outlive the options. */
struct mlist_options mlist_options_read(const struct run *run, const struct account *a);

#endif
