/* SPDX-License-Identifier: ISC */
#include "proto/smtp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address.h"
#include "message/outgoing.h"
#include "net/dialog.h"
#include "net/idna.h"
#include "net/stream.h"
#include "proto/login.h"

enum {
	REPLY_LINES_MAX = 200,
	COMMAND_MAX = 512, /* RFC 5321 section 4.5.3.1.4 */
	RIDES_MAX =
	    64 * 1024 /* a message up to this size goes out before its recipient's reply is seen */
};

struct smtp {
	struct stream *stream;
	struct dialog *dialog;
	struct smtp_features features;
	struct buf described; /* what EHLO said */
	struct buf words;     /* the text of the last reply */
	struct smtp_params params;
	bool said_quit;
	bool is_cut;     /* the conversation stands where only hanging up is right */
	bool is_closing; /* the server said 421 (RFC 5321 section 3.8) */
};

/* "250-text", "250 text" or "250": the code, what follows it, and whether it is the reply's last
 * line. */
static bool
parse_reply_line(const char *line, size_t len, unsigned *code, const char **text, bool *last)
{
	uint64_t number;

	if (len < 3 || !text_number_n(line, 3, 599, &number) || number < 200)
		return false;
	if (len > 3 && line[3] != ' ' && line[3] != '-')
		return false;
	*code = (unsigned)number;
	*text = line + (len > 3 ? 4 : 3);
	*last = len == 3 || line[3] == ' ';
	return true;
}

/*
 * One reply (RFC 5321 section 4.2), its text whole in c->words until the next one. Its lines go to
 * TAKE one by one, where there is one. False: the stream failed.
 */
static bool
read_reply(struct smtp *c, struct smtp_reply *reply, void (*take)(struct smtp *, const char *line))
{
	bool last = false;

	*reply = (struct smtp_reply){0};
	buf_clear(&c->words);
	dialog_await(c->dialog);
	for (int i = 0; !last && i < REPLY_LINES_MAX; i++) {
		size_t len;
		const char *text, *line = dialog_line(c->dialog, &len);

		if (!line)
			return false;
		if (!parse_reply_line(line, len, &reply->code, &text, &last)) {
			reply->code = 0;
			stream_fail(c->stream, ERR_PROTOCOL, "no SMTP reply: %s", line);
			return false;
		}
		if (take)
			take(c, text);
		buf_addf(&c->words, "%s%s", i > 0 ? " " : "", text);
	}
	if (!last)
		stream_fail(c->stream, ERR_PROTOCOL, "a reply without end");
	snprintf(reply->text, sizeof reply->text, "%03u %s", reply->code, c->words.data);
	c->is_closing |= reply->code == 421;
	return last;
}

static bool
is_positive(const struct smtp_reply *r)
{
	return r->code >= 200 && r->code < 300;
}

/* RFC 4954 section 6: a login is wanted, or a better one, whatever the command was. */
static bool
is_about_login(unsigned code)
{
	static const unsigned codes[] = {530, 534, 535, 538};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (code == codes[i])
			return true;
	return false;
}

/* A refusal as an error: 4xx is "later" whatever the command, 5xx is what the caller says it is. */
static enum err_code
code_of(const struct smtp_reply *r, enum err_code permanent)
{
	if (r->code < 500)
		return r->code < 400 ? ERR_PROTOCOL : ERR_TEMPORARY;
	return is_about_login(r->code) ? ERR_LOGIN : permanent;
}

static bool
refused(struct smtp *c, const struct smtp_reply *r, enum err_code permanent, struct err *e)
{
	if (!stream_ok(c->stream, e))
		return false;
	return err_set(e, code_of(r, permanent), "%s: %s%s", stream_name(c->stream),
		       r->code < 400 ? "an answer to something else: " : "", r->text);
}

