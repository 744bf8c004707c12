/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_append.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/date.h"
#include "message/outgoing.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_code.h"
#include "proto/imap/imap_introduction.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"
#include "proto/imap/imap_target.h"

/* " \"21-Nov-2026 23:13:00 +0100\"" (date-time, section 9). */
static void
add_date(struct buf *out, const struct date *d)
{
	const time_t local = (time_t)(d->time + d->offset_min * 60);
	const int offset = d->offset_min < 0 ? -d->offset_min : d->offset_min;
	struct tm tm;

	if (!gmtime_r(&local, &tm) || tm.tm_year < 70 || tm.tm_year >= 8100)
		return;
	buf_addf(out, " \"%02d-%s-%04d %02d:%02d:%02d %c%02d%02d\"", tm.tm_mday,
		 date_months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 d->offset_min < 0 ? '-' : '+', offset / 60, offset % 60);
}

/* "OK [APPENDUID VALIDITY UID] …" (RFC 4315 section 3). Anything but a number is not a UID. */
static void
take_uid(const struct imap *c, struct buf *uid)
{
	struct imap_code code;
	uint64_t n;

	imap_code_in(&code, c->words.data);
	if (code.kind == IMAP_CODE_APPENDUID &&
	    text_number_n(code.rest, code.rest_len, UINT32_MAX, &n) && n > 0)
		buf_addf(uid, "%" PRIu64, n);
}

static bool
put(void *ctx, const char *bytes, size_t n)
{
	struct imap *c = ctx;

	dialog_send(c->dialog, bytes, n);
	return stream_is_writable(c->stream);
}

/* The whole message went out, and the answer was not seen. Always false. */
static bool
say_unsure(struct err *e)
{
	static const char words[] = "the message may have been appended";
	char *why = mem_strdup(e->text);
	const size_t room = sizeof e->text - sizeof "; " - sizeof words, len = strlen(why);

	err_set(e, e->code, "%.*s; %s", (int)(len < room ? len : room), why, words);
	free(why);
	return false;
}

/* The server waits for the octets of A's message. If the message cannot be read, the connection is
 * closed in the middle of the literal, so that the server drops it. */
static bool
send_message(struct imap *c, const struct mailbox_append *a, struct err *e)
{
	enum imap_status status;

	*e = (struct err){0};
	if (!outgoing_pour(a->message, false, put, c, e) && e->code != ERR_NONE) {
		stream_fail(c->stream, e->code, "%s", e->text);
		return false;
	}
	dialog_ask(c->dialog, "%s", ""); /* the command's CRLF */
	status = imap_await_last(c);
	if (imap_ok(c, status, ERR_UNAVAILABLE, e))
		return true;
	return status == IMAP_FAILED && stream_is_all_out(c->stream) && say_unsure(e);
}

static bool
append(struct imap *c, const char *quoted, const struct mailbox_append *a, struct err *e)
{
	struct buf more = {0};
	enum imap_status status;

	if (a->flags[0])
		buf_addf(&more, " (%s)", a->flags);
	if (a->date)
		add_date(&more, a->date);
	imap_ask(c, "APPEND %s%s {%" PRIu64 "}", quoted, more.data ? more.data : "",
		 outgoing_facts(a->message)->size);
	buf_free(&more);
	status = imap_await(c);
	if (status == IMAP_CONTINUE)
		return send_message(c, a, e);
	if (status == IMAP_OK)
		return imap_complain(c, ERR_PROTOCOL, "APPEND was answered before its message", e);
	return imap_ok(c, status, ERR_UNAVAILABLE, e);
}

bool
imap_append(void *conversation, const struct mailbox_append *a, struct buf *uid, struct err *e)
{
	struct imap *c = conversation;
	struct buf wire = {0}, quoted = {0};
	bool ok = imap_ask_introduction(c, e) && imap_await_introduction(c, e) &&
		  imap_target_name(c, &wire, a->folder, a->creates, e);

	if (ok) {
		imap_quote(&quoted, wire.data);
		ok = a->only_checks ? imap_check_folder(c, quoted.data, a->creates, e)
				    : imap_provide_folder(c, quoted.data, a->creates, e) &&
					  append(c, quoted.data, a, e);
	}
	buf_add_str(uid, "");
	if (ok && !a->only_checks)
		take_uid(c, uid);
	buf_free(&wire);
	buf_free(&quoted);
	return ok;
}
