/* SPDX-License-Identifier: ISC */
#include "message/outgoing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h> /* getentropy(), but for macOS */
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address.h"
#include "message/address_list.h"
#include "message/author.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "message/mbox.h"
#include "message/seven_bit.h"
#include "message/source.h"

enum {
	BLOCK = 64 * 1024,
	HEADER_PIECE = 4000, /* most headers are shorter */
	LINE_WANTED = 78     /* RFC 5322 section 2.1.1 */
};

/* A field of the original header that is not sent. */
struct hidden {
	size_t at;         /* its place in the header that is sent */
	size_t start, len; /* in the original */
};

struct outgoing {
	struct source *source;
	struct buf original; /* the header as it came, with the empty line */
	struct buf header;   /* the header as it goes */
	struct hidden *hidden;
	size_t hidden_count;
	struct buf inherited; /* Bcc fields of another one */
	uint64_t start;       /* in the source: after the From_ line of an mbox */
	uint64_t body_offset; /* in the source */
	struct outgoing_facts facts;
	struct seven_bit *seven; /* encodes what goes out; NULL: it goes as it is */
	char *block;             /* of BLOCK bytes */
};

/* `From ` is the first line of a message in an mbox, `>From ` what some mailers made of one that was
 * there already. */
static bool
is_from_line(const struct header_field *field)
{
	const bool is_quoted = field->len > 0 && field->start[0] == '>';

	return field->name_len == 0 &&
	       text_starts(field->start + is_quoted, field->len - is_quoted, "From ");
}

/* Drops the first N bytes of the message, which are none of its header. */
static void
drop_start(struct outgoing *o, size_t n)
{
	o->start += n;
	buf_drop(&o->original, n);
}

/* Is the line at *AT a From_ line of an mbox? A text that begins with "From " has no date in that
 * line, and no field after it. */
static bool
read_from_line(const struct outgoing *o, size_t *at)
{
	struct header_field field, next;
	size_t after;

	if (!header_next(o->original.data, o->original.len, at, &field) || !is_from_line(&field))
		return false;
	after = *at;
	return mbox_has_date(field.start, field.len) ||
	       (header_next(o->original.data, o->original.len, &after, &next) &&
		(next.name_len > 0 || is_from_line(&next)));
}

static void
skip_from_lines(struct outgoing *o)
{
	size_t start = 0;

	for (size_t at = 0; read_from_line(o, &at);)
		start = at;
	drop_start(o, start);
}

/* Editors of other systems begin a file with a byte order mark. */
static void
skip_bom(struct outgoing *o)
{
	static const char bom[] = {'\xef', '\xbb', '\xbf'};

	if (o->original.len >= sizeof bom && memcmp(o->original.data, bom, sizeof bom) == 0)
		drop_start(o, sizeof bom);
}

/* Is there a line among the fields that is none? Then FIELD is what it begins, and *AT is after
 * it. */
static bool
find_stray(const struct outgoing *o, size_t *at, struct header_field *field)
{
	*at = 0;
	while (header_next(o->original.data, o->original.len, at, field))
		if (field->name_len == 0)
			return true;
	return false;
}

/* A text without an empty line is not a header, however long it is. */
static bool
check_length(const struct outgoing *o, struct err *e)
{
	struct header_field stray;
	size_t at;

	return find_stray(o, &at, &stray) ||
	       err_set(e, ERR_MALFORMED, "the header is longer than 1 MiB");
}

/* Reads until the header has ended, or the message has. Fields that follow a line which is none are
 * read too: end_at_stray() looks at them. */
