/* SPDX-License-Identifier: ISC */
/*
 * tap - a test program's output in the Test Anything Protocol: one line a test, the plan at the
 * end. Header only: each program includes it once.
 *
 * main() runs its tests and ends with `return tap_done();`. Differences are shown in "# " lines,
 * and bytes that no terminal should see are escaped.
 */
#ifndef MAILVERBS_UNIT_TAP_H
#define MAILVERBS_UNIT_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAP_SHOWN_MAX 400

static unsigned tap_run;
static unsigned tap_failed;

/* Is COND so? NAME (printf's) says what a user relies on. Returns COND. */
static inline bool ok(bool cond, const char *name, ...) __attribute__((format(printf, 2, 3)));

static inline bool
ok(bool cond, const char *name, ...)
{
	va_list ap;

	tap_run++;
	tap_failed += !cond;
	printf("%sok %u - ", cond ? "" : "not ", tap_run);
	va_start(ap, name);
	vprintf(name, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return cond;
}

/* A remark on a test, as "# " line. */
static inline void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline void
diag(const char *fmt, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static inline void
tap_show(const char *what, const void *bytes, size_t n)
{
	const unsigned char *s = bytes;

	printf("# %s (%zu bytes): \"", what, n);
	for (size_t i = 0; i < n && i < TAP_SHOWN_MAX; i++) {
		if (s[i] == '\n')
			fputs("\\n", stdout);
		else if (s[i] == '\r')
			fputs("\\r", stdout);
		else if (s[i] < 0x20 || s[i] >= 0x7f || s[i] == '\\' || s[i] == '"')
			printf("\\x%02x", s[i]);
		else
			putchar(s[i]);
	}
	printf("\"%s\n", n > TAP_SHOWN_MAX ? "..." : "");
}

static inline bool
is_bytes(const void *got, size_t got_len, const void *want, size_t want_len, const char *name)
{
	const bool same =
	    got_len == want_len && (want_len == 0 || memcmp(got, want, want_len) == 0);

	if (!ok(same, "%s", name)) {
		tap_show(" got", got, got_len);
		tap_show("want", want, want_len);
	}
	return same;
}

/* NULL is a value like any other. */
static inline bool
is_str(const char *got, const char *want, const char *name)
{
	if (got && want)
		return is_bytes(got, strlen(got), want, strlen(want), name);
	if (!ok(got == want, "%s", name))
		diag(" got %s, want %s", got ? got : "NULL", want ? want : "NULL");
	return got == want;
}

static inline bool
is_number(uint64_t got, uint64_t want, const char *name)
{
	if (!ok(got == want, "%s", name))
		diag(" got %" PRIu64 ", want %" PRIu64, got, want);
	return got == want;
}

/* The plan. Returns main()'s exit status. */
static inline int
tap_done(void)
{
	printf("1..%u\n", tap_run);
	if (tap_failed > 0)
		diag("%u of %u failed", tap_failed, tap_run);
	return tap_failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * Pseudo-random numbers that are the same on every machine (xorshift64*): a test that failed fails
 * again. The state must not be 0.
 */
static inline uint32_t
tap_random(uint64_t *state, uint32_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32) % below;
}

#endif