void
smtp_explain(const char *server, const struct smtp_recipient *r, struct err *e)
{
	/* 421 is about the conversation. */
	const bool names = r->reply.code != 421 && !text_contains(r->reply.text, r->address);

	err_set(e, code_of(&r->reply, ERR_RECIPIENT), "%s: %s%s%s%s", server,
		names ? r->address : "", names ? ": " : "",
		r->reply.code < 400 ? "an answer to something else: " : "", r->reply.text);
}

/* What this module itself finds wrong, with the place in front. */
static bool
complain(struct smtp *c, enum err_code code, const char *what, struct err *e)
{
	return err_set(e, code, "%s: %s", stream_name(c->stream), what);
}

/* EHLO's lines. */

static void
take_auth(struct smtp_features *f, const char *rest)
{
	snprintf(f->auth, sizeof f->auth, "%s", rest);
}

static void
take_size(struct smtp_features *f, const char *rest)
{
	f->size = true;
	if (!text_number(rest, UINT64_MAX, &f->size_max))
		f->size_max = 0;
}

static void
take_deliverby(struct smtp_features *f, const char *rest)
{
	f->deliverby = true;
	if (!text_number(rest, UINT64_MAX, &f->deliver_by_min))
		f->deliver_by_min = 0;
}

static void
take_futurerelease(struct smtp_features *f, const char *rest)
{
	f->futurerelease = true;
	if (!text_number_n(rest, strcspn(rest, " "), UINT64_MAX, &f->hold_for_max))
		f->hold_for_max = 0;
}

#define FLAG_FEATURE(member)                                                 \
	static void take_##member(struct smtp_features *f, const char *rest) \
	{                                                                    \
		(void)rest;                                                  \
		f->member = true;                                            \
	}
FLAG_FEATURE(starttls)
FLAG_FEATURE(pipelining)
FLAG_FEATURE(chunking)
FLAG_FEATURE(eightbit)
FLAG_FEATURE(smtputf8)
FLAG_FEATURE(dsn)
FLAG_FEATURE(mt_priority)
FLAG_FEATURE(requiretls)

static const struct {
	const char *keyword;
	void (*take)(struct smtp_features *, const char *rest);
} keywords[] = {
    {"STARTTLS", take_starttls},
    {"PIPELINING", take_pipelining},
    {"CHUNKING", take_chunking},
    {"8BITMIME", take_eightbit},
    {"SMTPUTF8", take_smtputf8},
    {"SIZE", take_size},
    {"AUTH", take_auth},
    {"DSN", take_dsn},
    {"REQUIRETLS", take_requiretls},
    {"DELIVERBY", take_deliverby},
    {"FUTURERELEASE", take_futurerelease},
    {"MT-PRIORITY", take_mt_priority},
};

static void
take_ehlo_line(struct smtp *c, const char *line)
{
	const size_t len = strcspn(line, " =");
	const char *rest = line + len + (line[len] ? 1 : 0);

	buf_addf(&c->described, "%s\n", line);
	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (strlen(keywords[i].keyword) == len &&
		    text_starts(line, len, keywords[i].keyword))
			keywords[i].take(&c->features, rest);
}

static bool
hello(struct smtp *c, struct err *e)
{
	struct smtp_reply reply;

	c->features = (struct smtp_features){0};
	buf_clear(&c->described);
	dialog_ask(c->dialog, "%s %s", c->params.is_lmtp ? "LHLO" : "EHLO", c->params.domain);
	if (!read_reply(c, &reply, take_ehlo_line))
		return refused(c, &reply, ERR_UNAVAILABLE, e);
	if (reply.code >= 500 && !c->params.is_lmtp) {
		/* Section 3.2: a server that does not know EHLO is asked in the old way. It has
		 * offered nothing, whatever its refusal lists. */
		c->features = (struct smtp_features){0};
		dialog_ask(c->dialog, "HELO %s", c->params.domain);
		read_reply(c, &reply, NULL);
	}
	if (!is_positive(&reply))
		return refused(c, &reply, ERR_UNAVAILABLE, e);
	if (c->features.pipelining)
		dialog_window(c->dialog, 0);
	return true;
}

