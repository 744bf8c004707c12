/* SPDX-License-Identifier: ISC */
#include "proto/mailbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "message/receiver.h"
#include "proto/folder.h"

bool
mailbox_list(struct mailbox *m, unsigned want, struct message_list *l, struct err *e)
{
	*l = (struct message_list){0};
	return m->protocol->list(m->conversation, want, l, e);
}

bool
mailbox_can_list_headers(const struct mailbox *m)
{
	return m->protocol->list_headers != NULL;
}

bool
mailbox_list_headers(struct mailbox *m, unsigned want, struct message_list *l,
		     message_headed headed, void *ctx, struct err *e)
{
	*l = (struct message_list){0};
	return m->protocol->list_headers(m->conversation, want, l, headed, ctx, e);
}

bool
mailbox_list_some(struct mailbox *m, unsigned want, const struct mailbox_some *some,
		  struct message_list *l, enum mailbox_listed *listed, struct err *e)
{
	*listed = LISTED_WHOLE;
	if (!m->protocol->list_some)
		return mailbox_list(m, want, l, e);
	*l = (struct message_list){0};
	return m->protocol->list_some(m->conversation, want, some, l, listed, e);
}

bool
mailbox_folders(struct mailbox *m, bool with_counts, struct folder_list *l, struct err *e)
{
	*l = (struct folder_list){0};
	if (m->protocol->folders)
		return m->protocol->folders(m->conversation, with_counts, l, e);
	return err_set(e, ERR_CONFIG, "POP3 has no folders");
}

bool
mailbox_turn(struct mailbox *m, const char *folder)
{
	return m->protocol->turn && m->protocol->turn(m->conversation, folder);
}

bool
mailbox_list_since(struct mailbox *m, unsigned want, const char *mark, struct message_list *l,
		   bool *is_whole, struct err *e)
{
	*is_whole = true;
	if (!m->protocol->list_since)
		return mailbox_list(m, want, l, e);
	*l = (struct message_list){0};
	return m->protocol->list_since(m->conversation, want, mark, l, is_whole, e);
}

char *
mailbox_mark(const struct mailbox *m, const struct message_list *l)
{
	return m->protocol->mark ? m->protocol->mark(m->conversation, l) : NULL;
}

bool
mailbox_count(struct mailbox *m, uint64_t *messages, uint64_t *octets, struct err *e)
{
	return m->protocol->count(m->conversation, messages, octets, e);
}

bool
mailbox_find(struct mailbox *m, const struct message_list *l, const char *query,
	     struct message_set *found, struct err *e)
{
	return m->protocol->find(m->conversation, l, query, found, e);
}

bool
mailbox_list_found(struct mailbox *m, const char *query, struct message_list *l, bool *is_listed,
		   struct err *e)
{
	*l = (struct message_list){0};
	return m->protocol->list_found(m->conversation, query, l, is_listed, e);
}

bool
mailbox_fetch(struct mailbox *m, const struct message_list *l, const struct message_set *set,
	      enum part part, const struct receiver *r, void *ctx, struct err *e)
{
	return m->protocol->fetch(m->conversation, l, set, part, r, ctx, e);
}

uint64_t
mailbox_size_limit(uint64_t size)
{
	enum { MORE = 1024 * 1024 };
	const uint64_t largest = UINT64_C(1) << 40, unannounced = UINT64_C(1) << 32;

	return size > 0 && size <= largest ? 2 * size + MORE : unannounced;
}

bool
mailbox_blame(struct err *e, const char *place, const struct message_info *info)
{
	const size_t len = strlen(place);
	const bool has_place = strncmp(e->text, place, len) == 0 && e->text[len] == ':';
	char *rest =
	    mem_strdup(has_place ? e->text + len + 1 + (e->text[len + 1] == ' ') : e->text);

	if (info->uid)
		snprintf(e->text, sizeof e->text, "%s: uid:%s: %s", place, info->uid, rest);
	else
		snprintf(e->text, sizeof e->text, "%s: message %" PRIu32 ": %s", place,
			 info->number, rest);
	free(rest);
	return false;
}

void
mailbox_remove(struct mailbox *m, const struct message_list *l, const struct message_set *set)
{
	m->protocol->remove(m->conversation, l, set);
}

void
mailbox_mark_read(struct mailbox *m, const struct message_list *l, const struct message_set *set)
{
	if (m->protocol->mark_read)
		m->protocol->mark_read(m->conversation, l, set);
}

bool
mailbox_settle(struct mailbox *m, struct err *e)
{
	return m->protocol->settle ? m->protocol->settle(m->conversation, e) : mailbox_commit(m, e);
}

bool
mailbox_commit(struct mailbox *m, struct err *e)
{
	return m->protocol->commit(m->conversation, e);
}

void
mailbox_only_look(struct mailbox *m)
{
	if (m->protocol->only_look)
		m->protocol->only_look(m->conversation);
}

bool
mailbox_check_rights(const struct mailbox *m, unsigned rights, struct err *e)
{
	return !m->protocol->check_rights || m->protocol->check_rights(m->conversation, rights, e);
}

size_t
mailbox_unconfirmed(const struct mailbox *m)
{
	return m->facts->unconfirmed;
}

bool
mailbox_stay(struct mailbox *m)
{
	if (!m->protocol->stay)
		return false;
	m->protocol->stay(m->conversation);
	return true;
}

bool
mailbox_wait(struct mailbox *m, unsigned idle_s, unsigned poll_s, struct err *e)
{
	return m->protocol->wait(m->conversation, idle_s, poll_s, e);
}

bool
mailbox_announce(struct mailbox *m, char *const *folders, size_t count, bool *announces,
		 struct err *e)
{
	*announces = false;
	return !m->protocol->announce ||
	       m->protocol->announce(m->conversation, folders, count, announces, e);
}

bool
mailbox_has_news(const struct mailbox *m, const char *folder)
{
	return m->protocol->has_news && m->protocol->has_news(m->conversation, folder);
}

void
mailbox_close(struct mailbox *m)
{
	if (m->protocol)
		m->protocol->close(m->conversation);
	*m = (struct mailbox){0};
}

const struct mailbox_customs *
mailbox_customs(const struct mailbox *m)
{
	return &m->facts->customs;
}

uint64_t
mailbox_validity(const struct mailbox *m)
{
	return m->facts->validity;
}

uint32_t
mailbox_next_uid(const struct mailbox *m)
{
	return m->facts->next_uid;
}

char *
mailbox_alert(struct mailbox *m)
{
	return m->protocol->alert ? m->protocol->alert(m->conversation) : NULL;
}

static bool
cannot_change(struct err *e)
{
	return err_set(e, ERR_UNAVAILABLE, "POP3 has neither flags nor folders");
}

bool
mailbox_change(struct mailbox *m, const struct message_list *l, const struct message_set *set,
	       const struct mailbox_change *change, struct err *e)
{
	return m->protocol->change ? m->protocol->change(m->conversation, l, set, change, e)
				   : cannot_change(e);
}

bool
mailbox_append(struct mailbox *m, const struct mailbox_append *a, struct buf *uid, struct err *e)
{
	return m->protocol->append ? m->protocol->append(m->conversation, a, uid, e)
				   : cannot_change(e);
}