static bool
read_lines(struct outgoing *o, struct err *e)
{
	size_t piece, got, end = 0;

	do {
		if (o->original.len > OUTGOING_HEADER_MAX)
			return check_length(o, e);
		piece = o->original.len == 0 ? HEADER_PIECE : BLOCK;
		if (!source_read(o->source, o->start + o->original.len,
				 buf_reserve(&o->original, piece), piece, &got, e))
			return false;
		o->original.len += got;
		if (o->original.len == got) {
			skip_bom(o);
			skip_from_lines(o);
		}
		end = header_end(o->original.data, o->original.len);
	} while (got > 0 && end == 0);
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

/* Does one of the fields from AT on name recipients? */
static bool
find_recipients(const char *bytes, size_t n, size_t at, struct header_field *field)
{
	while (header_next(bytes, n, &at, field))
		if (names_recipients(field))
			return true;
	return false;
}

/*
 * The body begins at a line that is not a field; if that is the first line (`date | msend bob`),
 * the whole text is body. But if fields for recipients follow it, it is an error within a header:
 * taking the rest as body would lose recipients and reveal the hidden ones.
 */
static bool
end_at_stray(struct outgoing *o, struct err *e)
{
	struct header_field stray, field;
	size_t at;

	if (!find_stray(o, &at, &stray))
		return true;
	if (find_recipients(o->original.data, o->original.len, at, &field)) {
		err_set(e, ERR_MALFORMED, "'%.*s' is not a header field, but '%.*s' follows it",
			stray.body_len < 40 ? (int)stray.body_len : 40, stray.body,
			(int)field.name_len, field.name);
		return err_hint(e, "an empty line ends the header");
	}
	o->original.len = (size_t)(stray.start - o->original.data);
	return true;
}

/* The same fault: empty lines, and then what looks like the header. */
static bool
check_empty_header(struct outgoing *o, struct err *e)
{
	char bytes[HEADER_PIECE];
	struct header_field field;
	size_t got, first, at = 0;

	if (header_next(o->original.data, o->original.len, &at, &field))
		return true;
	if (!source_read(o->source, o->start, bytes, sizeof bytes, &got, e))
		return false;
	while (at < got && (bytes[at] == '\r' || bytes[at] == '\n'))
		at++;
	first = at;
	if (!header_next(bytes, got, &first, &field) || field.name_len == 0 ||
	    !find_recipients(bytes, got, at, &field))
		return true;
	err_set(e, ERR_MALFORMED, "an empty line comes before the header");
	return err_hint(e, "remove that line");
}

static bool
read_header(struct outgoing *o, struct err *e)
{
	if (!read_lines(o, e))
		return false;
	if (o->original.len == 0)
		return err_set(e, ERR_MALFORMED, "the message is empty");
	if (!end_at_stray(o, e) || !check_empty_header(o, e))
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
	buf_free(&o->inherited);
	free(o->hidden);
	seven_bit_free(o->seven);
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
	if (text_has_8bit(name, strlen(name)))
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
	if (d->full_name && d->full_name[0] && !is_text(d->full_name))
		return err_set(e, ERR_CONFIG,
			       "the full name is not UTF-8 or has control characters in it");
	if (d->full_name && d->full_name[0])
		add_named_from(to, d->full_name, d->from);
	else
		buf_addf(to, "From: %s\n", d->from);
	return true;
}

/* Does the field get the account's address? */
static bool
is_rewritten(const struct author *author, bool is_readable, const struct outgoing_defaults *d)
{
	if (!d->from || (author->address && address_equal(author->address, d->from)))
		return false;
	return d->rewrite == REWRITE_ALWAYS ||
	       (d->rewrite == REWRITE_LOCAL && is_readable && author->count == 1 &&
		!address_domain(author->address));
}

/* The name for a field with the account's address: the field's own, else all that it says, "root
 * (Cron Daemon)". */
static void
add_rewritten_from(struct buf *to, const struct header_field *field, const struct author *author,
		   const char *from)
{
	struct buf text = {0};
	char *words = NULL;
	const char *name = author->name;

	header_unfold(&text, field);
	if (!name || !name[0])
		name = text.data[0] == '"' && address_words(field->body, field->body_len, &words)
			   ? words
			   : text.data;
	if (name[0] && is_text(name))
		add_named_from(to, name, from);
	else
		buf_addf(to, "From: %s\n", from);
	free(words);
	buf_free(&text);
}

/* The field as it came; or with the account's address, where it has no domain, or has no address
 * and is as good as missing: words in it are a name. Whether a field that cannot be read is in the
 * way was decided when the sender was. */
static bool
copy_from(struct outgoing *o, const struct header_field *field, const struct outgoing_defaults *d,
	  struct err *e)
{
	struct author author = {0};
	struct err unused; /* told when the sender was chosen */
	const bool is_readable = author_read(&author, field, &unused);
	const bool is_missing = is_readable && author.count == 0;
	bool ok = true;

	if (is_missing && author.name && author.name[0] && d->from && is_text(author.name))
		add_named_from(&o->header, author.name, d->from);
	else if (is_missing)
		ok = add_from(&o->header, d, e);
	else if (is_rewritten(&author, is_readable, d))
		add_rewritten_from(&o->header, field, &author, d->from);
	else
		buf_add(&o->header, field->start, field->len);
	author_free(&author);
	return ok;
}

/* An empty field is as good as missing; RFC 5322 knows no such Date or Message-ID. */
static bool
is_empty(const struct header_field *field)
{
	for (size_t i = 0; i < field->body_len; i++)
		if (!strchr(" \t\r\n", field->body[i]))
			return false;
	return true;
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
hide(struct outgoing *o, const struct header_field *field)
{
	o->hidden = mem_room(o->hidden, o->hidden_count, sizeof *o->hidden);
	o->hidden[o->hidden_count++] =
	    (struct hidden){.at = o->header.len,
			    .start = (size_t)(field->start - o->original.data),
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
copy_fields(struct outgoing *o, const struct outgoing_defaults *d, struct err *e)
{
	struct header_field field;

	for (size_t at = 0; header_next(o->original.data, o->original.len, &at, &field);) {
		if (is_bcc(&field)) {
			hide(o, &field);
			continue;
		}
		if (is_left_out(&field))
			continue;
		if (!header_is(&field, "From"))
			buf_add(&o->header, field.start, field.len);
		else if (!copy_from(o, &field, d, e))
			return false;
		end_line(&o->header);
	}
	return true;
}

static void
count_fields(const struct outgoing *o, int count[static COUNTED])
{
	struct header_field field;
	size_t at = 0;

	while (header_next(o->original.data, o->original.len, &at, &field))
		for (size_t i = 0; i < COUNTED; i++)
			count[i] += header_is(&field, counted[i]) && !is_empty(&field);
}

static bool
build_header(struct outgoing *o, const struct outgoing_defaults *d, const int count[static COUNTED],
	     struct err *e)
{
	buf_clear(&o->header);
	o->hidden_count = 0;
	if (!copy_fields(o, d, e))
		return false;
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
				    .header_has_8bit = text_has_8bit(o->header.data, o->header.len),
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
 * for commands, were there less, commands for the message. So the last octet is held back until it
 * is known to be the last, and without it the message is not complete.
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

/* Puts the message with line ends for the wire. */
static bool
pour_lines(struct outgoing *o, const struct buf *header, bool dots, eol_put put, void *ctx,
	   struct err *e)
{
	struct eol_to_crlf filter = {.dots = dots};
	uint64_t offset = o->body_offset;
	size_t got;

	if (!eol_to_crlf(&filter, header->data, header->len, put, ctx))
		return false;
	do {
		if (!source_read(o->source, offset, o->block, BLOCK, &got, e) ||
		    !eol_to_crlf(&filter, o->block, got, put, ctx))
			return false;
		offset += got;
	} while (got > 0);
	return eol_to_crlf_end(&filter, put, ctx);
}

/* Stuffs the dots of what was encoded. */
struct stuffing {
	struct eol_to_crlf filter;
	eol_put put;
	void *ctx;
};

static bool
put_stuffed(void *ctx, const char *bytes, size_t n)
{
	struct stuffing *s = ctx;

	return eol_to_crlf(&s->filter, bytes, n, s->put, s->ctx);
}

/* One pass through seven_bit. PUT is NULL for the first, which looks. */
static bool
pass_through(struct outgoing *o, const struct buf *header, eol_put put, void *ctx, struct err *e)
{
	*e = (struct err){0};
	seven_bit_begin(o->seven, put, ctx);
	pour_lines(o, header, false, seven_bit_put, o->seven, e);
	return e->code == ERR_NONE && seven_bit_end(o->seven, e);
}

static bool
pour_encoded(struct outgoing *o, const struct buf *header, bool dots, eol_put put, void *ctx,
	     struct err *e)
{
	struct stuffing s = {.filter = {.dots = true}, .put = put, .ctx = ctx};

	if (!dots)
		return pass_through(o, header, put, ctx, e);
	return pass_through(o, header, put_stuffed, &s, e) && eol_to_crlf_end(&s.filter, put, ctx);
}

static bool
pour(struct outgoing *o, const struct buf *header, bool dots, eol_put put, void *ctx, struct err *e)
{
	return o->seven ? pour_encoded(o, header, dots, put, ctx, e)
			: pour_lines(o, header, dots, put, ctx, e);
}

static bool
count(void *ctx, const char *bytes, size_t n)
{
	uint64_t *octets = ctx;

	(void)bytes;
	*octets += n;
	return true;
}

bool
outgoing_to_seven_bit(struct outgoing *o, struct err *e)
{
	uint64_t octets = 0;

	if (o->seven)
		return true;
	o->seven = seven_bit_new();
	if (!pass_through(o, &o->header, NULL, NULL, e) ||
	    !pass_through(o, &o->header, count, &octets, e)) {
		seven_bit_free(o->seven);
		o->seven = NULL;
		return false;
	}
	o->facts = (struct outgoing_facts){.size = octets};
	return true;
}

static bool
pour_measured(struct outgoing *o, const struct buf *header, uint64_t size, eol_put put, void *ctx,
	      struct err *e)
{
	struct measured m = {.put = put, .ctx = ctx, .left = size};

	if (pour(o, header, false, put_measured, &m, e) && put_last(&m, size))
		return true;
	return m.has_changed && err_set(e, ERR_IO, "the message changed while it was sent");
}

bool
outgoing_pour(struct outgoing *o, bool dots, eol_put put, void *ctx, struct err *e)
{
	if (dots)
		return pour(o, &o->header, true, put, ctx, e);
	return pour_measured(o, &o->header, o->facts.size, put, ctx, e);
}

/* As the wire has it, each line end being CRLF. */
static uint64_t
octets_of(const struct buf *header)
{
	struct eol_survey s = {0};

	eol_survey(&s, header->data, header->len);
	eol_survey_end(&s);
	return s.octets;
}

/* The header that is sent, and in it the fields that are not. */
static void
build_copy(const struct outgoing *o, struct buf *header)
{
	size_t at = 0;

	for (size_t i = 0; i < o->hidden_count; i++) {
		const struct hidden *h = &o->hidden[i];

		buf_add(header, o->header.data + at, h->at - at);
		buf_add(header, o->original.data + h->start, h->len);
		end_line(header);
		at = h->at;
	}
	/* the last byte is the empty line */
	buf_add(header, o->header.data + at, o->header.len - at - 1);
	buf_add(header, o->inherited.data, o->inherited.len);
	buf_add_char(header, '\n');
}

void
outgoing_inherit_bcc(struct outgoing *o, const struct outgoing *from)
{
	for (size_t i = 0; i < from->hidden_count; i++) {
		buf_add(&o->inherited, from->original.data + from->hidden[i].start,
			from->hidden[i].len);
		end_line(&o->inherited);
	}
}

bool
outgoing_pour_copy(struct outgoing *o, eol_put put, void *ctx, struct err *e)
{
	struct buf header = {0};
	uint64_t size;
	bool ok;

	build_copy(o, &header);
	size = o->facts.size - octets_of(&o->header) + octets_of(&header);
	ok = pour_measured(o, &header, size, put, ctx, e);
	buf_free(&header);
	return ok;
}
