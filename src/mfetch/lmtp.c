/* SPDX-License-Identifier: ISC */
#include "mfetch/lmtp.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/smtp_account.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/url.h"
#include "deliver/next_hop.h"
#include "message/address.h"
#include "message/outgoing.h"
#include "mfetch/fetch_options.h"
#include "net/connect.h"
#include "net/stream.h"
#include "proto/login.h"
#include "proto/smtp/smtp.h"

enum { GRACE = 5 };

struct lmtp_server {
	struct url url;
	struct connect_params connect;
	struct smtp_params params;
	struct next_hop next_hop;
	char *recipient;
	char *place;
	struct stream *stream;
	struct smtp *smtp;
};

/* The key `recipient`, else who runs this: a server in the house knows him by that name. */
static char *
find_recipient(const struct fetch_options *o, struct err *e)
{
	const char *given = o->recipient;
	const struct passwd *user = given ? NULL : getpwuid(geteuid());

	if (given && !address_is_valid(given))
		err_set(e, ERR_CONFIG, "recipient: '%s' is not a mail address", given);
	else if (given || user)
		return mem_strdup(given ? given : user->pw_name);
	else
		err_set(e, ERR_CONFIG, "who runs this has no name, so whose mailbox at %s is it?",
			o->configured.place);
	err_hint(e, "give --recipient=ADDRESS");
	return NULL;
}

/* One name for one server, however it was written. */
static char *
name_place(const struct url *url, const char *recipient)
{
	char host[sizeof url->host];

	if (url->path[0])
		return mem_printf("lmtp+unix://%s %s", url->path, recipient);
	memcpy(host, url->host, sizeof host);
	text_make_lower(host);
	return mem_printf("lmtp://%s:%u %s", host, url->port, recipient);
}

static void
hang_up(struct lmtp_server *l)
{
	smtp_close(l->smtp);
	stream_close(l->stream);
	l->smtp = NULL;
	l->stream = NULL;
}

static bool
open_conversation(struct lmtp_server *l, struct err *e)
{
	const struct login login = {.is_skipped = true, .host = l->url.host, .port = l->url.port};

	hang_up(l);
	l->stream = stream_open(&l->connect, e);
	if (l->stream)
		l->smtp = smtp_open(l->stream, &login, &l->params, e);
	return l->smtp != NULL;
}

/* A return path that the server could not be told of is none. */
static const char *
sender_for(const struct smtp *c, const char *sender)
{
	return smtp_features(c)->smtputf8 || address_is_ascii(sender) ? sender : "";
}

static bool
send_message(struct lmtp_server *l, const char *sender, struct outgoing *message, bool *maybe_sent,
	     struct err *e)
{
	struct smtp_recipient recipient = {.address = l->recipient};
	struct smtp_envelope envelope = {
	    .from = sender_for(l->smtp, sender), .recipients = &recipient, .count = 1};
	struct smtp_reply reply;

	return smtp_send(l->smtp, &envelope, message, &reply, maybe_sent, e);
}

/*
 * A conversation that was open while a message was being fetched may be over by now: servers hang
 * up on clients that are silent for minutes. If it broke before the message's end went out, the
 * message is handed in once more, because the server has not seen it.
 */
static enum next_hop_answer
hand_in(struct lmtp_server *l, const char *sender, struct outgoing *message, struct err *e)
{
	bool maybe_sent = false, was_open = l->smtp && !smtp_is_over(l->smtp);

	if (was_open && send_message(l, sender, message, &maybe_sent, e))
		return NEXT_HOP_TAKEN;
	if (!was_open || (!maybe_sent && smtp_is_over(l->smtp))) {
		if (!open_conversation(l, e))
			return NEXT_HOP_CLOSED;
		if (send_message(l, sender, message, &maybe_sent, e))
			return NEXT_HOP_TAKEN;
	}
	if (maybe_sent)
		err_hint(e, "it may have been delivered all the same; it stays where it was, and "
			    "the next run hands it in again");
	return NEXT_HOP_REFUSED;
}

static enum next_hop_answer
give(void *ctx, const char *sender, struct source *message, struct err *e)
{
	struct outgoing *outgoing = outgoing_open_as_is(message, e);
	enum next_hop_answer answer;

	if (!outgoing)
		return NEXT_HOP_REFUSED;
	answer = hand_in(ctx, sender, outgoing, e);
	outgoing_free(outgoing);
	return answer;
}

struct lmtp_server *
lmtp_server_new(const struct account *a, const struct fetch_options *o, struct err *e)
{
	struct lmtp_server *l;
	char *recipient = find_recipient(o, e);

	if (!recipient)
		return NULL;
	l = mem_alloc(sizeof *l);
	l->recipient = recipient;
	l->url = o->lmtp;
	l->place = name_place(&l->url, recipient);
	l->params = smtp_account_params(a, &l->url);
	l->params.grace_s = GRACE;
	l->connect = (struct connect_params){.host = l->url.host,
					     .port = l->url.port,
					     .unix_path = l->url.path[0] ? l->url.path : NULL,
					     .family = AF_UNSPEC,
					     .timeout_s = l->params.timeout_s};
	l->next_hop = (struct next_hop){.give = give, .ctx = l};
	return l;
}

void
lmtp_server_free(struct lmtp_server *l)
{
	if (!l)
		return;
	hang_up(l);
	free(l->recipient);
	free(l->place);
	free(l);
}

const struct next_hop *
lmtp_server_next_hop(struct lmtp_server *l)
{
	return &l->next_hop;
}

const char *
lmtp_server_place(const struct lmtp_server *l)
{
	return l->place;
}
