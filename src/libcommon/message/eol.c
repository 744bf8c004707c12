/* SPDX-License-Identifier: ISC */
#include "message/eol.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Runs of at least this length go out in place; copying a shorter run costs less than one more call
 * of the callback, which may be a system call. */
#define LONG_RUN 4096

#define STAGE_SIZE 16384

/* The way out of every filter: lives for one call and is empty at its end. Keeps a failure, so that
 * the filters ask once. */
struct stage {
	eol_put put;
	void *ctx;
	bool ok;
	size_t len;
	char bytes[STAGE_SIZE];
};

/* Not an initialiser: that would clear the 16 KiB each time. */
static void
stage_init(struct stage *s, eol_put put, void *ctx)
{
	s->put = put;
	s->ctx = ctx;
	s->ok = true;
	s->len = 0;
}

static bool
stage_flush(struct stage *s)
{
	if (s->ok && s->len > 0)
		s->ok = s->put(s->ctx, s->bytes, s->len);
	s->len = 0;
	return s->ok;
}

/* The buffer goes out full, so that a consumer with records of that size takes it in place. */
static void
stage_add(struct stage *s, const char *bytes, size_t n)
{
	const size_t room = sizeof s->bytes - s->len;

	if (n >= LONG_RUN) {
		stage_flush(s);
		s->ok = s->ok && s->put(s->ctx, bytes, n);
		return;
	}
	if (n >= room) {
		memcpy(s->bytes + s->len, bytes, room);
		s->len += room;
		bytes += room;
		n -= room;
		stage_flush(s);
	}
	if (n > 0)
		memcpy(s->bytes + s->len, bytes, n);
	s->len += n;
}

static void
stage_add_run(struct stage *s, const char *from, const char *to)
{
	stage_add(s, from, (size_t)(to - from));
}

/* Adds the line from FROM to TO, and CRLF after it. Lines are short: if there is room on both sides
 * they are copied 16 bytes at a time, which needs no function call; memcpy() would be one, to check
 * the room once more (_FORTIFY_SOURCE). */
static void
stage_add_line(struct stage *s, const char *from, const char *to, const char *end)
{
	enum { STEP = 16 };
	const size_t n = (size_t)(to - from);
	char *out = s->bytes + s->len;

	if (end - to < STEP || n + STEP + 2 > sizeof s->bytes - s->len) {
		stage_add_run(s, from, to);
		stage_add(s, "\r\n", 2);
		return;
	}
	for (size_t i = 0; i < n; i += STEP)
		__builtin_memcpy(out + i, from + i, STEP);
	out[n] = '\r';
	out[n + 1] = '\n';
	s->len += n + 2;
}

/* No bytes may be at NULL, to which C17 adds not even 0. */
static const char *
end_of(const char *bytes, size_t n)
{
	return n > 0 ? bytes + n : bytes;
}

/* The first C from AT on, or END. */
static const char *
find(const char *at, const char *end, char c)
{
	const char *found = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;

	return found ? found : end;
}

static const char *
skip_crs(const char *at, const char *end)
{
	while (at < end && *at == '\r')
		at++;
	return at;
}

static void
add_line_ends(struct stage *s, size_t count)
{
	for (; count > 0; count--)
		stage_add(s, "\r\n", 2);
}

/* After a CR, whose line end is out: what follows it belongs to that line end if it is CRs and an
 * LF; else each further CR is a line end of its own. */
static const char *
end_crs(struct eol_to_crlf *f, struct stage *out, const char *at, const char *end)
{
	const char *rest = skip_crs(at, end);

	f->held += (size_t)(rest - at);
	if (rest == end)
		return rest;
	if (*rest != '\n')
		add_line_ends(out, f->held);
	f->after_cr = false;
	f->held = 0;
	return *rest == '\n' ? rest + 1 : rest;
}

/*
 * A CR ends its line at once and an LF after it adds nothing: so no byte is ever held back, and
 * further CRs are only counted. A line that ends in CRLF already stays in the run; where it
 * doesn't, the run is cut and begins anew.
 */
bool
eol_to_crlf(struct eol_to_crlf *f, const char *bytes, size_t n, eol_put put, void *ctx)
{
	const char *const end = end_of(bytes, n);
	const char *at = bytes, *run, *cr;
	MEM_UNINITIALIZED struct stage out;

	stage_init(&out, put, ctx);
	if (f->after_cr)
		at = end_crs(f, &out, at, end);
	run = at;
	cr = find(at, end, '\r'); /* the next one: looked for once, not once a line */
	while (at < end) {
		const char *line_end;

		if (f->dots && !f->in_line && *at == '.') {
			stage_add_run(&out, run, at);
			stage_add(&out, ".", 1);
			run = at;
		}
		if (cr < at)
			cr = find(at, end, '\r');
		line_end = find(at, cr, '\n');
		f->in_line = line_end == end;
		if (f->in_line)
			break;
		if (line_end + 1 < end && line_end[0] == '\r' && line_end[1] == '\n') {
			at = line_end + 2;
			continue;
		}
		stage_add_line(&out, run, line_end, end);
		f->after_cr = *line_end == '\r';
		run = at = line_end + 1;
		if (f->after_cr)
			run = at = end_crs(f, &out, at, end);
	}
	stage_add_run(&out, run, end);
	return stage_flush(&out);
}

