/* SPDX-License-Identifier: ISC */
/* smtp_send - one message over a conversation: MAIL, RCPT, BDAT or DATA. */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/text.h"
#include "message/address.h"
#include "message/outgoing.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/smtp/smtp.h"
#include "proto/smtp/smtp_talk.h"

enum {
	/* a message up to this size goes out before its recipient's reply is seen */
	RIDES_MAX = 64 * 1024
};

struct transaction {
	struct smtp *c;
	struct smtp_envelope *envelope;
	struct outgoing *message;
	const struct outgoing_facts *facts;
	bool utf8;       /* SMTPUTF8 is used */
	bool is_split;   /* some recipients are postponed */
	bool is_refused; /* the sender, or a recipient without whom the others get nothing */
	bool *maybe_sent;
};

/* Only a local part needs SMTPUTF8: a domain has its A-labels, which go through servers that know
 * nothing of it. */
static bool
local_part_is_ascii(const char *address)
{
	const char *domain = address_domain(address);
	const size_t len = domain ? (size_t)(domain - address) : strlen(address);

	return !text_has_8bit(address, len);
}

static bool
needs_utf8(const struct smtp_envelope *envelope)
{
	bool needs = !local_part_is_ascii(envelope->from);

	for (size_t i = 0; i < envelope->count; i++)
		needs |= !local_part_is_ascii(envelope->recipients[i].address);
	return needs;
}

/* RFC 6152 section 3: a server without 8BITMIME gets the message in 7 bits. */
static bool
fit_8bit(const struct transaction *t, struct err *e)
{
	if (!(t->facts->body_has_8bit || t->facts->header_has_8bit) || t->c->features.eightbit)
		return true;
	return outgoing_to_seven_bit(t->message, e) ||
	       err_prefix(e, "%s", stream_name(t->c->stream));
}

/* Everything that can be known before the first byte. */
static bool
check(const struct transaction *t, struct err *e)
{
	const struct smtp_features *f = &t->c->features;

	if (!fit_8bit(t, e))
		return false;
	if (f->size_max > 0 && t->facts->size > f->size_max)
		return err_set(e, ERR_MALFORMED,
			       "%s: the message has %" PRIu64
			       " octets, the server takes at most %" PRIu64,
			       stream_name(t->c->stream), t->facts->size, f->size_max);
	if (smtp_parameters_check(&t->envelope->wishes, f, e))
		return true;
	return err_prefix(e, "%s", stream_name(t->c->stream));
}

/* An address for the wire. */
static bool
add_path(const struct transaction *t, struct buf *out, const char *address, struct err *e)
{
	const char *domain = address_domain(address);

	if (address[0] != '\0' && !address_is_valid(address))
		return err_set(e, ERR_MALFORMED, "'%s' is not a mail address", address);
	if (!local_part_is_ascii(address) && !t->c->features.smtputf8)
		return err_set(e, ERR_UNAVAILABLE,
			       "%s: the address %s needs SMTPUTF8, which the server does not offer",
			       stream_name(t->c->stream), address);
	if (address_is_ascii(address) || !local_part_is_ascii(address)) {
		buf_add_str(out, address);
		return true;
	}
	buf_add(out, address, (size_t)(domain - address));
	return idna_to_ascii(domain, out, e);
}

static bool
ask_mail(const struct transaction *t, struct err *e)
{
	const struct smtp_features *f = &t->c->features;
	const bool is_8bit = t->facts->body_has_8bit || t->facts->header_has_8bit;
	struct buf line = {0};
	bool ok;

	buf_add_str(&line, "MAIL FROM:<");
	ok = add_path(t, &line, t->envelope->from, e);
	buf_add_char(&line, '>');
	if (f->size)
		buf_addf(&line, " SIZE=%" PRIu64, t->facts->size);
	if (is_8bit)
		buf_add_str(&line, " BODY=8BITMIME");
	if (t->utf8)
		buf_add_str(&line, " SMTPUTF8");
	smtp_parameters_add_mail(&t->envelope->wishes, &line);
	if (ok)
		dialog_ask(t->c->dialog, "%s", line.data);
	buf_free(&line);
	return ok;
}

