/* SPDX-License-Identifier: ISC */
#include "message/mbox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/date.h"
#include "message/header.h"
#include "message/spool.h"

enum {
	BLOCK = 64 * 1024,
	AHEAD = 8 * 1024 /* bytes examined of a line, and of the one after a From_ line */
};

struct mbox {
	int fd;
	bool is_ended;
	bool has_begun;
	bool has_dates; /* the From_ lines of this file */
	size_t at, end; /* in `bytes`, what is not used yet */
	char bytes[BLOCK];
	struct buf message; /* what waits to be written */
	/* The current message: */
	bool has_lines;       /* other than From_ lines */
	bool is_after_from;   /* only fields have come since a From_ line that is not a border */
	bool has_two_headers; /* such a line, and after it a field that names recipients */
};

struct mbox *
mbox_open(int fd)
{
	struct mbox *m = mem_alloc(sizeof *m);

	m->fd = fd;
	return m;
}

void
mbox_close(struct mbox *m)
{
	if (!m)
		return;
	buf_free(&m->message);
	free(m);
}

static bool
is_from_line(const char *line, size_t len)
{
	return len >= 5 && memcmp(line, "From ", 5) == 0;
}

static bool
is_month(const char *word, size_t n)
{
	for (size_t i = 0; i < DATE_MONTHS; i++)
		if (text_equal_n(word, n, date_months[i]))
			return true;
	return false;
}

/* 9:05, 09:05 or 09:05:30. */
static bool
is_time(const char *word, size_t n)
{
	size_t digits = 0, colons = 0;

	for (size_t i = 0; i < n; i++) {
		digits += word[i] >= '0' && word[i] <= '9';
		colons += word[i] == ':';
	}
	return (colons == 1 || colons == 2) && digits + colons == n && digits > 2 * colons &&
	       digits <= 2 * colons + 2;
}

bool
mbox_has_date(const char *line, size_t n)
{
	bool has_month = false, has_day = false, has_time = false, has_year = false;

	for (size_t at = 0, len; at < n; at += len + 1) {
		uint64_t number;

		for (len = 0; at + len < n && !strchr(" \t\r\n,-/", line[at + len]);)
			len++;
		has_month |= is_month(line + at, len);
		has_time |= is_time(line + at, len);
		if (len == 0 || !text_number_n(line + at, len, 9999, &number))
			continue;
		has_day |= len <= 2 && number >= 1 && number <= 31;
		has_year |= len == 4 && number >= 1970;
	}
	return has_month && has_day && has_time && has_year;
}

/* Reads the current line, and after a From_ line the next one too: no more, because a pipe may be
 * silent for long after them. */
static bool
is_enough(const struct mbox *m)
{
	const char *line = m->bytes + m->at;
	const size_t len = m->end - m->at;
	const char *lf = memchr(line, '\n', len);

	if (len >= AHEAD || m->is_ended)
		return true;
	if (!lf)
		return false;
	return !is_from_line(line, len) || memchr(lf + 1, '\n', len - (size_t)(lf + 1 - line));
}

static bool
look_ahead(struct mbox *m, struct err *e)
{
	if (is_enough(m))
		return true;
	memmove(m->bytes, m->bytes + m->at, m->end - m->at);
	m->end -= m->at;
	m->at = 0;
	while (!is_enough(m)) {
		size_t got;

		if (!spool_read(m->fd, m->bytes + m->end, BLOCK - m->end, &got, e))
			return false;
		m->end += got;
		m->is_ended = got == 0;
	}
	return true;
}

/* Does a message begin here? */
static bool
is_start(const struct mbox *m)
{
	const char *line = m->bytes + m->at;
	const size_t len = m->end - m->at;
	const char *lf = memchr(line, '\n', len);
	struct header_field field;
	size_t at;

	if (!lf || !is_from_line(line, len))
		return false;
	at = (size_t)(lf + 1 - line);
	if (m->has_dates)
		return mbox_has_date(line, at);
	return header_next(line, len, &at, &field) && field.name_len > 0;
}

/* The length of the current line, or of its part that has come; with its end. */
static size_t
line_length(const struct mbox *m)
{
	const char *line = m->bytes + m->at;
	const char *lf = memchr(line, '\n', m->end - m->at);

	return lf ? (size_t)(lf + 1 - line) : m->end - m->at;
}

/* However many CRs programs have put before the LF. */
static bool
is_empty_line(const char *line, size_t len)
{
	size_t crs = 0;

	while (crs < len && line[crs] == '\r')
		crs++;
	return crs + 1 == len && line[crs] == '\n';
}

static bool
is_quoted(const char *line, size_t len)
{
	size_t quotes = 0;

	while (quotes < len && line[quotes] == '>')
		quotes++;
	return quotes > 0 && is_from_line(line + quotes, len - quotes);
}