static bool
greeting(struct smtp *c, struct err *e)
{
	struct smtp_reply reply;

	if (read_reply(c, &reply, NULL) && reply.code == 220)
		return true;
	refused(c, &reply, ERR_UNAVAILABLE, e);
	if (reply.code == 0)
		login_hint_silence(c->stream, "smtps", e);
	return false;
}

/* RFC 3207: what was known before the handshake is forgotten after it (section 4.2). */
static bool
start_tls(struct smtp *c, const struct login *l, struct err *e)
{
	struct smtp_reply reply;

	if (!c->features.starttls) {
		complain(c, ERR_UNAVAILABLE, "the server does not offer STARTTLS", e);
		return err_hint(
		    e, "try smtps:// (port 465); smtp+insecure:// does without encryption");
	}
	dialog_window(c->dialog, 1);
	dialog_ask(c->dialog, "STARTTLS");
	if (!read_reply(c, &reply, NULL) || reply.code != 220)
		return refused(c, &reply, ERR_UNAVAILABLE, e);
	return stream_start_tls(c->stream, l->starttls, e) && hello(c, e);
}

/* RFC 4954 section 4. */
static enum login_answer
auth_answer(void *conversation, const char **challenge, struct err *e)
{
	struct smtp *c = conversation;
	struct smtp_reply reply;

	if (!read_reply(c, &reply, NULL)) {
		stream_ok(c->stream, e);
		return LOGIN_BROKEN;
	}
	if (reply.code == 235)
		return LOGIN_ACCEPTED;
	if (reply.code == 334) {
		*challenge = c->words.data;
		return LOGIN_CHALLENGE;
	}
	refused(c, &reply, ERR_LOGIN, e);
	return LOGIN_REFUSED;
}

static bool
authenticate(struct smtp *c, const struct login *l, struct err *e)
{
	static const struct login_protocol protocol = {
	    .service = "smtp", .command = "AUTH", .line_max = COMMAND_MAX, .answer = auth_answer};
	const char *mechanism;

	if (strcmp(l->auth, "none") == 0)
		return true;
	/* An open door: a server on loopback or in one's own network wants no login. */
	if (strcmp(l->auth, "auto") == 0 && !l->user && !l->has_client_cert)
		return true;
	if (c->features.auth[0] == '\0' && c->params.is_lmtp && strcmp(l->auth, "auto") == 0)
		return true; /* as is usual there */
	if (c->features.auth[0] == '\0') {
		complain(c, ERR_LOGIN, "the server does not offer AUTH", e);
		return err_hint(e, "--auth=none sends without a login");
	}
	mechanism = login_choose(c->dialog, l, &protocol, c->features.auth, e);
	if (mechanism)
		return login_exchange(c->dialog, l, &protocol, c, mechanism, e);
	return err_prefix(e, "%s", stream_name(c->stream));
}

struct smtp *
smtp_open(struct stream *s, const struct login *l, const struct smtp_params *p, struct err *e)
{
	struct smtp *c = mem_alloc(sizeof *c);

	c->stream = s;
	c->params = *p;
	c->dialog = dialog_new(s);
	if (greeting(c, e) && hello(c, e) && (!l->starttls || start_tls(c, l, e)) &&
	    authenticate(c, l, e))
		return c;
	smtp_close(c);
	return NULL;
}

void
smtp_close(struct smtp *c)
{
	if (!c)
		return;
	if (!smtp_is_over(c)) {
		dialog_ask(c->dialog, "QUIT");
		dialog_flush(c->dialog);
	}
	dialog_free(c->dialog);
	buf_free(&c->described);
	buf_free(&c->words);
	free(c);
}

bool
smtp_is_broken(const struct smtp *c)
{
	struct err unused;

	return c->is_closing || !stream_ok(c->stream, &unused);
}

