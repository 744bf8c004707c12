/* SPDX-License-Identifier: ISC */
/*
 * err - what went wrong, in one line, and what the process says with its exit status.
 *
 * A struct err lives on its owner's stack and holds the first thing that failed on the way; nobody
 * frees it. Functions that can fail take one as their last argument and return false after setting
 * it.
 *
 * The text is one line without the program's name and without a full stop. It may hold bytes from a
 * server or a header: whoever shows it to a person passes it through text_printable().
 */
#ifndef MAILVERBS_BASE_ERR_H
#define MAILVERBS_BASE_ERR_H

#include <stdbool.h>

enum err_code {
	ERR_NONE,
	ERR_USAGE,       /* the command line is wrong */
	ERR_MALFORMED,   /* the message is malformed or too big, or was refused for what it is */
	ERR_NO_INPUT,    /* no such message, no such input */
	ERR_RECIPIENT,   /* a recipient was refused for good */
	ERR_NO_HOST,     /* no such host */
	ERR_UNAVAILABLE, /* the service refused, or lacks what is needed */
	ERR_BUG,         /* this program broke one of its own promises */
	ERR_OUTPUT,      /* the output cannot be created */
	ERR_IO,          /* reading or writing here failed */
	ERR_TEMPORARY,   /* try again later: 4xx, unreachable, timed out, locked */
	ERR_PROTOCOL,    /* the server broke the protocol */
	ERR_LOGIN,       /* login refused, or TLS not trusted */
	ERR_CONFIG,      /* configuration */
	ERR_CODES
};

struct err {
	enum err_code code;
	char text[512];
	char hint[256]; /* what the user can do about it; empty where nothing */
};

/* Sets code and text, and clears the hint. Always false: `return err_set(e, …);`. */
bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set(), and ends the text with ": " and the description of errno. */
bool err_set_errno(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " before the text: the place where it happened, added by the layer that
 * knows it. Always false. */
bool err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets the hint, unless it is set already: the innermost caller knows most. Always false. */
bool err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The exit status of sysexits.h for this code; 0 for ERR_NONE. */
int err_exit_status(enum err_code code);

/* The one of the two that an exit status must tell: the worse one, ERR_TEMPORARY being the mildest.
 */
enum err_code err_worse(enum err_code a, enum err_code b);

#endif