bool
eol_to_crlf_end(struct eol_to_crlf *f, eol_put put, void *ctx)
{
	size_t ends = f->held + (f->in_line ? 1 : 0);
	bool ok = true;

	for (; ok && ends > 0; ends--)
		ok = put(ctx, "\r\n", 2);
	*f = (struct eol_to_crlf){.dots = f->dots};
	return ok;
}

/* 16 bytes at once: GCC and Clang make of it what the processor has. */
typedef signed char lanes __attribute__((vector_size(16)));

/* A byte each: a comparison yields -1 where it holds. */
struct tally {
	lanes ends;  /* LF and CR */
	lanes pairs; /* CRLF */
	lanes runs;  /* CR CR: not what lanes can count */
	lanes all;   /* bytes, or-ed */
	lanes nuls;
};

enum { TALLY_STEPS = 127 }; /* what a signed byte can count */

static void
load(lanes *v, const char *bytes)
{
	memcpy(v, bytes, sizeof *v);
}

static unsigned
sum(const lanes *v)
{
	int n = 0;

	for (size_t i = 0; i < sizeof *v; i++)
		n += (*v)[i];
	return (unsigned)-n;
}

/* STEPS times 16 bytes, and the one after them is looked at. False: there are CRs in a row, and
 * nothing is counted. */
static bool
survey_lanes(struct eol_survey *s, const char *bytes, size_t steps)
{
	struct tally t = {0};
	int any = 0;

	for (size_t i = 0; i < steps; i++) {
		lanes v, next, cr;

		load(&v, bytes + i * sizeof v);
		load(&next, bytes + i * sizeof v + 1);
		cr = (lanes)(v == '\r');
		t.ends += (lanes)(v == '\n') + cr;
		t.pairs += cr & (lanes)(next == '\n');
		t.runs |= cr & (lanes)(next == '\r');
		t.all |= v;
		t.nuls |= (lanes)(v == 0);
	}
	if (sum(&t.runs) > 0)
		return false;
	for (size_t i = 0; i < sizeof t.all; i++)
		any |= t.all[i];
	s->has_8bit |= any < 0;
	s->has_nul |= sum(&t.nuls) > 0;
	s->octets += steps * sizeof(lanes) + sum(&t.ends) - 2 * (uint64_t)sum(&t.pairs);
	s->last = bytes[steps * sizeof(lanes) - 1];
	s->crs = s->last == '\r' && bytes[steps * sizeof(lanes)] != '\n';
	return true;
}

static void
survey_byte(struct eol_survey *s, char c)
{
	const bool is_end = c == '\n' || c == '\r';

	s->octets += is_end ? 2 : 1;
	s->octets -= c == '\n' ? 2 * s->crs : 0;
	s->crs = c == '\r' ? s->crs + 1 : 0;
	s->has_8bit |= (unsigned char)c >= 0x80;
	s->has_nul |= c == '\0';
	s->last = c;
}

/*
 * Each LF and each CR is a line end of two octets, but CRs with an LF after them are one together.
 * Bytes after a CR that ends a piece are taken one by one until it is known what they make of it.
 */
void
eol_survey(struct eol_survey *s, const char *bytes, size_t n)
{
	size_t at = 0;

	while (at < n) {
		const size_t whole = (n - at - 1) / sizeof(lanes);
		const size_t steps = whole < TALLY_STEPS ? whole : TALLY_STEPS;
		size_t one_by_one = s->crs > 0 ? 1 : steps * sizeof(lanes) + 1;

		if (steps > 0 && s->crs == 0 && survey_lanes(s, bytes + at, steps)) {
			at += steps * sizeof(lanes);
			continue;
		}
		for (; one_by_one > 0 && at < n; one_by_one--)
			survey_byte(s, bytes[at++]);
	}
}

void
eol_survey_end(struct eol_survey *s)
{
	if (s->octets > 0 && s->last != '\n' && s->last != '\r')
		s->octets += 2;
}

static const char from_line[] = "From ";

/* "From " is whole: the > that quotes it may come here as well as before any other > of the
 * line. */
static void
put_quoted(struct eol_to_lf *f, struct stage *out)
{
	stage_add(out, ">", 1);
	stage_add(out, from_line, f->matched);
	f->matched = 0;
	f->settled = true;
}

/*
 * Adds a piece of a message, its lines ended by LF, to an mbox. The >s at the start of a line go
 * out as they come, however many, since one more can be added after them; only the letters of "From
 * " are held back.
 */
static void
quote(struct eol_to_lf *f, const char *at, const char *end, struct stage *out)
{
	const char *run = at;

	if (at < end)
		f->in_line = end[-1] != '\n';
	while (at < end) {
		if (f->settled) {
			at = find(at, end, '\n');
			f->settled = at == end;
			at += at < end;
		} else if (*at == from_line[f->matched]) {
			stage_add_run(out, run, at);
			run = ++at;
			if (++f->matched == sizeof from_line - 1)
				put_quoted(f, out);
		} else {
			stage_add(out, from_line, f->matched);
			f->settled = f->matched > 0 || *at != '>';
			f->matched = 0;
			at += !f->settled;
		}
	}
	stage_add_run(out, run, end);
}