bool
smtp_is_over(const struct smtp *c)
{
	return c->said_quit || c->is_cut || smtp_is_broken(c);
}

bool
smtp_is_idle(struct smtp *c)
{
	return !smtp_is_over(c) && stream_is_idle(c->stream);
}

const struct smtp_features *
smtp_features(const struct smtp *c)
{
	return &c->features;
}

const struct buf *
smtp_described(const struct smtp *c)
{
	return &c->described;
}

/* One message. */

struct transaction {
	struct smtp *c;
	struct smtp_envelope *envelope;
	struct outgoing *message;
	const struct outgoing_facts *facts;
	bool utf8;       /* SMTPUTF8 is used */
	bool last;       /* QUIT goes out with the message */
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

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)address[i] >= 0x80)
			return false;
	return true;
}

static bool
needs_utf8(const struct smtp_envelope *envelope)
{
	bool needs = !local_part_is_ascii(envelope->from);

	for (size_t i = 0; i < envelope->count; i++)
		needs |= !local_part_is_ascii(envelope->recipients[i].address);
	return needs;
}

/* Everything that can be known before the first byte. */
static bool
check(const struct transaction *t, struct err *e)
{
	const struct smtp_features *f = &t->c->features;

	if (f->size_max > 0 && t->facts->size > f->size_max)
		return err_set(e, ERR_MALFORMED,
			       "%s: the message has %" PRIu64
			       " octets, the server takes at most %" PRIu64,
			       stream_name(t->c->stream), t->facts->size, f->size_max);
	if ((t->facts->body_has_8bit || t->facts->header_has_8bit) && !f->eightbit)
		return complain(t->c, ERR_MALFORMED,
				"the message has 8-bit text, the server does not offer 8BITMIME",
				e);
	if (smtp_wishes_check(&t->envelope->wishes, f, e))
		return true;
	return err_prefix(e, "%s", stream_name(t->c->stream));
}

/* An address for the wire. */
static bool
add_path(const struct transaction *t, struct buf *out, const char *address, struct err *e)
{
	const char *domain = address_domain(address);

	if (address[0] != '\0' && !address_is_valid(address))
		return err_set(e, ERR_MALFORMED, "'%s' is no mail address", address);
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
	smtp_wishes_add_mail(&t->envelope->wishes, &line);
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
		smtp_wishes_add_rcpt(&t->envelope->wishes, address, &line);
		dialog_ask(t->c->dialog, "RCPT TO:<%s", line.data);
	}
	buf_free(&line);
	return true;
}

/* The replies to all RCPT. *ACCEPTED is the number of recipients; *e the first refusal. False: the
 * stream failed, and *e says so if nobody was refused before: behind a refusal (421) the server may
 * hang up, and its words tell more; but in a partial sending they are not why the others got
 * nothing. */
static bool
read_recipients(struct transaction *t, size_t *accepted, struct err *e)
{
	size_t refusals = 0;

	*accepted = 0;
	for (size_t i = 0; i < t->envelope->count; i++) {
		struct smtp_recipient *r = &t->envelope->recipients[i];

		if (!read_reply(t->c, &r->reply, NULL))
			return t->is_refused ? false : stream_ok(t->c->stream, e);
		if (is_positive(&r->reply))
			++*accepted;
		else if (refusals++ == 0)
			smtp_explain(stream_name(t->c->stream), r, e);
		t->is_refused = refusals > 0 && !t->envelope->partial;
	}
	t->is_refused |= *accepted == 0;
	return true;
}

/* Without a sender the server refuses whomever: that is not the recipients'. Commands that wait
 * here stay here. */
static void
ignore_recipients(const struct transaction *t)
{
	struct smtp_reply ignored;

	dialog_drop(t->c->dialog);
	for (size_t i = 0; i < t->envelope->count && dialog_unanswered(t->c->dialog) > 0; i++)
		if (!read_reply(t->c, &ignored, NULL))
			return;
}

