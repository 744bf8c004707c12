/* SPDX-License-Identifier: ISC */
/*
 * screen - text on its way to a terminal.
 *
 * Control characters are escaped as by text_printable(), and the rest comes in the character set of
 * the locale: a terminal of ISO 8859 obeys the bytes 0x80 to 0x9f, of which UTF-8 makes letters. A
 * character that the set lacks becomes '?'. In the C locale a terminal is given ASCII.
 */
#ifndef MAILVERBS_BASE_SCREEN_H
#define MAILVERBS_BASE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct buf;

/* The locale's character set as iconv(3) knows it; NULL: UTF-8. */
const char *screen_charset(void);

/* The width of the terminal on FD in cells: from $COLUMNS, unless that is more than MOST, or from
 * the terminal, or 80; at most MOST. */
unsigned screen_width(int fd, unsigned most);

/* Adds TEXT, printable UTF-8, in CHARSET (screen_charset()). */
void screen_add_in(struct buf *out, const char *text, const char *charset);

/*
 * Adds N bytes as a terminal may have them; line feeds and TABs stay. Returns how many of them it
 * took: the beginning of a character that is not whole yet is left to be given again, together with
 * what follows, unless IS_LAST.
 */
size_t screen_add_lines(struct buf *out, const char *bytes, size_t n, bool is_last);

/* Writes N bytes of whole text to FILE: as above if it is a terminal, else unchanged. */
void screen_write(FILE *file, const char *bytes, size_t n);

/* printf() to standard output by way of screen_write(). */
void screen_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
