/* SPDX-License-Identifier: ISC */
#include "message/outgoing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "message/source.h"

enum { BLOCK = 64 * 1024, LINE_WANTED = 78 /* RFC 5322 section 2.1.1 */ };

struct outgoing {
	struct source *source;
	struct buf original;  /* the header as it came, with the empty line */
	struct buf header;    /* the header as it goes */
	uint64_t body_offset; /* in the source */
	struct outgoing_facts facts;
	char block[BLOCK];
};

/* Does it begin with what is no field (`date | msend bob`)? Then all of it is body. A line of an
 * mbox, "From ", is not: behind it there is a header. */
static bool
is_text_only(const struct outgoing *o)
{
	struct header_field first;
	size_t at = 0;

	return header_next(o->original.data, o->original.len, &at, &first) && first.name_len == 0 &&
	       !text_starts(first.start, first.len, "From ");
}

/* Reads until the header has ended, or the message has. */
static bool
read_header(struct outgoing *o, struct err *e)
{
	size_t got, end = 0;

	do {
		if (o->original.len > OUTGOING_HEADER_MAX)
			return err_set(e, ERR_MALFORMED, "the header is longer than 1 MiB");
		if (!source_read(o->source, o->original.len, buf_reserve(&o->original, BLOCK),
				 BLOCK, &got, e))
			return false;
		o->original.len += got;
		end = header_end(o->original.data, o->original.len);
	} while (got > 0 && end == 0);
	if (o->original.len == 0)
		return err_set(e, ERR_MALFORMED, "the message is empty");
	if (is_text_only(o))
		o->original.len = 0;
	else if (end > 0)
		o->original.len = end;
	o->body_offset = o->original.len;
	return true;
}

struct outgoing *
outgoing_open(struct source *s, struct err *e)
{
	struct outgoing *o = mem_alloc(sizeof *o);

	o->source = s;
	if (read_header(o, e))
		return o;
	outgoing_free(o);
	return NULL;
}

void
outgoing_free(struct outgoing *o)
{
	if (!o)
		return;
	buf_free(&o->original);
	buf_free(&o->header);
	free(o);
}

const char *
outgoing_header(const struct outgoing *o, size_t *n)
{
	*n = o->original.len;
	return o->original.data;
}

/* RFC 5322 section 3.3, in English whatever the locale. */
static void
add_date(struct buf *to)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t now = time(NULL);
	struct tm tm;
	long offset;

	localtime_r(&now, &tm);
	offset = tm.tm_gmtoff / 60;
	buf_addf(to, "Date: %s, %d %s %d %02d:%02d:%02d %c%02ld%02ld\n", days[tm.tm_wday],
		 tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
}

static bool
add_message_id(struct buf *to, const char *domain, struct err *e)
{
	unsigned char random[16];

	if (getentropy(random, sizeof random) != 0)
		return err_set_errno(e, ERR_IO, "no random numbers");
	buf_add_str(to, "Message-ID: <");
	for (size_t i = 0; i < sizeof random; i++)
		buf_addf(to, "%02x", random[i]);
	buf_addf(to, "@%s>\n", domain);
	return true;
}

static bool
has_8bit(const char *bytes, size_t n)
{
	unsigned char all = 0;

	for (size_t i = 0; i < n; i++)
		all |= (unsigned char)bytes[i];
	return all >= 0x80;
}

static bool
is_plain_phrase(const char *name)
{
	for (const char *p = name; *p; p++)
		if (strchr("()<>[]:;@\\,.\"", *p))
			return false;
	return true;
}

static void
add_quoted(struct buf *to, const char *name)
{
	buf_add_char(to, '"');
	for (const char *p = name; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_add_char(to, '\\');
		buf_add_char(to, *p);
	}
	buf_add_char(to, '"');
}