static void
put_lf_run(struct eol_to_lf *f, const char *from, const char *to, struct stage *out)
{
	if (f->mbox)
		quote(f, from, to, out);
	else
		stage_add_run(out, from, to);
}

static void
release_cr(struct eol_to_lf *f, struct stage *out)
{
	static const char cr = '\r';

	if (f->held_cr)
		put_lf_run(f, &cr, &cr + 1, out);
	f->after_cr = f->after_cr || f->held_cr;
	f->held_cr = false;
}

/* The first CR from AT on that a line end drops, or END: it is followed by LF and not preceded by
 * another CR. BEFORE: the byte before AT is a CR. *END may be read. */
static const char *
find_dropped_cr(const char *at, const char *end, bool before)
{
	const char *const start = at;

	for (at = find(at, end, '\r'); at < end; at = find(at + 1, end, '\r'))
		if (at[1] == '\n' && !(at > start ? at[-1] == '\r' : before))
			break;
	return at;
}

/* A CR at the end of a piece is held back until the next byte is known. */
static const char *
hold_cr(struct eol_to_lf *f, const char *bytes, const char *end)
{
	const char *const held = end - (end[-1] == '\r');

	f->held_cr = held < end;
	if (held > bytes)
		f->after_cr = held[-1] == '\r';
	return held;
}

bool
eol_to_lf(struct eol_to_lf *f, const char *bytes, size_t n, eol_put put, void *ctx)
{
	const char *end = end_of(bytes, n), *run = bytes;
	bool before;
	MEM_UNINITIALIZED struct stage out;

	if (n == 0)
		return true;
	stage_init(&out, put, ctx);
	if (*bytes != '\n' || f->after_cr)
		release_cr(f, &out); /* else it was half of a CRLF, and is dropped */
	before = f->after_cr;
	end = hold_cr(f, bytes, end);
	for (const char *cr = find_dropped_cr(run, end, before); cr < end;
	     cr = find_dropped_cr(run, end, false)) {
		put_lf_run(f, run, cr, &out);
		run = cr + 1;
	}
	put_lf_run(f, run, end, &out);
	return stage_flush(&out);
}

bool
eol_to_lf_end(struct eol_to_lf *f, eol_put put, void *ctx)
{
	MEM_UNINITIALIZED struct stage out;

	stage_init(&out, put, ctx);
	release_cr(f, &out);
	stage_add(&out, from_line, f->matched);
	if (f->mbox)
		stage_add(&out, "\n\n", f->in_line ? 2 : 1);
	*f = (struct eol_to_lf){.mbox = f->mbox};
	return stage_flush(&out);
}

/* After a dot that began a line and is gone: it was the stuffing, or the end. */
static void
undot_step(struct eol_undot *f, char c, struct stage *out)
{
	if (f->at == EOL_UNDOT_DOT && c == '\r') {
		f->at = EOL_UNDOT_DOT_CR;
		return;
	}
	if (f->at == EOL_UNDOT_DOT_CR)
		stage_add(out, "\r", 1);
	f->at = EOL_UNDOT_IN_LINE;
}

/* Goes on from AT, within a line or at its start, to the byte after the next LF or to END. */
static const char *
pass_line(struct eol_undot *f, const char *at, const char *end)
{
	const char *lf = find(at, end, '\n');
	const bool is_crlf = lf > at ? lf[-1] == '\r' : f->at == EOL_UNDOT_CR;

	if (lf == end)
		f->at = is_crlf ? EOL_UNDOT_CR : EOL_UNDOT_IN_LINE;
	else
		f->at = is_crlf || f->bare_lf ? EOL_UNDOT_LINE_START : EOL_UNDOT_IN_LINE;
	return lf + (lf < end);
}

bool
eol_undot(struct eol_undot *f, const char *bytes, size_t n, size_t *used, bool *done, eol_put put,
	  void *ctx)
{
	const char *const end = end_of(bytes, n);
	const char *run = bytes;
	const char *at = bytes;
	MEM_UNINITIALIZED struct stage out;

	stage_init(&out, put, ctx);
	for (*done = false; at < end && !*done;) {
		if (f->at == EOL_UNDOT_LINE_START && *at == '.') {
			stage_add_run(&out, run, at);
			run = ++at;
			f->at = EOL_UNDOT_DOT;
		} else if (f->at < EOL_UNDOT_DOT) {
			at = pass_line(f, at, end);
		} else if (*at == '\n') {
			run = ++at;
			f->at = EOL_UNDOT_LINE_START;
			*done = true;
		} else {
			undot_step(f, *at, &out);
			run = at += f->at == EOL_UNDOT_DOT_CR;
		}
	}
	stage_add_run(&out, run, at);
	*used = (size_t)(at - bytes);
	return stage_flush(&out);
}

bool
eol_has_content(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!text_is_blank(bytes[i]))
			return true;
	return false;
}
