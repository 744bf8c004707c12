/* SPDX-License-Identifier: ISC */
/*
 * APPEND (RFC 9051 section 6.3.12), and the folder that messages go to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "message/date.h"
#include "message/outgoing.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/folder.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"

bool
imap_wire_name(const struct imap *c, struct buf *out, const char *folder, struct err *e)
{
	if (!imap_name_read(out, folder, c->is_utf8, e))
		return false;
	/* A server may have such a name (raw:a\x0ab), but a command's line can't. */
	return !strpbrk(out->data, "\r\n") ||
	       err_set(e, ERR_NO_INPUT, "the folder '%s' has a line end in its name", folder);
}

bool
imap_target_name(struct imap *c, struct buf *out, const char *folder, bool creates, struct err *e)
{
	return folder_is_special(folder) ? imap_find_special(c, folder, creates, out, e)
					 : imap_wire_name(c, out, folder, e);
}

bool
imap_provide_folder(struct imap *c, const char *quoted, bool creates, struct err *e)
{
	enum imap_status status;

	imap_ask(c, "STATUS %s (UIDVALIDITY)", quoted);
	status = imap_await(c);
	if (status != IMAP_NO)
		return imap_ok(c, status, ERR_UNAVAILABLE, e);
	if (!creates) {
		imap_refused(c, ERR_NO_INPUT, e);
		return e->code == ERR_NO_INPUT && err_hint(e, "--create makes a missing folder");
	}
	imap_ask(c, "CREATE %s", quoted);
	return imap_ok(c, imap_await(c), ERR_UNAVAILABLE, e);
}

/* " \"21-Nov-2026 23:13:00 +0100\"" (date-time, section 9). */
static void
add_date(struct buf *out, const struct date *d)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t local = (time_t)(d->time + d->offset_min * 60);
	const int offset = d->offset_min < 0 ? -d->offset_min : d->offset_min;
	struct tm tm;

	if (!gmtime_r(&local, &tm) || tm.tm_year < 70 || tm.tm_year >= 8100)
		return;
	buf_addf(out, " \"%02d-%s-%04d %02d:%02d:%02d %c%02d%02d\"", tm.tm_mday, months[tm.tm_mon],
		 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, d->offset_min < 0 ? '-' : '+',
		 offset / 60, offset % 60);
}

/* "OK [APPENDUID VALIDITY UID] …" (RFC 4315 section 3). */
static void
take_uid(const struct imap *c, struct buf *uid)
{
	struct imap_code code;
	const char *blank;

	imap_code_in(&code, c->words.data);
	if (!imap_code_is(&code, "APPENDUID"))
		return;
	blank = memchr(code.arguments, ' ', code.arguments_len);
	if (blank)
		buf_add(uid, blank + 1, code.arguments_len - (size_t)(blank + 1 - code.arguments));
}

static bool
put(void *ctx, const char *bytes, size_t n)
{
	struct imap *c = ctx;

	dialog_send(c->dialog, bytes, n);
	return stream_is_writable(c->stream);
}

/* The server waits for the octets of A's message. If the message cannot be read, the connection is
 * closed in the middle of the literal, so that the server drops it. */
static bool
send_message(struct imap *c, const struct mailbox_append *a, struct err *e)
{
	*e = (struct err){0};
	if (!outgoing_pour(a->message, false, put, c, e) && e->code != ERR_NONE) {
		stream_fail(c->stream, e->code, "%s", e->text);
		return false;
	}
	dialog_ask(c->dialog, "%s", ""); /* the command's CRLF */
	return imap_ok(c, imap_await_last(c), ERR_UNAVAILABLE, e);
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
		ok = imap_provide_folder(c, quoted.data, a->creates, e) &&
		     append(c, quoted.data, a, e);
	}
	buf_add_str(uid, "");
	if (ok)
		take_uid(c, uid);
	buf_free(&wire);
	buf_free(&quoted);
	return ok;
}