static bool
check_recipients(const struct transaction *t, struct err *e)
{
	struct buf path = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < t->envelope->count; i++)
		ok = add_path(t, &path, t->envelope->recipients[i].address, e);
	buf_free(&path);
	return ok;
}

/* MAIL and all RCPT; every address was seen to be good before. */
static bool
ask_envelope(const struct transaction *t, struct err *e)
{
	struct buf line = {0};

	if (!check_recipients(t, e) || !ask_mail(t, e))
		return false;
	for (size_t i = 0; i < t->envelope->count; i++) {
		const char *address = t->envelope->recipients[i].address;

		buf_clear(&line);
		add_path(t, &line, address, e);
		buf_add_char(&line, '>');
		smtp_parameters_add_rcpt(&t->envelope->wishes, address, &line);
		dialog_ask(t->c->dialog, "RCPT TO:<%s", line.data);
	}
	buf_free(&line);
	return true;
}

/* Does the text, after the reply's code, begin with an enhanced code (RFC 3463)? */
static bool
has_enhanced_code(const char *text)
{
	return text[0] >= '2' && text[0] <= '5' && text[1] == '.';
}

/*
 * RFC 5321 section 4.5.3.1.10: after some recipients were accepted, 452 (and 552, which RFC 821 had
 * by mistake) means that the server takes no more of them, and the message goes to the others in a
 * transaction of their own. With another enhanced code than X.5.3 it is about a disk or a mailbox.
 */
static bool
is_too_many(const struct smtp_reply *r)
{
	const char *text = r->text + 4;

	if (r->code != 452 && r->code != 552)
		return false;
	if (has_enhanced_code(text))
		return strncmp(text + 1, ".5.3", 4) == 0;
	return r->code == 452 || text_contains(text, "too many recipients");
}

static void
postpone(struct transaction *t, struct smtp_recipient *r, size_t accepted)
{
	if (!t->is_split)
		t->c->recipients_max = accepted;
	t->is_split = true;
	r->is_postponed = true;
}

/*
 * Reads the replies to all RCPT. *ACCEPTED is the number of accepted recipients; *e the first
 * refusal. False: the stream failed, and *e says so if no recipient was refused before: after a
 * refusal (421) the server may hang up, and its words tell more. But in a partial sending the
 * refusal is not the reason why the others got nothing.
 */
static bool
read_recipients(struct transaction *t, size_t *accepted, struct err *e)
{
	size_t refusals = 0;

	*accepted = 0;
	for (size_t i = 0; i < t->envelope->count; i++) {
		struct smtp_recipient *r = &t->envelope->recipients[i];

		if (!smtp_await(t->c, &r->reply, NULL))
			return t->is_refused ? false : stream_ok(t->c->stream, e);
		if (smtp_is_positive(&r->reply))
			++*accepted;
		else if (*accepted > 0 && is_too_many(&r->reply))
			postpone(t, r, *accepted);
		else if (refusals++ == 0)
			smtp_explain(stream_name(t->c->stream), r, e);
		t->is_refused = refusals > 0 && !t->envelope->partial;
	}
	t->is_refused |= *accepted == 0;
	return true;
}

/* Without an accepted sender the server refuses every recipient: that does not concern the
 * recipients. Queued commands are not sent. */
static void
ignore_recipients(const struct transaction *t)
{
	struct smtp_reply ignored;

	dialog_drop(t->c->dialog);
	for (size_t i = 0; i < t->envelope->count && dialog_unanswered(t->c->dialog) > 0; i++)
		if (!smtp_await(t->c, &ignored, NULL))
			return;
}

/* RFC 1870 section 6: the message is too big, now and later. RFC 3463 has a code of its own for
 * that, which servers send with others. */
static bool
is_too_big(const struct smtp_reply *r)
{
	return r->code == 552 || (r->code >= 500 && (strncmp(r->text + 4, "5.3.4", 5) == 0 ||
						     strncmp(r->text + 4, "5.2.3", 5) == 0));
}

/* The error code for a 5xx before the message. */
static enum err_code
permanent_code(const struct smtp_reply *r)
{
	return is_too_big(r) ? ERR_MALFORMED : ERR_UNAVAILABLE;
}

