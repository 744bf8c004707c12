/* SPDX-License-Identifier: ISC */
/*
 * secret_params - where a secret may come from.
 */
#ifndef MAILVERBS_AUTH_SECRET_PARAMS_H
#define MAILVERBS_AUTH_SECRET_PARAMS_H

#include <stdbool.h>

#include "base/err.h"

/*
 * The possible sources, tried in this order; NULL if not set. Borrowed for as long as the secret
 * lives.
 *
 * Only the first source that is set is used: when it fails, the next one is not tried. A .netrc
 * or an .authinfo without a matching entry, and a missing terminal, count as not set.
 */
struct secret_params {
	const char *command;    /* password-command: the first line of its output */
	const char *file;       /* password-file: its first line; others may not read it */
	const char *text;       /* password, from a configuration file whose mode was checked */
	const char *token_file; /* the token that maccount holds for `account`; may be missing */
	const char *account;    /* as maccount knows it */
	const char *config;     /* --config, for maccount; NULL: not given */
	const char *netrc;      /* the path of a .netrc; a missing file is not an error */
	const char *authinfo;   /* the path of an .authinfo, a second file of that form */
	const char *machine;    /* the host that is looked up in both, */
	const char *user;       /* with this login; NULL: any, */
	unsigned port;          /* and this port */
	const char *protocol;   /* or protocol: "smtp", "imap" or "pop3" */
	bool may_prompt;        /* ask on the terminal (/dev/tty), echo off */
	const char *refusal;    /* shown before the question; NULL: nothing was refused */
	/* what both said before, see secret_prepare(); NULL: it is read when it is needed */
	struct secret_kept *kept;
};

/* The answer of one of these files. */
struct secret_answer {
	bool is_known;
	char *machine;
	char *user; /* NULL: any */
	unsigned port;
	char *text;         /* NULL: no password for them, */
	struct err failure; /* or this error, unless its code is ERR_NONE */
};

/* The answers of both, for a process that may not read the files again (app/containment.h). It
 * begins as {0}. */
struct secret_kept {
	struct secret_answer netrc;
	struct secret_answer authinfo;
};

#endif
