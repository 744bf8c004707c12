/* SPDX-License-Identifier: ISC */
#include "deliver/delivery.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "deliver/sink.h"
#include "journal/journal.h"
#include "journal/journal_record.h"
#include "message/address.h"
#include "message/fingerprint.h"
#include "message/header.h"

/* A group is settled when it has so many messages, octets or seconds: an interrupted run keeps what
 * it had. */
enum { GROUP_MESSAGES = 256, GROUP_OCTETS = 16 * 1024 * 1024, GROUP_SECONDS = 5 };

enum { HEAD_MAX = FINGERPRINT_HEADER_MAX }; /* the header is looked at up to here */

struct delivery {
	const struct sink_type *type;
	void *sink;
	struct journal *journal;
	delivery_complain complain;
	void *complain_ctx;
	/* the message being delivered */
	struct buf head; /* what came of it before the sink's begin(): the header */
	bool has_begun;  /* the sink's begin() was called */
	const char *uid; /* borrowed between begin() and end() */
	size_t index;
	uint64_t size; /* as the server announced it */
	/* the group under way */
	struct member {
		size_t index;
		char *uid;
	} group[GROUP_MESSAGES];
	size_t group_count;
	size_t group_octets;
	time_t group_since;
	/* what is safe */
	size_t *safe;
	size_t safe_count;
	char last_failure[sizeof((struct err *)0)->text]; /* of the message before; "": none */
	unsigned failures;                                /* of messages in a row, for it */
	bool is_fetching;                                 /* between begin() and end() */
	bool has_failed; /* a message that was fetched was not delivered */
	bool has_broken; /* the session did, at the message `broke_at` */
	size_t broke_at;
	bool is_broken; /* a sink that failed to settle is not trusted any more */
};

struct delivery *
delivery_open(const struct sink_spec *spec, struct journal *journal, delivery_complain complain,
	      void *ctx, struct err *e)
{
	struct delivery *d = mem_alloc(sizeof *d);

	d->type = sinks[spec->kind];
	d->journal = journal;
	d->complain = complain;
	d->complain_ctx = ctx;
	d->sink = d->type->open(spec, journal, e);
	if (d->sink)
		return d;
	delivery_close(d);
	return NULL;
}

void
delivery_close(struct delivery *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->group_count; i++)
		free(d->group[i].uid);
	if (d->sink)
		d->type->close(d->sink);
	buf_free(&d->head);
	free(d->safe);
	free(d);
}

/* The trace fields that tell the envelope, the better ones first. */
enum { RETURN_PATH, DELIVERED_TO, X_ORIGINAL_TO, ENVELOPE_TO, TRACE_FIELDS };

/* The first field of each name; `len` is 0 where there is none. */
static void
find_trace(const struct buf *head, struct header_field found[static TRACE_FIELDS])
{
	static const char *const names[TRACE_FIELDS] = {"Return-Path", "Delivered-To",
							"X-Original-To", "Envelope-To"};
	struct header_field field;

	for (size_t at = 0; header_next(head->data, head->len, &at, &field);)
		for (size_t i = 0; i < TRACE_FIELDS; i++)
			if (found[i].len == 0 && header_is(&field, names[i]))
				found[i] = field;
}

/* The first address of a trace field; "" where there is none, or none that could go on a command
 * line: one that begins with a dash would be an option there. */
static char *
first_address(const struct header_field *field)
{
	struct buf body = {0};
	size_t start, len;

	buf_add_str(&body, "");
	if (field->len > 0)
		header_unfold(&body, field);
	if (memchr(body.data, '\0', body.len)) {
		buf_free(&body);
		return mem_strdup("");
	}
	start = strspn(body.data, " \t");
	if (body.data[start] == '<')
		len = strcspn(body.data + ++start, ">");
	else
		len = strcspn(body.data + start, " \t,");
	body.data[start + len] = '\0';
	memmove(body.data, body.data + start, len + 1);
	if (body.data[0] == '-' || !address_is_valid(body.data))
		body.data[0] = '\0';
	return buf_take(&body);
}

/* Both are the caller's to free(). */
static void
take_envelope(const struct buf *head, char **sender, char **recipient)
{
	struct header_field trace[TRACE_FIELDS] = {0};
	const struct header_field *to = &trace[DELIVERED_TO];

	find_trace(head, trace);
	while (to < &trace[ENVELOPE_TO] && to->len == 0)
		to++;
	*sender = first_address(&trace[RETURN_PATH]);
	*recipient = first_address(to);
}

/* By it the message will be known where the server numbers all anew. WHOLE: `head` is all of it. */
static void
take_fingerprint(struct delivery *d, bool whole)
{
	fingerprint print;

	if (d->uid && journal_wants_fingerprints(d->journal) &&
	    fingerprint_make(&print, d->head.data, d->head.len, whole, d->size))
		journal_set_fingerprint(d->journal, d->uid, print);
}

/* Hands on to the sink what was kept back while the header was looked for. */
static bool
begin_sink(struct delivery *d, bool whole, struct err *e)
{
	struct envelope_hint hint;
	char *sender, *recipient;
	bool ok;

	take_envelope(&d->head, &sender, &recipient);
	hint = (struct envelope_hint){.sender = sender, .recipient = recipient};
	d->has_begun = true;
	journal_expect(d->journal, d->uid, d->size);
	take_fingerprint(d, whole);
	ok = d->type->begin(d->sink, d->uid, &hint, e);
	free(sender);
	free(recipient);
	if (ok && d->head.len > 0)
		ok = d->type->data(d->sink, d->head.data, d->head.len, e);
	buf_clear(&d->head);
	return ok;
}

