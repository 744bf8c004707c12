/* SPDX-License-Identifier: ISC */
#include "message/sent_header.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h> /* getentropy(), but for macOS */
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/date.h"
#include "message/eol.h"
#include "message/header.h"

/* RFC 5322 section 3.3, in English whatever the locale. */
static void
add_date(struct buf *to)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	const time_t now = time(NULL);
	struct tm tm;
	long offset;

	localtime_r(&now, &tm);
	offset = tm.tm_gmtoff / 60;
	buf_addf(to, "Date: %s, %d %s %d %02d:%02d:%02d %c%02ld%02ld\n", days[tm.tm_wday],
		 tm.tm_mday, date_months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		 tm.tm_sec, offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
}

static bool
add_message_id(struct buf *to, const char *domain, struct err *e)
{
	unsigned char random[16];
	char hex[2 * sizeof random + 1];

	if (getentropy(random, sizeof random) != 0)
		return err_set_errno(e, ERR_IO, "no random numbers");
	text_hex(hex, random, sizeof random);
	buf_addf(to, "Message-ID: <%s@%s>\n", hex, domain);
	return true;
}

/* An empty field is as good as missing; RFC 5322 knows no such Date or Message-ID. */
static bool
is_empty(const struct header_field *field)
{
	return !eol_has_content(field->body, field->body_len);
}

static bool
is_bcc(const struct header_field *field)
{
	return header_is(field, "Bcc") || header_is(field, "Resent-Bcc");
}

/* Fields that are required, or that may occur only once. */
enum { FROM, SENDER, DATE, MESSAGE_ID, COUNTED };

static const char *const counted[COUNTED] = {"From", "Sender", "Date", "Message-ID"};

static bool
is_left_out(const struct header_field *field)
{
	for (size_t i = 0; i < COUNTED; i++)
		if (header_is(field, counted[i]))
			return is_empty(field);
	return false;
}

static void
hide(struct sent_header *h, const struct header_field *field)
{
	h->hidden = mem_room(h->hidden, h->hidden_count, sizeof *h->hidden);
	h->hidden[h->hidden_count++] =
	    (struct hidden_field){.at = h->bytes.len,
				  .start = (size_t)(field->start - h->original->data),
				  .len = field->len};
}

/* A bare CR may not meet the LF of the empty line that follows: they would be one line end. */
static void
end_line(struct buf *b)
{
	if (b->len > 0 && b->data[b->len - 1] != '\n')
		buf_add_char(b, '\n');
}

static bool
copy_fields(struct sent_header *h, const struct header_defaults *d, struct err *e)
{
	struct header_field field;

	for (size_t at = 0; header_next(h->original->data, h->original->len, &at, &field);) {
		if (is_bcc(&field)) {
			hide(h, &field);
			continue;
		}
		if (is_left_out(&field))
			continue;
		if (!header_is(&field, "From"))
			buf_add(&h->bytes, field.start, field.len);
		else if (!from_field_copy(&h->bytes, &field, &d->from, e))
			return false;
		end_line(&h->bytes);
	}
	return true;
}

static void
count_fields(const struct sent_header *h, int count[static COUNTED])
{
	struct header_field field;
	size_t at = 0;

	while (header_next(h->original->data, h->original->len, &at, &field))
		for (size_t i = 0; i < COUNTED; i++)
			count[i] += header_is(&field, counted[i]) && !is_empty(&field);
}

static bool
build_header(struct sent_header *h, const struct header_defaults *d,
	     const int count[static COUNTED], struct err *e)
{
	buf_clear(&h->bytes);
	h->hidden_count = 0;
	if (!copy_fields(h, d, e))
		return false;
	if (count[FROM] == 0 && !from_field_add(&h->bytes, &d->from, e))
		return false;
	if (count[DATE] == 0)
		add_date(&h->bytes);
	if (count[MESSAGE_ID] == 0 && !add_message_id(&h->bytes, d->domain, e))
		return false;
	buf_add_char(&h->bytes, '\n');
	return true;
}

static bool
check_once(const int count[static COUNTED], struct err *e)
{
	for (size_t i = FROM; i <= SENDER; i++)
		if (count[i] > 1)
			return err_set(e, ERR_MALFORMED, "the message has %d %s fields", count[i],
				       counted[i]);
	return true;
}

static bool
check_lines(const struct buf *header, struct err *e)
{
	const char *line = header->data, *end = header->data + header->len;

	while (line < end) {
		size_t len = 0;

		while (line + len < end && line[len] != '\n' && line[len] != '\r')
			len++;
		if (len > SENT_HEADER_LINE_MAX)
			return err_set(e, ERR_MALFORMED,
				       "a line of the header, '%.40s...', has %zu bytes, more "
				       "than %d",
				       line, len, SENT_HEADER_LINE_MAX);
		line += len + 1;
	}
	return true;
}

bool
sent_header_make(struct sent_header *h, const struct buf *original, const struct header_defaults *d,
		 struct err *e)
{
	int count[COUNTED] = {0};

	h->original = original;
	count_fields(h, count);
	return check_once(count, e) && build_header(h, d, count, e) && check_lines(&h->bytes, e);
}

void
sent_header_add_hidden(const struct sent_header *h, struct buf *to)
{
	size_t at = 0;

	if (h->bytes.len == 0)
		return;
	for (size_t i = 0; i < h->hidden_count; i++) {
		const struct hidden_field *hidden = &h->hidden[i];

		buf_add(to, h->bytes.data + at, hidden->at - at);
		buf_add(to, h->original->data + hidden->start, hidden->len);
		end_line(to);
		at = hidden->at;
	}
	/* the last byte is the empty line */
	buf_add(to, h->bytes.data + at, h->bytes.len - at - 1);
	buf_add(to, h->inherited.data, h->inherited.len);
	buf_add_char(to, '\n');
}

void
sent_header_inherit(struct sent_header *h, const struct sent_header *from)
{
	for (size_t i = 0; i < from->hidden_count; i++) {
		buf_add(&h->inherited, from->original->data + from->hidden[i].start,
			from->hidden[i].len);
		end_line(&h->inherited);
	}
}

void
sent_header_free(struct sent_header *h)
{
	buf_free(&h->bytes);
	buf_free(&h->inherited);
	free(h->hidden);
	*h = (struct sent_header){0};
}
