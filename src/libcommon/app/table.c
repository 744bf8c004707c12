/* SPDX-License-Identifier: ISC */
#include "app/table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/screen.h"
#include "base/text.h"

enum { LEAST_REST = 20, NARROW = 60 };

/* In the C locale (cron) bytes pass as they are, except to a terminal. */
static const char *
choose_charset(bool is_terminal)
{
	const char *charset = screen_charset();
	const bool is_ascii =
	    charset && (strcmp(charset, "ANSI_X3.4-1968") == 0 || strcmp(charset, "US-ASCII") == 0);

	return is_ascii && !is_terminal ? NULL : charset;
}

/*
 * The next character of S: its bytes, and its cells on the terminal. A byte that is not part of a
 * character in this locale counts one cell.
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

/* A number that is cut would be another number: it takes the cells that it needs, or none. LEFT are
 * those up to the end of the line. */
static unsigned
cell_width(const struct table *t, size_t i, unsigned needed, unsigned left)
{
	unsigned width = t->widths[i];

	if (t->columns[i]->is_right_aligned && needed > width)
		width = needed <= left ? needed : 0;
	return width < left ? width : left;
}

static void
add_blanks(struct buf *line, unsigned count)
{
	buf_addf(line, "%*s", (int)count, "");
}

/* USED are the cells of the line that are taken. Returns how many are afterwards. */
static unsigned
add_cell(const struct table *t, struct buf *line, size_t i, const char *field, unsigned used)
{
	const bool is_right_aligned = t->columns[i]->is_right_aligned;
	const bool is_last = i + 1 == t->count;
	const unsigned gap = i > 0 ? t->gap : 0;
	struct buf cell = {0};
	unsigned width, taken;

	if (used + gap >= t->width)
		return t->width;
	taken = add_cut(&cell, field, t->width);
	width = cell_width(t, i, taken, t->width - used - gap);
	buf_clear(&cell);
	taken = add_cut(&cell, field, width);
	add_blanks(line, gap + (is_right_aligned ? width - taken : 0));
	buf_add_str(line, cell.data ? cell.data : "");
	add_blanks(line, is_right_aligned || is_last ? 0 : width - taken);
	buf_free(&cell);
	return used + gap + width;
}

/* Adds FIELD in the form of the TAB-separated lines, or cut for a terminal. */
static unsigned
add_field(const struct table *t, struct buf *line, size_t i, const char *field, unsigned used)
{
	struct buf safe = {0}, local = {0};

	if (i > 0 && !t->is_terminal)
		buf_add_char(line, '\t');
	if (!t->is_terminal && !t->charset) {
		text_printable(line, field, strlen(field));
		return 0;
	}
	text_printable(&safe, field, strlen(field));
	screen_add_in(&local, safe.data ? safe.data : "", t->charset);
	if (t->is_terminal)
		used = add_cell(t, line, i, local.data, used);
	else
		buf_add_str(line, local.data);
	buf_free(&safe);
	buf_free(&local);
	return used;
}

void
table_row(struct table *t, const char *const *fields)
{
	unsigned used = 0;

	buf_clear(&t->line);
	for (size_t i = 0; i < t->count; i++)
		used = add_field(t, &t->line, i, fields[i] ? fields[i] : "", used);
	buf_add_char(&t->line, t->line_end);
	fwrite(t->line.data, 1, t->line.len, stdout);
}

static unsigned
sum_widths(const struct table *t)
{
	unsigned sum = 0;

	for (size_t i = 0; i < t->count; i++)
		sum += t->widths[i] + (i > 0 ? t->gap : 0);
	return sum;
}

/* The column that can give most. NULL: none can give anything. */
static unsigned *
find_widest(struct table *t)
{
	unsigned *widest = NULL, slack = 0;

	for (size_t i = 0; i < t->count; i++)
		if (t->widths[i] > t->columns[i]->least + slack) {
			widest = &t->widths[i];
			slack = *widest - t->columns[i]->least;
		}
	return widest;
}

/* The column without a width takes what is left; where the line is too short, each gives. */
static void
choose_widths(struct table *t)
{
	unsigned *widest = NULL, sum;

	for (size_t i = 0; i < t->count; i++)
		t->widths[i] = t->columns[i]->width ? t->columns[i]->width : LEAST_REST;
	sum = sum_widths(t);
	for (size_t i = 0; i < t->count; i++)
		if (!t->columns[i]->width && sum < t->width)
			t->widths[i] += t->width - sum;
	for (; sum > t->width && (widest = find_widest(t)); sum--)
		--*widest;
}

void
table_start(struct table *t, const struct table_column *const *columns, size_t count, char line_end)
{
	const bool is_screen = isatty(STDOUT_FILENO) == 1;
	const char *titles[TABLE_COLUMNS_MAX];

	*t = (struct table){.columns = columns,
			    .count = count,
			    .is_terminal = is_screen && line_end == '\n',
			    .charset = choose_charset(is_screen),
			    .line_end = line_end,
			    .width = screen_width(STDOUT_FILENO, TABLE_WIDTH_MAX)};
	t->gap = t->width < NARROW ? 1 : 2;
	choose_widths(t);
	if (!t->is_terminal)
		return;
	for (size_t i = 0; i < count; i++)
		titles[i] = columns[i]->title;
	table_row(t, titles);
}

void
table_end(struct table *t)
{
	buf_free(&t->line);
}
