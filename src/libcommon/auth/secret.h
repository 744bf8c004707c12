/* SPDX-License-Identifier: ISC */
/*
 * secret - the password or token, fetched when a login needs it and wiped after use.
 *
 * Only this module holds secrets; they leave it towards auth/sasl and dialog_ask_secret() alone.
 * Every buffer that one passes through is overwritten before it is freed, and no error text has
 * one.
 */
#ifndef MAILVERBS_AUTH_SECRET_H
#define MAILVERBS_AUTH_SECRET_H

#include <stdbool.h>

#include "base/err.h"

struct err;
struct secret;

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
	const char *user;       /* with this login; NULL: any */
	bool may_prompt;        /* ask on the terminal (/dev/tty), echo off */
	const char *refusal;    /* shown before the question; NULL: nothing was refused */
	/* what both said before, see secret_prepare(); NULL: it is read when it is needed */
	struct secret_kept *kept;
};

/* The answer of one of these files. */
struct secret_answer {
	bool is_known;
	char *machine;
	char *user;         /* NULL: any */
	char *text;         /* NULL: no password for them, */
	struct err failure; /* or this error, unless its code is ERR_NONE */
};

/* The answers of both, for a process that may not read the files again (app/containment.h). It begins
 * as {0}. */
struct secret_kept {
	struct secret_answer netrc;
	struct secret_answer authinfo;
};

/* Nothing is fetched yet. */
struct secret *secret_new(const struct secret_params *p);
void secret_free(struct secret *s); /* wipes; accepts NULL */

/*
 * The secret, fetched at the first call; borrowed until secret_free(). It is never empty. NULL: *e
 * is
 *
 *	ERR_CONFIG     a file or command cannot be used as it is; the hint has the chmod to run
 *	ERR_LOGIN      there is none: the command failed, the line was empty, nothing is set
 *	ERR_IO         reading failed
 *	ERR_TEMPORARY  a signal asked to stop (base/stop.h) while the command ran or the user typed
 */
const char *secret_text(struct secret *s, struct err *e);

/* Does it come from the token that maccount holds? */
bool secret_is_token(const struct secret *s);

/*
 * The server has rejected the token: has maccount get another one, once in the secret's life. False:
 * there is none (*e), or it is not such a token, or it was renewed before (*e as it was).
 */
bool secret_renew(struct secret *s, struct err *e);

/*
 * The server has refused the password, for the reason WHY. If it was typed, and fewer than three
 * were, it is forgotten, and the next secret_text() shows WHY and asks again. False: it stays.
 */
bool secret_ask_again(struct secret *s, const char *why);

/* Its origin in words such as "password from ~/.netrc"; NULL: it was not fetched. */
const char *secret_origin(const struct secret *s);

/* Reads .netrc and .authinfo now if one of them is the source and it was not read before, and keeps in
 * K what they say. */
void secret_prepare(struct secret *s, struct secret_kept *k);

/* The command line by which secret_text() or, FORCED, secret_renew() has the token renewed. The
 * caller's to free(). */
char *secret_renewal(const struct secret *s, bool is_forced);

/* The file of the held token; NULL: there is none. Borrowed. */
const char *secret_token_file(const struct secret *s);

/* The account whose token it is, for hints. */
const char *secret_account(const struct secret *s);

/*
 * Does the source look like there is one, without running the command or asking? A prompt that is
 * allowed does not count. For the choice of a mechanism.
 */
bool secret_is_given(const struct secret *s);

#endif
