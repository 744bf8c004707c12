/* SPDX-License-Identifier: ISC */
/*
 * greet - the beginning of a conversation with a mail server, until TLS is in use.
 */
#ifndef MAILVERBS_MACCOUNT_GREET_H
#define MAILVERBS_MACCOUNT_GREET_H

#include <stdbool.h>

struct dialog;
struct err;
struct stream;
struct tls_params;
struct url;

/* Greets the server at URL over S, with TLS from the first byte or by STARTTLS. The conversation is
 * freed by dialog_free(). NULL: *e. */
struct dialog *greet(struct stream *s, const struct url *url, const struct tls_params *tls,
		     struct err *e);

/* Reads the next answer up to its last line, before which come others that begin with MORE (NULL:
 * none): "220 " after "220-", "a1 " after "* ". The last line, borrowed until the next read, begins
 * with GOOD. NULL: *e. */
const char *greet_answer(struct dialog *d, const char *good, const char *more, struct err *e);

/* Says who we are, in SMTP alone: before STARTTLS, and before what needs TLS. False: *e. */
bool greet_introduce(struct dialog *d, const struct url *url, struct err *e);

/* Takes leave of the server and reads its answer. False: *e. */
bool greet_leave(struct dialog *d, const struct url *url, struct err *e);

#endif
