/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_wait.h"

#include "base/err.h"
#include "base/stop.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "net/wait.h"
#include "proto/imap/imap_notify.h"
#include "proto/imap/imap_talk.h"

static bool
has_come(const struct imap *c)
{
	return imap_has_come(c) || imap_notify_has_news(c);
}

/* Takes in what the server says by itself, until mail has come, it says goodbye, announces no more,
 * or DEADLINE has come. True: what came is an answer, *STATUS. */
static bool
hears_answer(struct imap *c, int64_t deadline, enum imap_status *status)
{
	imap_start_answer(c);
	while (!has_come(c) && c->bye.len == 0 && !c->notify.is_over && wait_clock() < deadline &&
	       stream_wait(c->stream, deadline) == WAIT_READY)
		if (imap_listen(c, status))
			return true;
	if (c->bye.len > 0)
		stream_fail(c->stream, ERR_TEMPORARY, "the server ends the session");
	return false;
}

/* A server may end IDLE by itself (after half an hour, RFC 9051 section 5.4). */
static enum imap_status
idle(struct imap *c, unsigned idle_s)
{
	enum imap_status status;

	imap_ask(c, "IDLE");
	status = imap_await(c);
	if (status != IMAP_CONTINUE || hears_answer(c, wait_deadline(idle_s), &status))
		return status;
	dialog_ask(c->dialog, "DONE");
	if (stop_signal() != 0)
		imap_ask(c, "LOGOUT"); /* in its flight; nobody waits for the answers */
	return imap_await_more(c);
}

static enum imap_status
poll_once(struct imap *c, unsigned poll_s)
{
	enum imap_status status;

	if (hears_answer(c, wait_deadline(poll_s), &status)) {
		if (status != IMAP_FAILED)
			imap_breach(c, "an answer, and nothing was asked");
		return IMAP_FAILED;
	}
	imap_ask(c, stop_signal() != 0 ? "LOGOUT" : "NOOP");
	return imap_await(c);
}

/*
 * A server that ends each IDLE at once would have us turn as fast as the line lets us. So once it
 * has done so sooner than we would have looked without IDLE, and nothing came, the next time it is
 * waited as long as without.
 */
static bool
is_in_vain_again(struct imap *c, enum imap_status status, int64_t soon)
{
	const bool was_in_vain = c->idled_in_vain;

	c->idled_in_vain = status == IMAP_OK && !has_come(c) && wait_clock() < soon;
	return was_in_vain && c->idled_in_vain;
}

/* Until the server announces something, or has long been silent. */
static bool
wait_long(struct imap *c, unsigned idle_s, unsigned poll_s, struct err *e)
{
	if (imap_can(c, IMAP_IDLE)) {
		const int64_t soon = wait_deadline(idle_s < poll_s ? idle_s : poll_s);
		const enum imap_status status = idle(c, idle_s);

		if (status == IMAP_NO || status == IMAP_BAD)
			c->capabilities.has &=
			    ~(unsigned)IMAP_IDLE; /* it was said, and is not so */
		else if (!is_in_vain_again(c, status, soon))
			return imap_ok(c, status, ERR_UNAVAILABLE, e);
	}
	return imap_ok(c, poll_once(c, poll_s), ERR_UNAVAILABLE, e);
}

/* A server may end NOTIFY when too much happens at once (RFC 5465 section 5.8). Nobody knows what it
 * did not announce, so a new session looks at all folders. */
static bool
still_announces(struct imap *c, struct err *e)
{
	return !c->notify.is_over || imap_complain(c, ERR_TEMPORARY, "the server ended NOTIFY", e);
}

bool
imap_wait(void *conversation, unsigned idle_s, unsigned poll_s, struct err *e)
{
	struct imap *c = conversation;

	if (!imap_notify_catch_up(c, e) || !still_announces(c, e))
		return false;
	return imap_notify_has_news(c) ||
	       (wait_long(c, idle_s, poll_s, e) && still_announces(c, e));
}
