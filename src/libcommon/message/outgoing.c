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
#include "message/address.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "message/source.h"

enum {
	BLOCK = 64 * 1024,
	HEADER_PIECE = 4000, /* most headers are shorter */
	LINE_WANTED = 78     /* RFC 5322 section 2.1.1 */
};

struct outgoing {
	struct source *source;
	struct buf original;  /* the header as it came, with the empty line */
	struct buf header;    /* the header as it goes */
	uint64_t start;       /* in the source: behind the From_ line of an mbox */
	uint64_t body_offset; /* in the source */
	struct outgoing_facts facts;
	char *block; /* of BLOCK bytes */
};

/* The message begins behind the From_ line of an mbox, which a text that begins with "From " is
 * told from by the field that follows. */
static void
skip_from_line(struct outgoing *o)
{
	const char *bytes = o->original.data;
	const char *end = memchr(bytes, '\n', o->original.len);
	const size_t len = end ? (size_t)(end + 1 - bytes) : 0;
	struct header_field field;
	size_t at = len;

	if (!text_starts(bytes, o->original.len, "From ") || len == 0 ||
	    !header_next(bytes, o->original.len, &at, &field) || field.name_len == 0)
		return;
	o->start = len;
	buf_drop(&o->original, len);
}

/* Is there a line among the fields that is none? Then FIELD is what it begins, and *AT is behind
 * it. What still may grow is not judged. */
static bool
find_stray(const struct outgoing *o, bool may_grow, size_t *at, struct header_field *field)
{
	*at = 0;
	while (header_next(o->original.data, o->original.len, at, field))
		if (field->name_len == 0)
			return !may_grow || *at < o->original.len;
	return false;
}

/* Reads until the header has ended, or the message has. */
static bool
read_lines(struct outgoing *o, struct err *e)
{
	struct header_field stray;
	size_t piece, got, at, end = 0;

	do {
		if (o->original.len > OUTGOING_HEADER_MAX)
			return err_set(e, ERR_MALFORMED, "the header is longer than 1 MiB");
		piece = o->original.len == 0 ? HEADER_PIECE : BLOCK;
		if (!source_read(o->source, o->start + o->original.len,
				 buf_reserve(&o->original, piece), piece, &got, e))
			return false;
		o->original.len += got;
		if (o->original.len == got)
			skip_from_line(o);
		end = header_end(o->original.data, o->original.len);
	} while (got > 0 && end == 0 && !find_stray(o, true, &at, &stray));
	if (end > 0)
		o->original.len = end;
	return true;
}

