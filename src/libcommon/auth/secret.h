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

#include "auth/secret_params.h"

struct err;
struct secret;

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
 * The server has rejected the token: has maccount get another one, once in the secret's life.
 * False: there is none (*e), or it is not such a token, or it was renewed before (*e as it was).
 */
bool secret_renew(struct secret *s, struct err *e);

/*
 * The server has refused the password, for the reason WHY. If it was typed, and fewer than three
 * were, it is forgotten, and the next secret_text() shows WHY and asks again. False: it stays.
 */
bool secret_ask_again(struct secret *s, const char *why);

/* Its origin in words such as "password from ~/.netrc"; NULL: it was not fetched. */
const char *secret_origin(const struct secret *s);

/* Reads .netrc and .authinfo now if one of them is the source and it was not read before, and keeps
 * in K what they say. */
void secret_prepare(struct secret *s, struct secret_kept *k);

/* The command line by which secret_text() or, IS_FORCED, secret_renew() has the token renewed. The
 * caller's to free(). */
char *secret_renewal(const struct secret *s, bool is_forced);

/* The file of the held token; NULL: there is none. Borrowed. */
const char *secret_token_file(const struct secret *s);

/* The files that the password is looked up in by host and user, .netrc and the like; NULL: there is
 * none. Borrowed. */
enum { SECRET_MACHINE_FILES = 2 };
void secret_machine_files(const struct secret *s, const char *files[SECRET_MACHINE_FILES]);

/* The account whose token it is, for hints. */
const char *secret_account(const struct secret *s);

/*
 * Does the source look like there is one, without running the command or asking? A prompt that is
 * allowed does not count. For the choice of a mechanism.
 */
bool secret_is_given(const struct secret *s);

#endif