/* The replies to MAIL and RCPT, read to the last. False: the message must not go out; and if it did
 * already, without a sender or a recipient the server can't have taken it. */
static bool
read_envelope(struct transaction *t, struct err *e)
{
	struct smtp_reply mail;
	size_t accepted;

	if (!smtp_await(t->c, &mail, NULL) || !smtp_is_positive(&mail)) {
		t->is_refused = mail.code >= 400; /* what was said of it: its end need not come */
		smtp_refused(t->c, &mail, permanent_code(&mail), e);
		ignore_recipients(t);
		return false;
	}
	return read_recipients(t, &accepted, e) && !t->is_refused;
}

static bool
put_on_wire(void *ctx, const char *bytes, size_t n)
{
	struct smtp *c = ctx;

	dialog_send(c->dialog, bytes, n);
	return stream_is_writable(c->stream);
}

static bool
pour(const struct transaction *t, bool dots, struct err *e)
{
	*e = (struct err){0};
	if (outgoing_pour(t->message, dots, put_on_wire, t->c, e) || e->code == ERR_NONE)
		return true; /* where the wire failed, the reply tells more: the server's last words
			      */
	t->c->is_cut = true;
	return false;
}

static void
ask_quit(const struct transaction *t)
{
	if (!t->envelope->is_last || t->is_split)
		return;
	t->c->said_quit = t->c->features.pipelining;
	if (t->c->said_quit)
		dialog_ask(t->c->dialog, "QUIT");
}

/* May the end of the message go out? */
static bool
announce_end(const struct transaction *t, struct err *e)
{
	const struct smtp_envelope *v = t->envelope;

	if (!v->before_end || v->before_end(v->before_end_ctx, e))
		return true;
	t->c->is_cut = true;
	return false;
}

/*
 * A reply that comes before the end of the message has gone out is not about the message. One that
 * refuses is read in its turn: the server is about to leave.
 */
static bool
check_silence(const struct transaction *t, struct err *e)
{
	struct stream *s = t->c->stream;
	const char *said;
	size_t n;

	if (t->c->is_silent)
		return true; /* nothing has gone out since it was looked */
	if (stream_is_idle(s) || !stream_has_input(s) || !(said = stream_block(s, &n)) ||
	    said[0] == '4' || said[0] == '5')
		return true;
	t->c->is_cut = true;
	return err_set(e, ERR_PROTOCOL, "%s: a reply to nothing, before the end of the message",
		       stream_name(s));
}

/* Sends the end of the message, and QUIT after it. From then on it is unknown whether the message
 * was sent until the reply is read, even if the connection broke before QUIT was out too. */
static void
send_end(const struct transaction *t)
{
	dialog_mark(t->c->dialog);
	ask_quit(t);
	dialog_flush(t->c->dialog);
	stream_set_grace(t->c->stream, t->c->params.grace_s);
	*t->maybe_sent = stream_mark_is_out(t->c->stream);
}

/* RFC 2033 section 4.2: a reply for each recipient that was accepted, in their order. */
static bool
read_verdicts(const struct transaction *t, struct smtp_reply *verdict, struct err *e)
{
	size_t accepted = 0, refusals = 0;

	for (size_t i = 0; i < t->envelope->count; i++) {
		struct smtp_recipient *r = &t->envelope->recipients[i];

		if (!smtp_is_positive(&r->reply))
			continue;
		if (!smtp_await(t->c, &r->reply, NULL))
			return stream_ok(t->c->stream, e);
		r->is_taken = smtp_is_positive(&r->reply);
		if (r->is_taken && accepted++ == 0)
			*verdict = r->reply;
		else if (!smtp_is_positive(&r->reply) && refusals++ == 0)
			smtp_explain(stream_name(t->c->stream), r, e);
	}
	*t->maybe_sent = false;
	return accepted > 0;
}

static bool
read_one_verdict(const struct transaction *t, struct smtp_reply *reply, struct err *e)
{
	if (!smtp_await(t->c, reply, NULL))
		return stream_ok(t->c->stream, e);
	*t->maybe_sent = reply->code < 400 && !smtp_is_positive(reply); /* no answer to this */
	if (!smtp_is_positive(reply))
		return smtp_refused(t->c, reply, ERR_MALFORMED, e);
	for (size_t i = 0; i < t->envelope->count; i++)
		t->envelope->recipients[i].is_taken =
		    smtp_is_positive(&t->envelope->recipients[i].reply);
	return true;
}

