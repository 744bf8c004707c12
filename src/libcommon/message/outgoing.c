/* SPDX-License-Identifier: ISC */
#include "message/outgoing.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address_list.h"
#include "message/author.h"
#include "message/header.h"
#include "message/received_header.h"
#include "message/sent_header.h"
#include "message/seven_bit.h"
#include "message/source.h"

enum { BLOCK = 64 * 1024 };

struct outgoing {
	struct source *source;
	struct received_header received;
	struct sent_header header;
	struct outgoing_facts facts;
	struct seven_bit *seven; /* encodes what goes out; NULL: it goes as it is */
	char *block;             /* of BLOCK bytes */
};

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

	if (received_header_read(&o->received, o->source, e))
		return o;
	outgoing_free(o);
	return NULL;
}

void
outgoing_free(struct outgoing *o)
{
	if (!o)
		return;
	buf_free(&o->received.bytes);
	sent_header_free(&o->header);
	seven_bit_free(o->seven);
	free(o->block);
	free(o);
}

const char *
outgoing_header(const struct outgoing *o, size_t *n)
{
	*n = o->received.bytes.len;
	return o->received.bytes.data;
}

/* All of it is read once before anything is sent. */
static bool
survey(struct outgoing *o, bool *has_nul, struct err *e)
{
	struct eol_survey s = {0};
	uint64_t offset = o->received.body_offset;
	size_t got;

	eol_survey(&s, o->header.bytes.data, o->header.bytes.len);
	do {
		if (!source_read(o->source, offset, o->block, BLOCK, &got, e))
			return false;
		eol_survey(&s, o->block, got);
		offset += got;
	} while (got > 0);
	eol_survey_end(&s);
	o->facts = (struct outgoing_facts){
	    .size = s.octets,
	    .header_has_8bit = text_has_8bit(o->header.bytes.data, o->header.bytes.len),
	    .body_has_8bit = s.has_8bit};
	*has_nul = s.has_nul;
	return true;
}

bool
outgoing_prepare(struct outgoing *o, const struct header_defaults *d, struct err *e)
{
	bool has_nul;

	if (!sent_header_make(&o->header, &o->received.bytes, d, e) || !survey(o, &has_nul, e))
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

struct outgoing *
outgoing_open_file(struct source *s, struct err *e)
{
	struct outgoing *o = new_outgoing(s);
	bool has_nul;

	if (received_header_look(&o->received, s, e) && survey(o, &has_nul, e))
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
	uint64_t offset = o->received.body_offset;
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
	if (!pass_through(o, &o->header.bytes, NULL, NULL, e) ||
	    !pass_through(o, &o->header.bytes, count, &octets, e)) {
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
		return pour(o, &o->header.bytes, true, put, ctx, e);
	return pour_measured(o, &o->header.bytes, o->facts.size, put, ctx, e);
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

void
outgoing_inherit_bcc(struct outgoing *o, const struct outgoing *from)
{
	sent_header_inherit(&o->header, &from->header);
}

bool
outgoing_pour_copy(struct outgoing *o, eol_put put, void *ctx, struct err *e)
{
	struct buf header = {0};
	uint64_t size;
	bool ok;

	sent_header_add_hidden(&o->header, &header);
	size = o->facts.size - octets_of(&o->header.bytes) + octets_of(&header);
	ok = pour_measured(o, &header, size, put, ctx, e);
	buf_free(&header);
	return ok;
}
