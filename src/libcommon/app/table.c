/* SPDX-License-Identifier: ISC */
#include "app/table.h"

#include <iconv.h>
#include <langinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/text.h"

enum { DEFAULT_WIDTH = 80, LEAST_REST = 20 };

static unsigned
terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (columns && text_number(columns, 10000, &n) && n > 0)
		return (unsigned)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return DEFAULT_WIDTH;
}

/* The locale's charset; NULL: it speaks UTF-8, or nothing at all. In the C locale (cron) bytes pass
 * as they are. */
static const char *
charset_of_locale(void)
{
	const char *codeset = nl_langinfo(CODESET);

	return strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "ANSI_X3.4-1968") == 0 ||
		       strcmp(codeset, "US-ASCII") == 0
		   ? NULL
		   : codeset;
}

/* What the charset lacks comes as '?'. */
static void
add_in_charset(struct buf *out, const char *text, const char *charset)
{
	iconv_t to = charset ? iconv_open(charset, "UTF-8") : (iconv_t)-1;
	char *in = (char *)(uintptr_t)text, *at;
	size_t left = strlen(text), room;

	if (to == (iconv_t)-1) {
		buf_add_str(out, text);
		return;
	}
	while (left > 0) {
		at = buf_reserve(out, left * 4 + 16);
		room = left * 4 + 16;
		iconv(to, &in, &left, &at, &room);
		out->len = (size_t)(at - out->data);
		if (left > 0) {
			buf_add_char(out, '?');
			do {
				in++;
				left--;
			} while (left > 0 && ((unsigned char)*in & 0xc0) == 0x80);
		}
	}
	buf_add_str(out, "");
	iconv_close(to);
}

/*
 * The next character of S: its bytes, and its cells on the terminal. What the locale can't make out
 * counts a cell a byte.
 */
static size_t
next_character(const char *s, mbstate_t *state, unsigned *cells)
{
	wchar_t wide;
	const size_t n = mbrtowc(&wide, s, strlen(s), state);
	int width;

	if (n == 0 || n == (size_t)-1 || n == (size_t)-2) {
		memset(state, 0, sizeof *state);
		*cells = 1;
		return 1;
	}
	width = wcwidth(wide);
	*cells = width > 0 ? (unsigned)width : 0;
	return n;
}

/* Adds TEXT, cut to WIDTH cells, and tells how many it took. */
static unsigned
add_cut(struct buf *out, const char *text, unsigned width)
{
	mbstate_t state = {0};
	unsigned used = 0, cells;

	while (*text) {
		const size_t n = next_character(text, &state, &cells);

		if (used + cells > width)
			break;
		buf_add(out, text, n);
		used += cells;
		text += n;
	}
	return used;
}

static void
add_cell(const struct table *t, struct buf *line, size_t i, const char *field)
{
	const struct table_column *c = t->columns[i];
	const unsigned width = c->width ? c->width : t->rest;
	const bool is_last = i + 1 == t->count;
	struct buf cell = {0};
	const unsigned used = add_cut(&cell, field, width);

	if (c->is_right_aligned)
		buf_addf(line, "%*s%s", (int)(width - used), "", cell.data ? cell.data : "");
	else
		buf_addf(line, "%s%*s", cell.data ? cell.data : "",
			 is_last ? 0 : (int)(width - used), "");
	buf_free(&cell);
}

static void
add_field(const struct table *t, struct buf *line, size_t i, const char *field)
{
	struct buf safe = {0}, local = {0};

	if (!t->is_terminal && !t->charset) {
		text_printable(line, field, strlen(field));
		return;
	}
	text_printable(&safe, field, strlen(field));
	add_in_charset(&local, safe.data ? safe.data : "", t->charset);
	if (t->is_terminal)
		add_cell(t, line, i, local.data);
	else
		buf_add_str(line, local.data);
	buf_free(&safe);
	buf_free(&local);
}

void
table_row(const struct table *t, const char *const *fields)
{
	struct buf line = {0};

	for (size_t i = 0; i < t->count; i++) {
		if (i > 0)
			buf_add_str(&line, t->is_terminal ? "  " : "\t");
		add_field(t, &line, i, fields[i] ? fields[i] : "");
	}
	buf_add_char(&line, '\n');
	fwrite(line.data, 1, line.len, stdout);
	buf_free(&line);
}

void
table_start(struct table *t, const struct table_column *const *columns, size_t count)
{
	const unsigned width = terminal_width();
	const char *titles[32];
	unsigned used = 0;

	*t = (struct table){.columns = columns,
			    .count = count,
			    .is_terminal = isatty(STDOUT_FILENO) == 1,
			    .charset = charset_of_locale()};
	for (size_t i = 0; i < count; i++)
		used += columns[i]->width + (i > 0 ? 2 : 0);
	t->rest = width > used + LEAST_REST ? width - used : LEAST_REST;
	if (!t->is_terminal)
		return;
	for (size_t i = 0; i < count && i < sizeof titles / sizeof titles[0]; i++)
		titles[i] = columns[i]->title;
	table_row(t, titles);
}