/* No name breaks out of its line, or needs more than the oldest server can do. */
static bool
add_phrase(struct buf *to, const char *name, struct err *e)
{
	struct buf shown = {0};
	bool is_text;

	text_printable(&shown, name, strlen(name));
	is_text = shown.len == strlen(name);
	buf_free(&shown);
	if (!is_text)
		return err_set(e, ERR_CONFIG,
			       "the full name is not UTF-8 or has control characters in it");
	if (has_8bit(name, strlen(name)))
		encoded_word_encode(to, name);
	else if (is_plain_phrase(name))
		buf_add_str(to, name);
	else
		add_quoted(to, name);
	return true;
}

static size_t
last_line_len(const struct buf *b)
{
	size_t len = 0;

	while (len < b->len && b->data[b->len - 1 - len] != '\n')
		len++;
	return len;
}

static bool
add_from(struct buf *to, const struct outgoing_defaults *d, struct err *e)
{
	if (!d->from)
		return err_set(e, ERR_MALFORMED,
			       "the message has no From, and the account no address to put there");
	if (!d->full_name) {
		buf_addf(to, "From: %s\n", d->from);
		return true;
	}
	buf_add_str(to, "From: ");
	if (!add_phrase(to, d->full_name, e))
		return false;
	if (last_line_len(to) + strlen(d->from) + 3 > LINE_WANTED)
		buf_add_char(to, '\n');
	buf_addf(to, " <%s>\n", d->from);
	return true;
}

static bool
is_bcc(const struct header_field *field)
{
	return header_is(field, "Bcc") || header_is(field, "Resent-Bcc");
}

/* Where the fields end and the empty line begins. */
static size_t
copy_fields(struct outgoing *o)
{
	struct header_field field;
	size_t at = 0;

	while (header_next(o->original.data, o->original.len, &at, &field))
		if (!is_bcc(&field))
			buf_add(&o->header, field.start, field.len);
	return at;
}

static bool
lacks(const struct outgoing *o, const char *name)
{
	struct header_field field;

	return !header_find(o->original.data, o->original.len, name, &field);
}

static void
end_line(struct buf *b)
{
	if (b->len > 0 && b->data[b->len - 1] != '\n' && b->data[b->len - 1] != '\r')
		buf_add_char(b, '\n');
}

static bool
build_header(struct outgoing *o, const struct outgoing_defaults *d, struct err *e)
{
	buf_clear(&o->header);
	copy_fields(o);
	end_line(&o->header);
	if (lacks(o, "From") && !add_from(&o->header, d, e))
		return false;
	if (lacks(o, "Date"))
		add_date(&o->header);
	if (lacks(o, "Message-ID") && !add_message_id(&o->header, d->domain, e))
		return false;
	buf_add_char(&o->header, '\n');
	return true;
}

static bool
count(void *ctx, const char *bytes, size_t n)
{
	struct outgoing *o = ctx;

	o->facts.size += n;
	if (!o->facts.body_has_8bit)
		o->facts.body_has_8bit = has_8bit(bytes, n);
	return true;
}

bool
outgoing_prepare(struct outgoing *o, const struct outgoing_defaults *d, struct err *e)
{
	if (!build_header(o, d, e))
		return false;
	o->facts =
	    (struct outgoing_facts){.header_has_8bit = has_8bit(o->header.data, o->header.len)};
	return outgoing_pour(o, false, count, o, e);
}

const struct outgoing_facts *
outgoing_facts(const struct outgoing *o)
{
	return &o->facts;
}

bool
outgoing_pour(struct outgoing *o, bool dots, eol_put put, void *ctx, struct err *e)
{
	struct eol_to_crlf filter = {.dots = dots};
	uint64_t offset = o->body_offset;
	size_t got;

	if (!eol_to_crlf(&filter, o->header.data, o->header.len, put, ctx))
		return false;
	do {
		if (!source_read(o->source, offset, o->block, sizeof o->block, &got, e) ||
		    !eol_to_crlf(&filter, o->block, got, put, ctx))
			return false;
		offset += got;
	} while (got > 0);
	return eol_to_crlf_end(&filter, put, ctx);
}
