/* SPDX-License-Identifier: ISC */
/*
 * netrc - the password for a host in a .netrc, as ftp(1) and curl(1) know the file.
 *
 *	machine mail.example.org login alice password "with blanks, \" and \\"
 *	default login anonymous password guest
 *
 * Words are separated by blanks and line ends. A quoted word ends at its line's end at the latest;
 * in it \n, \r and \t mean the control characters, and a backslash before any other character means
 * that character. A # in the place of a keyword begins a comment, up to the end of the line.
 * `port` is a number, or smtp, smtps, submission, submissions, imap, imaps, pop3 or pop3s, as in
 * Emacs's .authinfo. `account` is skipped with its value, `macdef` up to the next empty line.
 */
#ifndef MAILVERBS_AUTH_NETRC_H
#define MAILVERBS_AUTH_NETRC_H

#include <stddef.h>

struct buf;
struct err;

struct netrc_query {
	const char *machine;  /* ASCII case is folded */
	const char *login;    /* NULL: any */
	unsigned port;        /* of the server */
	const char *protocol; /* of it: "smtp", "imap" or "pop3" */
};

enum netrc_outcome {
	NETRC_NOTHING, /* no entry with a password matches */
	NETRC_FOUND,
	NETRC_BROKEN, /* *e is ERR_CONFIG and names the line, never a word of it */
};

/*
 * Adds to PASSWORD, an empty buffer, the password of the first matching entry in the LEN bytes at
 * TEXT (NULL where LEN is 0). An entry matches by its machine, or as `default`, and by its login
 * and its port unless it has none. The file is read no further than that entry.
 */
enum netrc_outcome netrc_find(const char *text, size_t len, const struct netrc_query *query,
			      struct buf *password, struct err *e);

#endif
