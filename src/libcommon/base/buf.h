/* SPDX-License-Identifier: ISC */
/*
 * buf - bytes in a row that grow at the end.
 *
 * `struct buf b = {0};` is an empty one. `data` is NUL-terminated after any buf_add*() and may be
 * NULL before the first; `len` does not count that NUL. Growing is by mem_grow(), so adding never
 * fails.
 */
#ifndef MAILVERBS_BASE_BUF_H
#define MAILVERBS_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_char(struct buf *b, char c);
void buf_add_str(struct buf *b, const char *s);
void buf_add_number(struct buf *b, uint64_t n); /* in decimal digits */
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As buf_addf(). False: it cannot be put into words (printf(3)), and nothing was added. */
bool buf_addv(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Makes room for N more bytes and returns where they go; the caller adds what it wrote to `len`. */
char *buf_reserve(struct buf *b, size_t n);

/* Takes the first N bytes out. */
void buf_drop(struct buf *b, size_t n);

void buf_clear(struct buf *b); /* empties it and keeps the memory */
/* The text, now the caller's to free(), never NULL; leaves an empty buf. */
char *buf_take(struct buf *b);

void buf_free(struct buf *b); /* leaves an empty buf */
void buf_wipe(struct buf *b); /* as buf_free(), after overwriting it all: for secrets */

#endif
