/* SPDX-License-Identifier: ISC */
/*
 * password_keeper - keeps a password that was typed, where the mail tools can read it again.
 *
 * The password goes to other programs on their standard input: never in arguments or environment.
 */
#ifndef MAILVERBS_MACCOUNT_PASSWORD_KEEPER_H
#define MAILVERBS_MACCOUNT_PASSWORD_KEEPER_H

#include <stdbool.h>

struct buf;
struct err;

/*
 * Asks on the terminal where to keep PASSWORD of the account NAME: in the Secret Service, in pass
 * (each if its program is installed), in a file, or nowhere. Adds to SECTION the line by which the
 * mail tools find it, if any. False: *e is ERR_IO or ERR_OUTPUT (it cannot be kept), or
 * ERR_TEMPORARY (no answer).
 */
bool password_keeper_ask(const char *name, const char *password, struct buf *section,
			 struct err *e);

/* The file for the password of the account NAME; the caller's to free(). NULL: there is no home
 * directory. */
char *password_keeper_path(const char *name);

#endif
