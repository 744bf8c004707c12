/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_count.h"

#include "base/text.h"
#include "proto/imap/imap_messages.h"
#include "proto/imap/imap_select.h"
#include "proto/imap/imap_talk.h"

struct counting {
	uint64_t messages;
	uint64_t octets;
	bool has_both;
};

static bool
read_status(struct counting *x, struct imap *c)
{
	struct imap_token t, value;
	bool has_messages = false, has_size = false;

	if (!imap_next(c, &t) || !imap_skip_value(c, &t) || !imap_next(c, &t) ||
	    t.kind != TOKEN_OPEN)
		return false;
	while (imap_next(c, &t) && t.kind == TOKEN_ATOM) {
		const bool is_messages = imap_is(&t, "MESSAGES"), is_size = imap_is(&t, "SIZE");

		if (!imap_next(c, &value))
			return false;
		has_messages |= is_messages && imap_number64(&value, &x->messages);
		has_size |= is_size && imap_number64(&value, &x->octets);
	}
	x->has_both = has_messages && has_size;
	return true;
}

static bool
take_status(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	return text_equal_case(u->keyword, "STATUS") && read_status(ctx, c);
}

static bool
count_by_status(struct imap *c, struct counting *x, struct err *e)
{
	struct buf name = {0};
	enum imap_status status;

	if (!imap_add_folder(c, &name, e))
		return false;
	imap_ask(c, "STATUS %s (MESSAGES SIZE)", name.data);
	buf_free(&name);
	status = imap_await_data(c, take_status, x);
	return imap_ok(c, status, ERR_NO_INPUT, e);
}

bool
imap_count(void *conversation, uint64_t *messages, uint64_t *octets, struct err *e)
{
	struct imap *c = conversation;
	struct counting x = {0};
	struct message_list l = {0};
	bool ok = true;

	if (c->stage.is_authenticated && imap_can(c, IMAP_STATUS_SIZE) && !c->folder.is_selected)
		ok = count_by_status(c, &x, e);
	if (ok && !x.has_both) {
		x = (struct counting){0};
		ok = imap_list(c, WANT_SIZES, &l, e);
		x.messages = l.count;
		for (size_t i = 0; i < l.count; i++)
			x.octets += l.items[i].size;
	}
	message_list_free(&l);
	*messages = x.messages;
	*octets = x.octets;
	return ok;
}