/* The replies to MAIL and RCPT, read to the last. False: the message must not go out; and if it did
 * already, without a sender or a recipient the server can't have taken it. */
static bool
read_envelope(struct transaction *t, struct err *e)
{
	struct smtp_reply mail;
	size_t accepted;

	if (!read_reply(t->c, &mail, NULL) || !is_positive(&mail)) {
		t->is_refused = mail.code >= 400; /* what was said of it: its end need not come */
		refused(t->c, &mail, ERR_UNAVAILABLE, e);
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
	if (!t->last)
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

/* The end of the message goes out, and QUIT behind it. From then on nobody knows whether it was
 * sent until the reply is seen, even where the line was cut before QUIT was out too. */
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

		if (!is_positive(&r->reply))
			continue;
		if (!read_reply(t->c, &r->reply, NULL))
			return stream_ok(t->c->stream, e);
		r->is_taken = is_positive(&r->reply);
		if (r->is_taken && accepted++ == 0)
			*verdict = r->reply;
		else if (!is_positive(&r->reply) && refusals++ == 0)
			smtp_explain(stream_name(t->c->stream), r, e);
	}
	*t->maybe_sent = false;
	return accepted > 0;
}

static bool
read_one_verdict(const struct transaction *t, struct smtp_reply *reply, struct err *e)
{
	if (!read_reply(t->c, reply, NULL))
		return stream_ok(t->c->stream, e);
	*t->maybe_sent = reply->code < 400 && !is_positive(reply); /* no answer to this */
	if (!is_positive(reply))
		return refused(t->c, reply, ERR_MALFORMED, e);
	for (size_t i = 0; i < t->envelope->count; i++)
		t->envelope->recipients[i].is_taken =
		    is_positive(&t->envelope->recipients[i].reply);
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

/* RFC 3030: the message as one chunk, at once behind a single recipient where it is small. */
static bool
send_bdat(struct transaction *t, struct smtp_reply *reply, struct err *e)
{
	const bool rides =
	    t->c->features.pipelining && t->envelope->count == 1 && t->facts->size <= RIDES_MAX;
	bool ok = true;

	if (!rides && !read_envelope(t, e))
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
		read_reply(t->c, &ignored, NULL);
		return false;
	}
	return read_verdict(t, reply, e);
}

static bool
send_data(struct transaction *t, struct smtp_reply *reply, struct err *e)
{
	struct smtp_reply data;
	bool accepted;

	/* Without PIPELINING the command waits in the queue, so it must not be there before the
	 * recipients are known. */
	if (!t->c->features.pipelining && !read_envelope(t, e))
		return false;
	dialog_ask(t->c->dialog, "DATA");
	accepted = !t->c->features.pipelining || read_envelope(t, e);
	if (!accepted && dialog_unanswered(t->c->dialog) == 0)
		return false; /* DATA stayed here */
	if (!read_reply(t->c, &data, NULL))
		return accepted ? stream_ok(t->c->stream, e) : false;
	if (data.code == 354 && !accepted)
		t->c->is_cut = true; /* only hanging up takes it back (RFC 5321 section 4.1.1.5) */
	if (!accepted)
		return false;
	if (data.code != 354)
		return refused(t->c, &data, ERR_UNAVAILABLE, e);
	if (!pour(t, true, e) || !announce_end(t, e))
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
	read_reply(c, &ignored, NULL);
}

bool
smtp_send(struct smtp *c, struct smtp_envelope *envelope, struct outgoing *message, bool last,
	  struct smtp_reply *reply, bool *maybe_sent, struct err *e)
{
	struct transaction t = {.c = c,
				.envelope = envelope,
				.message = message,
				.facts = outgoing_facts(message),
				.last = last,
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
	if (!ok && !last)
		reset(c);
	return ok;
}