static bool
write_out(struct mbox *m, int to, size_t if_more_than, struct err *e)
{
	if (m->message.len <= if_more_than)
		return true;
	if (!spool_write(to, m->message.data, m->message.len, e))
		return false;
	buf_clear(&m->message);
	return true;
}

/*
 * A From_ line with a date that has no empty line before it may be text, or the border of a program
 * that writes no empty lines. Recipients named after it speak for a border: then nobody knows who
 * may read which part.
 */
static void
look_for_header(struct mbox *m, const char *line, size_t len)
{
	struct header_field field;
	size_t at = 0;

	if (is_from_line(line, len)) {
		m->is_after_from |= m->has_lines && mbox_has_date(line, len);
		return;
	}
	m->has_lines = true;
	if (!m->is_after_from || text_is_wsp(line[0]))
		return;
	m->is_after_from = header_next(line, len, &at, &field) && field.name_len > 0;
	m->has_two_headers |= m->is_after_from && header_names_recipients(&field);
}

/* The line at hand to its end, however long it is. */
static bool
take_line(struct mbox *m, int to, struct err *e)
{
	bool is_whole;

	look_for_header(m, m->bytes + m->at, line_length(m));
	if (is_quoted(m->bytes + m->at, line_length(m)))
		m->at++;
	do {
		const size_t len = line_length(m);

		is_whole = len == 0 || m->bytes[m->at + len - 1] == '\n';
		buf_add(&m->message, m->bytes + m->at, len);
		m->at += len;
		if (!write_out(m, to, BLOCK, e) || !look_ahead(m, e))
			return false;
	} while (!is_whole);
	return true;
}

/* All lines up to the next message. An empty line is held back until it is known whose it is. */
static bool
take_message(struct mbox *m, int to, struct err *e)
{
	const char *held = NULL;

	buf_clear(&m->message);
	m->has_lines = m->is_after_from = m->has_two_headers = false;
	while (m->at < m->end && !(held && is_start(m))) {
		const char *line = m->bytes + m->at;
		const size_t len = line_length(m);
		const bool is_empty = is_empty_line(line, len);

		if (held)
			buf_add_str(&m->message, held);
		held = !is_empty ? NULL : len == 1 ? "\n" : "\r\n";
		if (is_empty) {
			m->at += len;
			m->is_after_from = false;
		}
		if (!(is_empty ? look_ahead(m, e) : take_line(m, to, e)))
			return false;
	}
	return write_out(m, to, 0, e);
}

static bool
pass_empty_lines(struct mbox *m, struct err *e)
{
	if (m->end - m->at >= 3 && memcmp(m->bytes + m->at, "\xef\xbb\xbf", 3) == 0)
		m->at += 3;
	while (m->at < m->end && is_empty_line(m->bytes + m->at, line_length(m))) {
		m->at += line_length(m);
		if (!look_ahead(m, e))
			return false;
	}
	return true;
}

static bool
find_start(struct mbox *m, struct err *e)
{
	if (!look_ahead(m, e) || (!m->has_begun && !pass_empty_lines(m, e)))
		return false;
	if (m->at < m->end && !m->has_begun && !is_from_line(m->bytes + m->at, m->end - m->at)) {
		err_set(e, ERR_MALFORMED,
			"this is not an mbox: it does not begin with a From_ line");
		return err_hint(e, "a single message goes without --mbox");
	}
	if (!m->has_begun)
		m->has_dates = mbox_has_date(m->bytes + m->at, line_length(m));
	m->has_begun = true;
	return m->at < m->end;
}

static bool
pass_line(struct mbox *m, struct err *e)
{
	for (bool is_whole = false; !is_whole;) {
		const size_t len = line_length(m);

		is_whole = len == 0 || m->bytes[m->at + len - 1] == '\n';
		m->at += len;
		if (!look_ahead(m, e))
			return false;
	}
	return true;
}

/* A message must have one header only, or its recipients are not known. */
static bool
check_header(const struct mbox *m, struct err *e)
{
	if (!m->has_two_headers)
		return true;
	err_set(e, ERR_MALFORMED,
		"a From_ line without an empty line before it, but with recipients after it: is it "
		"another message?");
	return err_hint(e, "put an empty line before that line, or > if it is text");
}

bool
mbox_goes_on(const struct mbox *m)
{
	return m->has_two_headers;
}

int
mbox_next(struct mbox *m, struct err *e)
{
	int fd;

	*e = (struct err){0};
	m->has_two_headers = false;
	if (!find_start(m, e))
		return -1;
	fd = spool_open(e);
	if (fd < 0)
		return -1;
	if (pass_line(m, e) && take_message(m, fd, e) && check_header(m, e) &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (e->code == ERR_NONE)
		err_set_errno(e, ERR_IO, "cannot keep the message");
	close(fd);
	return -1;
}