static bool
names_recipients(const struct header_field *field)
{
	static const char *const names[] = {"To",        "Cc",        "Bcc",
					    "Resent-To", "Resent-Cc", "Resent-Bcc"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (header_is(field, names[i]))
			return true;
	return false;
}

/* The body begins at a line that is no field; where that is the first (`date | msend bob`), all of
 * it is body. But where it stands within a header, of which more follows, that would lose
 * recipients and show the hidden ones. */
static bool
end_at_stray(struct outgoing *o, struct err *e)
{
	struct header_field stray, field;
	size_t at;

	if (!find_stray(o, false, &at, &stray))
		return true;
	while (stray.start > o->original.data &&
	       header_next(o->original.data, o->original.len, &at, &field))
		if (names_recipients(&field)) {
			err_set(e, ERR_MALFORMED,
				"'%.*s' stands within the header and is no field of it",
				stray.body_len < 40 ? (int)stray.body_len : 40, stray.body);
			return err_hint(e, "an empty line ends the header");
		}
	o->original.len = (size_t)(stray.start - o->original.data);
	return true;
}

static bool
read_header(struct outgoing *o, struct err *e)
{
	if (!read_lines(o, e))
		return false;
	if (o->original.len == 0)
		return err_set(e, ERR_MALFORMED, "the message is empty");
	if (!end_at_stray(o, e))
		return false;
	o->body_offset = o->start + o->original.len;
	return true;
}

static struct outgoing *
new_outgoing(struct source *s)
{
	struct outgoing *o = mem_alloc(sizeof *o);

	o->source = s;
	o->block = mem_grow(NULL, BLOCK, 1);
	return o;
}

struct outgoing *
outgoing_open(struct source *s, struct err *e)
{
	struct outgoing *o = new_outgoing(s);

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
	free(o->block);
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
	char hex[2 * sizeof random + 1];

	if (getentropy(random, sizeof random) != 0)
		return err_set_errno(e, ERR_IO, "no random numbers");
	text_hex(hex, random, sizeof random);
	buf_addf(to, "Message-ID: <%s@%s>\n", hex, domain);
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

/* No name breaks out of its line. */
static bool
is_text(const char *name)
{
	struct buf shown = {0};
	bool same;

	text_printable(&shown, name, strlen(name));
	same = shown.len == strlen(name);
	buf_free(&shown);
	return same;
}

static size_t
last_line_len(const struct buf *b)
{
	size_t len = 0;

	while (len < b->len && b->data[b->len - 1 - len] != '\n')
		len++;
	return len;
}

/* "From: NAME <ADDRESS>", the name so that it needs no more than the oldest server can do. */
static void
add_named_from(struct buf *to, const char *name, const char *address)
{
	buf_add_str(to, "From: ");
	if (has_8bit(name, strlen(name)))
		encoded_word_encode(to, name);
	else if (is_plain_phrase(name))
		buf_add_str(to, name);
	else
		add_quoted(to, name);
	if (last_line_len(to) + strlen(address) + 3 > LINE_WANTED)
		buf_add_char(to, '\n');
	buf_addf(to, " <%s>\n", address);
}

static bool
add_from(struct buf *to, const struct outgoing_defaults *d, struct err *e)
{
	if (!d->from)
		return err_set(e, ERR_MALFORMED,
			       "the message has no From, and the account no address to put there");
	if (d->full_name && !is_text(d->full_name))
		return err_set(e, ERR_CONFIG,
			       "the full name is not UTF-8 or has control characters in it");
	if (d->full_name)
		add_named_from(to, d->full_name, d->from);
	else
		buf_addf(to, "From: %s\n", d->from);
	return true;
}

/* What a From says. */
struct author {
	char *name;
	bool is_local;
	bool is_same; /* as the address it would get */
	size_t count;
	const char *instead;
};

static bool
take_author(void *ctx, const struct address *a, struct err *e)
{
	struct author *author = ctx;

	(void)e;
	if (author->count++ > 0)
		return true;
	author->name = mem_strdup(a->name);
	author->is_local = !address_domain(a->addr);
	author->is_same = address_equal(a->addr, author->instead);
	return true;
}

/* The field as it stands, or with the account's address: then who sends without a name is still
 * told by what the field said, "root (Cron Daemon)". */
static void
copy_from(struct outgoing *o, const struct header_field *field, const struct outgoing_defaults *d)
{
	struct author author = {.instead = d->from ? d->from : ""};
	struct buf text = {0};
	const char *name;
	struct err unused;
	const bool known =
	    address_list(field->body, field->body_len, take_author, &author, &unused);
	const bool rewrite =
	    d->from && !author.is_same &&
	    (d->rewrite == REWRITE_ALWAYS ||
	     (d->rewrite == REWRITE_LOCAL && known && author.count == 1 && author.is_local));

	header_unfold(&text, field);
	name = author.name && author.name[0] ? author.name : text.data;
	if (!rewrite)
		buf_add(&o->header, field->start, field->len);
	else if (is_text(name))
		add_named_from(&o->header, name, d->from);
	else
		buf_addf(&o->header, "From: %s\n", d->from);
	free(author.name);
	buf_free(&text);
}

static bool
is_bcc(const struct header_field *field)
{
	return header_is(field, "Bcc") || header_is(field, "Resent-Bcc");
}

/* Where the fields end and the empty line begins. */
static size_t
copy_fields(struct outgoing *o, const struct outgoing_defaults *d)
{
	struct header_field field;
	size_t at = 0;

	while (header_next(o->original.data, o->original.len, &at, &field))
		if (header_is(&field, "From"))
			copy_from(o, &field, d);
		else if (!is_bcc(&field))
			buf_add(&o->header, field.start, field.len);
	return at;
}

static void
end_line(struct buf *b)
{
	if (b->len > 0 && b->data[b->len - 1] != '\n' && b->data[b->len - 1] != '\r')
		buf_add_char(b, '\n');
}

/* Fields that there must be, or of which there is one at most. */
enum { FROM, SENDER, DATE, MESSAGE_ID, COUNTED };

static const char *const counted[COUNTED] = {"From", "Sender", "Date", "Message-ID"};

static void
count_fields(const struct outgoing *o, int count[static COUNTED])
{
	struct header_field field;
	size_t at = 0;

	while (header_next(o->original.data, o->original.len, &at, &field))
		for (size_t i = 0; i < COUNTED; i++)
			count[i] += header_is(&field, counted[i]);
}

static bool
build_header(struct outgoing *o, const struct outgoing_defaults *d, const int count[static COUNTED],
	     struct err *e)
{
	buf_clear(&o->header);
	copy_fields(o, d);
	end_line(&o->header);
	if (count[FROM] == 0 && !add_from(&o->header, d, e))
		return false;
	if (count[DATE] == 0)
		add_date(&o->header);
	if (count[MESSAGE_ID] == 0 && !add_message_id(&o->header, d->domain, e))
		return false;
	buf_add_char(&o->header, '\n');
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
		if (len > OUTGOING_LINE_MAX)
			return err_set(e, ERR_MALFORMED,
				       "a line of the header, '%.40s...', has %zu bytes, more "
				       "than %d",
				       line, len, OUTGOING_LINE_MAX);
		line += len + 1;
	}
	return true;
}

static bool
put_in_order(struct outgoing *o, const struct outgoing_defaults *d, struct err *e)
{
	int count[COUNTED] = {0};

	count_fields(o, count);
	return check_once(count, e) && build_header(o, d, count, e) && check_lines(&o->header, e);
}

/* All of it is read once before anything is sent. */
static bool
survey(struct outgoing *o, bool *has_nul, struct err *e)
{
	struct eol_survey s = {0};
	uint64_t offset = o->body_offset;
	size_t got;

	eol_survey(&s, o->header.data, o->header.len);
	do {
		if (!source_read(o->source, offset, o->block, BLOCK, &got, e))
			return false;
		eol_survey(&s, o->block, got);
		offset += got;
	} while (got > 0);
	eol_survey_end(&s);
	o->facts =
	    (struct outgoing_facts){.size = s.octets,
				    .header_has_8bit = has_8bit(o->header.data, o->header.len),
				    .body_has_8bit = s.has_8bit};
	*has_nul = s.has_nul;
	return true;
}

bool
outgoing_prepare(struct outgoing *o, const struct outgoing_defaults *d, struct err *e)
{
	bool has_nul;

	if (!put_in_order(o, d, e) || !survey(o, &has_nul, e))
		return false;
	return !has_nul ||
	       err_set(e, ERR_MALFORMED, "the message has a NUL byte, which mail cannot carry");
}

struct outgoing *
outgoing_open_as_is(struct source *s, struct err *e)
{
	struct outgoing *o = new_outgoing(s);
	bool has_nul;

	if (survey(o, &has_nul, e))
		return o;
	outgoing_free(o);
	return NULL;
}

const struct outgoing_facts *
outgoing_facts(const struct outgoing *o)
{
	return &o->facts;
}

/*
 * As many octets as were measured, and announced to the server: were there more, it would take them
 * for commands, were there less, commands for the message. So the last one is held back until it is
 * known to be the last, and without it there is no message.
 */
struct measured {
	eol_put put;
	void *ctx;
	uint64_t left;
	char last;
	bool has_changed;
};

static bool
put_measured(void *ctx, const char *bytes, size_t n)
{
	struct measured *m = ctx;

	m->has_changed |= n > m->left;
	if (m->has_changed || n == 0)
		return !m->has_changed;
	m->left -= n;
	if (m->left > 0)
		return m->put(m->ctx, bytes, n);
	m->last = bytes[n - 1];
	return n == 1 || m->put(m->ctx, bytes, n - 1);
}

static bool
put_last(struct measured *m, uint64_t size)
{
	m->has_changed |= m->left > 0;
	return !m->has_changed && (size == 0 || m->put(m->ctx, &m->last, 1));
}

static bool
pour(struct outgoing *o, bool dots, eol_put put, void *ctx, struct err *e)
{
	struct eol_to_crlf filter = {.dots = dots};
	uint64_t offset = o->body_offset;
	size_t got;

	if (!eol_to_crlf(&filter, o->header.data, o->header.len, put, ctx))
		return false;
	do {
		if (!source_read(o->source, offset, o->block, BLOCK, &got, e) ||
		    !eol_to_crlf(&filter, o->block, got, put, ctx))
			return false;
		offset += got;
	} while (got > 0);
	return eol_to_crlf_end(&filter, put, ctx);
}

bool
outgoing_pour(struct outgoing *o, bool dots, eol_put put, void *ctx, struct err *e)
{
	struct measured m = {.put = put, .ctx = ctx, .left = o->facts.size};

	if (dots)
		return pour(o, true, put, ctx, e);
	if (pour(o, false, put_measured, &m, e) && put_last(&m, o->facts.size))
		return true;
	return m.has_changed && err_set(e, ERR_IO, "the message changed while it was sent");
}