static bool
delivery_begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct delivery *d = ctx;

	(void)e;
	d->has_begun = false;
	d->is_fetching = true;
	d->uid = info->uid;
	d->index = info->index;
	d->size = info->size;
	buf_clear(&d->head);
	buf_add_str(&d->head, "");
	return true;
}

static bool
delivery_data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	struct delivery *d = ctx;

	d->group_octets += n;
	if (d->has_begun)
		return d->type->data(d->sink, bytes, n, e);
	buf_add(&d->head, bytes, n);
	if (d->head.len < HEAD_MAX && header_end(d->head.data, d->head.len) == 0)
		return true;
	return begin_sink(d, false, e);
}

static void
add_to_group(struct delivery *d)
{
	if (d->group_count == 0)
		d->group_since = time(NULL);
	d->group[d->group_count++] = (struct member){.index = d->index, .uid = mem_strdup(d->uid)};
}

static bool
group_is_full(const struct delivery *d)
{
	return d->type->settles_each || d->group_count == GROUP_MESSAGES ||
	       d->group_octets >= GROUP_OCTETS || time(NULL) - d->group_since >= GROUP_SECONDS;
}

static bool
delivery_end(void *ctx, struct err *e)
{
	struct delivery *d = ctx;

	if ((!d->has_begun && !begin_sink(d, true, e)) || !d->type->end(d->sink, e))
		return false;
	add_to_group(d);
	d->failures = 0;
	d->has_begun = d->is_fetching = false;
	return !group_is_full(d) || delivery_settle(d, e);
}

/* An error that would also hit the next message ends the fetch. So does a signal: no message
 * follows, and the interrupted one is all there is to report. */
static bool
is_about_one_message(const struct delivery *d, const struct err *why)
{
	if (stop_signal() != 0 || (d->type->is_closed && d->type->is_closed(d->sink)))
		return false;
	return why->code != ERR_IO && why->code != ERR_OUTPUT && why->code != ERR_CONFIG;
}

/* Which message it is: UID, where it came and could not be delivered. Of one that a signal cut
 * short there is nothing to see. */
static void
complain_of(const struct delivery *d, const char *uid, const struct err *why)
{
	struct err said = *why;

	if (uid && stop_signal() == 0)
		err_hint(&said, "`mlist uid:%s` shows the message", uid);
	d->complain(d->complain_ctx, &said);
}

/* Counts a failure of the sink. False: it is the last of so many in a row for the same reason that
 * the messages that follow would hardly fare better. */
static bool
may_go_on(struct delivery *d, const struct err *why)
{
	d->failures = strcmp(d->last_failure, why->text) == 0 ? d->failures + 1 : 1;
	memcpy(d->last_failure, why->text, sizeof d->last_failure);
	return !delivery_gave_up(d);
}

static bool
delivery_abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	struct delivery *d = ctx;
	const bool had_begun = d->has_begun;

	if (had_begun)
		d->type->abandon(d->sink);
	d->has_failed |= d->is_fetching;
	d->has_begun = d->is_fetching = false;
	if (!why) {
		d->has_broken = true;
		d->broke_at = info->index;
	}
	if (!why || d->is_broken || !is_about_one_message(d, why))
		return false;
	complain_of(d, had_begun ? info->uid : NULL, why);
	return !had_begun || may_go_on(d, why);
}

const struct receiver delivery_receiver = {
    .begin = delivery_begin,
    .data = delivery_data,
    .end = delivery_end,
    .abandon = delivery_abandon,
};

static void
name_safe(struct delivery *d)
{
	d->safe = mem_grow(d->safe, d->safe_count + d->group_count, sizeof *d->safe);
	for (size_t i = 0; i < d->group_count; i++) {
		d->safe[d->safe_count++] = d->group[i].index;
		free(d->group[i].uid);
	}
	d->group_count = 0;
	d->group_octets = 0;
}

/*
 * "Done" is on disk before anything is deleted on the server. Only where each message is settled by
 * itself the flush waits for the last one: a kill leaves what was written, and an fsync for each
 * run of a command would cost more than the command.
 */
bool
delivery_settle(struct delivery *d, struct err *e)
{
	if (d->is_broken)
		return err_set(e, ERR_IO, "nothing more is delivered");
	if (d->group_count > 0 && !d->type->settle(d->sink, e)) {
		d->is_broken = true;
		return false;
	}
	for (size_t i = 0; i < d->group_count; i++)
		journal_done(d->journal, d->group[i].uid);
	if (!journal_write(d->journal, !d->type->settles_each || d->group_count == 0, e)) {
		d->is_broken = true;
		return false;
	}
	name_safe(d);
	return true;
}

static int
compare_indexes(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* They came in the server's order, which in IMAP is any. */
const size_t *
delivery_safe(const struct delivery *d, size_t *count)
{
	if (d->safe_count > 0)
		qsort(d->safe, d->safe_count, sizeof *d->safe, compare_indexes);
	*count = d->safe_count;
	return d->safe;
}

bool
delivery_gave_up(const struct delivery *d)
{
	return d->type->failures_max > 0 && d->failures >= d->type->failures_max;
}

bool
delivery_broke_at(const struct delivery *d, size_t *index)
{
	*index = d->broke_at;
	return d->has_broken;
}

bool
delivery_has_failed(const struct delivery *d)
{
	return d->has_failed;
}

bool
delivery_has_lost_reader(const struct delivery *d)
{
	return d->type->has_lost_reader && d->type->has_lost_reader(d->sink);
}
