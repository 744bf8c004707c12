/* SPDX-License-Identifier: ISC */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* In the order of badness: what a later run may cure by itself comes first, then what the user can
 * mend. */
static const struct {
	int exit_status;
	int badness;
} codes[ERR_CODES] = {
    [ERR_NONE] = {0, 0},
    [ERR_TEMPORARY] = {EX_TEMPFAIL, 1},
    [ERR_NO_INPUT] = {EX_NOINPUT, 2},
    [ERR_RECIPIENT] = {EX_NOUSER, 3},
    [ERR_MALFORMED] = {EX_DATAERR, 4},
    [ERR_NO_HOST] = {EX_NOHOST, 5},
    [ERR_UNAVAILABLE] = {EX_UNAVAILABLE, 6},
    [ERR_PROTOCOL] = {EX_PROTOCOL, 7},
    [ERR_LOGIN] = {EX_NOPERM, 8},
    [ERR_CONFIG] = {EX_CONFIG, 9},
    [ERR_USAGE] = {EX_USAGE, 10},
    [ERR_OUTPUT] = {EX_CANTCREAT, 11},
    [ERR_IO] = {EX_IOERR, 12},
    [ERR_BUG] = {EX_SOFTWARE, 13},
};

bool
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	e->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_set_errno(struct err *e, enum err_code code, const char *fmt, ...)
{
	const int saved = errno;
	va_list ap;
	size_t len;

	e->code = code;
	e->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	snprintf(e->text + len, sizeof e->text - len, ": %s", strerror(saved));
	return false;
}

bool
err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof e->text];
	va_list ap;
	size_t len;

	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	snprintf(e->text + len, sizeof e->text - len, ": %s", old);
	return false;
}

bool
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e->hint[0] != '\0')
		return false;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof e->hint, fmt, ap);
	va_end(ap);
	return false;
}

int
err_exit_status(enum err_code code)
{
	return codes[code].exit_status;
}

enum err_code
err_worse(enum err_code a, enum err_code b)
{
	return codes[a].badness >= codes[b].badness ? a : b;
}
