/* SPDX-License-Identifier: ISC */
/*
 * secret_source - the places that a secret can come from; inside auth/ only.
 *
 * Each adds the secret to TEXT, an empty buffer whose owner wipes it, whatever the outcome.
 */
#ifndef MAILVERBS_AUTH_SECRET_SOURCE_H
#define MAILVERBS_AUTH_SECRET_SOURCE_H

#include <stdbool.h>
#include <sys/types.h>

struct buf;
struct err;
struct secret_params;

enum secret_outcome {
	SECRET_ABSENT, /* not set, or nothing in there for us: the next source has its turn */
	SECRET_FOUND,
	SECRET_FAILED, /* *e */
};

/* Fetches from one source. If it returns SECRET_FAILED, *e is set. */
typedef enum secret_outcome secret_fetch(const struct secret_params *p, struct buf *text,
					 struct err *e);

enum secret_outcome secret_from_command(const struct secret_params *p, struct buf *text,
					struct err *e);
enum secret_outcome secret_from_file(const struct secret_params *p, struct buf *text,
				     struct err *e);
/* The token that maccount holds, renewed by it if it is about to expire. */
enum secret_outcome secret_from_token(const struct secret_params *p, struct buf *text,
				      struct err *e);
/* A new one, whatever the old one's age. */
enum secret_outcome secret_renewed_token(const struct secret_params *p, struct buf *text,
					 struct err *e);
/* The command line that gets it. The caller's to free(). */
char *secret_token_command(const struct secret_params *p, bool is_forced);
enum secret_outcome secret_from_netrc(const struct secret_params *p, struct buf *text,
				      struct err *e);
enum secret_outcome secret_from_authinfo(const struct secret_params *p, struct buf *text,
					 struct err *e);
enum secret_outcome secret_from_terminal(const struct secret_params *p, struct buf *text,
					 struct err *e);

enum { SECRET_LINE_MAX = 64 * 1024 };

/* Adds the first line of FD to the empty LINE, without its line end (LF or CRLF). False: *e. */
bool secret_read_line(int fd, struct buf *line, struct err *e);

#endif
