/* SPDX-License-Identifier: ISC */
#include "base/screen.h"

#include <iconv.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

enum { DEFAULT_WIDTH = 80 };

const char *
screen_charset(void)
{
	const char *codeset = nl_langinfo(CODESET);

	return strcmp(codeset, "UTF-8") == 0 ? NULL : codeset;
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Adds '?' for the character at *IN, and goes on to the next one. */
static void
skip_character(struct buf *out, char **in, size_t *left)
{
	buf_add_char(out, '?');
	do {
		(*in)++;
		(*left)--;
	} while (*left > 0 && is_continuation(**in));
}

static void
convert(struct buf *out, iconv_t to, char *in, size_t left)
{
	while (left > 0) {
		size_t room = left * 4 + 16;
		char *at = buf_reserve(out, room);

		iconv(to, &in, &left, &at, &room);
		out->len = (size_t)(at - out->data);
		if (left > 0)
			skip_character(out, &in, &left);
	}
}

/* For a set that iconv(3) does not know. */
static void
add_ascii(struct buf *out, char *in, size_t left)
{
	while (left > 0) {
		if ((unsigned char)*in >= 0x80) {
			skip_character(out, &in, &left);
			continue;
		}
		buf_add_char(out, *in++);
		left--;
	}
}

unsigned
screen_width(int fd, unsigned most)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned width = DEFAULT_WIDTH;
	uint64_t n;

	if (columns && text_number(columns, most, &n) && n > 0)
		return (unsigned)n;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		width = size.ws_col;
	return width < most ? width : most;
}

void
screen_add_in(struct buf *out, const char *text, const char *charset)
{
	char *in = (char *)(uintptr_t)text;
	iconv_t to;

	buf_add_str(out, "");
	if (!charset) {
		buf_add_str(out, text);
		return;
	}
	to = iconv_open(charset, "UTF-8");
	if (to == (iconv_t)-1) {
		add_ascii(out, in, strlen(text));
		return;
	}
	convert(out, to, in, strlen(text));
	iconv_close(to);
	buf_add_str(out, "");
}

/* How many bytes at the end begin a character (RFC 3629 section 3) that is not whole. */
static size_t
count_unfinished(const char *bytes, size_t n)
{
	for (size_t k = 1; k <= 3 && k <= n; k++) {
		const unsigned char c = (unsigned char)bytes[n - k];
		const size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;

		if (!is_continuation((char)c))
			return len > k ? k : 0;
	}
	return 0;
}

static void
add_run(struct buf *out, const char *bytes, size_t n, const char *charset)
{
	struct buf printable = {0};

	text_printable(&printable, bytes, n);
	screen_add_in(out, printable.data, charset);
	buf_free(&printable);
}

size_t
screen_add_lines(struct buf *out, const char *bytes, size_t n, bool is_last)
{
	const char *charset = screen_charset();
	const size_t whole = is_last ? n : n - count_unfinished(bytes, n);

	buf_add_str(out, "");
	for (size_t i = 0; i < whole;) {
		size_t len = 0;

		while (i + len < whole && bytes[i + len] != '\n' && bytes[i + len] != '\t')
			len++;
		if (len > 0)
			add_run(out, bytes + i, len, charset);
		i += len;
		if (i < whole)
			buf_add_char(out, bytes[i++]);
	}
	return whole;
}

void
screen_write(FILE *file, const char *bytes, size_t n)
{
	struct buf shown = {0};

	if (isatty(fileno(file)) != 1) {
		fwrite(bytes, 1, n, file);
		return;
	}
	screen_add_lines(&shown, bytes, n, true);
	fwrite(shown.data, 1, shown.len, file);
	buf_free(&shown);
}

void
screen_printf(const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	if (buf_addv(&text, fmt, ap))
		screen_write(stdout, text.data, text.len);
	va_end(ap);
	buf_free(&text);
}