/* The reply that decides. */
static bool
read_verdict(const struct transaction *t, struct smtp_reply *reply, struct err *e)
{
	bool ok;

	stream_set_timeout(t->c->stream, t->c->params.message_timeout_s);
	ok = t->c->params.is_lmtp ? read_verdicts(t, reply, e) : read_one_verdict(t, reply, e);
	stream_set_timeout(t->c->stream, t->c->params.timeout_s);
	return ok;
}

/* RFC 3030: sends the message as one chunk, immediately after a single recipient if it is small. */
static bool
send_bdat(struct transaction *t, struct smtp_reply *reply, struct err *e)
{
	const bool rides =
	    t->c->features.pipelining && t->envelope->count == 1 && t->facts->size <= RIDES_MAX;
	bool ok = true;

	if ((!rides && !read_envelope(t, e)) || !check_silence(t, e))
		return false;
	/* the end is where the octets are all there */
	dialog_ask(t->c->dialog, "BDAT %" PRIu64 " LAST", t->facts->size);
	if (!announce_end(t, e) || !pour(t, false, e))
		return false;
	send_end(t);
	if (rides)
		ok = read_envelope(t, e);
	if (!ok) {
		struct smtp_reply ignored;

		/* Without a recipient the server can't have taken it; but where it hung up before
		 * it said so, it may have. */
		*t->maybe_sent &= !t->is_refused;
		smtp_await(t->c, &ignored, NULL);
		return false;
	}
	return read_verdict(t, reply, e);
}

static bool
send_data(struct transaction *t, struct smtp_reply *reply, struct err *e)
{
	struct smtp_reply data;
	bool accepted;

	/* Without PIPELINING the command waits in the queue, so it must not be queued before the
	 * recipients are known. */
	if (!t->c->features.pipelining && !read_envelope(t, e))
		return false;
	dialog_ask(t->c->dialog, "DATA");
	accepted = !t->c->features.pipelining || read_envelope(t, e);
	if (!accepted && dialog_unanswered(t->c->dialog) == 0)
		return false; /* DATA stayed here */
	if (!smtp_await(t->c, &data, NULL))
		return accepted ? stream_ok(t->c->stream, e) : false;
	if (data.code == 354 && !accepted)
		t->c->is_cut = true; /* only hanging up takes it back (RFC 5321 section 4.1.1.5) */
	if (!accepted)
		return false;
	if (data.code != 354)
		return smtp_refused(t->c, &data, permanent_code(&data), e);
	if (!pour(t, true, e) || !check_silence(t, e) || !announce_end(t, e))
		return false;
	dialog_ask(t->c->dialog, ".");
	send_end(t);
	return read_verdict(t, reply, e);
}

/* After a refusal the conversation goes on with the next message from a clean slate. */
static void
reset(struct smtp *c)
{
	struct smtp_reply ignored;

	if (smtp_is_over(c))
		return;
	dialog_ask(c->dialog, "RSET");
	smtp_await(c, &ignored, NULL);
}

bool
smtp_send(struct smtp *c, struct smtp_envelope *envelope, struct outgoing *message,
	  struct smtp_reply *reply, bool *maybe_sent, struct err *e)
{
	struct transaction t = {.c = c,
				.envelope = envelope,
				.message = message,
				.facts = outgoing_facts(message),
				.maybe_sent = maybe_sent};
	bool ok;

	*maybe_sent = false;
	*reply = (struct smtp_reply){0};
	for (size_t i = 0; i < envelope->count; i++)
		envelope->recipients[i] =
		    (struct smtp_recipient){.address = envelope->recipients[i].address};
	t.utf8 = needs_utf8(envelope);
	if (!check(&t, e) || !ask_envelope(&t, e))
		return false;
	ok = c->features.chunking ? send_bdat(&t, reply, e) : send_data(&t, reply, e);
	stream_set_grace(c->stream, 0);
	if (!ok && !envelope->is_last)
		reset(c);
	return ok;
}
