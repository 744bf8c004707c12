/* SPDX-License-Identifier: ISC */
#include "app/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/screen.h"
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

/* In the C locale (cron) bytes pass as they are, but on a terminal. */
static const char *
choose_charset(bool is_terminal)
{
	const char *charset = screen_charset();
	const bool is_ascii =
	    charset && (strcmp(charset, "ANSI_X3.4-1968") == 0 || strcmp(charset, "US-ASCII") == 0);

	return is_ascii && !is_terminal ? NULL : charset;
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
	screen_add_in(&local, safe.data ? safe.data : "", t->charset);
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

	*t = (struct table){
	    .columns = columns, .count = count, .is_terminal = isatty(STDOUT_FILENO) == 1};
	t->charset = choose_charset(t->is_terminal);
	for (size_t i = 0; i < count; i++)
		used += columns[i]->width + (i > 0 ? 2 : 0);
	t->rest = width > used + LEAST_REST ? width - used : LEAST_REST;
	if (!t->is_terminal)
		return;
	for (size_t i = 0; i < count && i < sizeof titles / sizeof titles[0]; i++)
		titles[i] = columns[i]->title;
	table_row(t, titles);
}
