/* SPDX-License-Identifier: ISC */
/*
 * mmark_options - what the command line asks of mmark, read once. The configuration has no say in
 * it.
 */
#ifndef MAILVERBS_MMARK_MMARK_OPTIONS_H
#define MAILVERBS_MMARK_MMARK_OPTIONS_H

#include <stdbool.h>

struct values;

/* Texts are borrowed from the command line; NULL: not given. */
struct mmark_options {
	bool add_seen, remove_seen;
	const char *add_flags, *remove_flags; /* as typed, one a line */
	const char *copy_to, *move_to, *append_to;
	bool creates; /* a missing folder */
};

struct mmark_options mmark_options_read(const struct values *given);

#endif
