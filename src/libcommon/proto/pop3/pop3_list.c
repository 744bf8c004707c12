/* SPDX-License-Identifier: ISC */
/* pop3_list - the messages of the mailbox: all of them, or what came since. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/pop3/pop3_talk.h"

enum {
	MESSAGES_MAX = 10000000,     /* a server that lists more is playing with our memory, */
	IDS_MAX = 128 * 1024 * 1024, /* or whose ids have more bytes together */
	SINCE_MAX = 100 /* of more new messages the whole list is asked for: it is cheaper a line */
};

/* The end of the digits that begin at P, and their number; NULL: there are none, or too many. Lists
 * have a hundred thousand of them. */
static const char *
parse_digits(const char *p, uint64_t max, uint64_t *number)
{
	const char *const start = p;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		const unsigned digit = (unsigned)(*p - '0');

		if (n > (max - digit) / 10)
			return NULL;
		n = n * 10 + digit;
	}
	*number = n;
	return p > start ? p : NULL;
}

static bool
ends_word(char c)
{
	return c == '\0' || text_is_wsp(c);
}

/* Reads "7 rest": returns the rest, which is empty for "7" alone, or NULL for a malformed line.
 * Some servers separate by tabs. */
static const char *
parse_numbered(const char *line, uint32_t *number)
{
	uint64_t n;

	line = parse_digits(line, UINT32_MAX, &n);
	if (!line || !ends_word(*line) || n == 0)
		return NULL;
	*number = (uint32_t)n;
	while (text_is_wsp(*line))
		line++;
	return line;
}

static struct message_item *
add_item(struct message_list *l, uint32_t number)
{
	l->items = mem_room(l->items, l->count, sizeof *l->items);
	l->items[l->count] = (struct message_item){.number = number, .uid = MESSAGE_NONE};
	return &l->items[l->count++];
}

static bool
may_be_next(const struct message_list *l, uint32_t number)
{
	return l->count < MESSAGES_MAX && (l->count == 0 || l->items[l->count - 1].number < number);
}

/* A message without an id, or with one that is too long to be kept, is still a message. */
static bool
take_uid(struct message_list *l, const char *line, size_t len)
{
	uint32_t number;
	const char *uid = parse_numbered(line, &number);
	const size_t uid_len = uid ? (size_t)(line + len - uid) : 0;
	struct message_item *item;

	if (!uid || !may_be_next(l, number) || l->uids.len + uid_len >= IDS_MAX)
		return false;
	item = add_item(l, number);
	if (uid_len == 0 || uid_len > MAILBOX_UID_MAX)
		return true;
	item->uid = l->uids.len;
	buf_add(&l->uids, uid, uid_len + 1);
	return true;
}

/* After a UIDL of the same session, LIST must speak of the same messages. */
static bool
take_size(struct message_list *l, size_t *at, const char *line)
{
	uint32_t number;
	uint64_t octets;
	const char *rest = parse_numbered(line, &number);

	rest = rest ? parse_digits(rest, UINT64_MAX, &octets) : NULL;
	if (!rest || !ends_word(*rest))
		return false;
	if (!l->has_uids) {
		if (!may_be_next(l, number))
			return false;
		add_item(l, number);
	}
	if (*at >= l->count || l->items[*at].number != number)
		return false;
	l->items[(*at)++].size = octets;
	return true;
}

static bool
read_uids(struct pop3 *c, struct message_list *l, struct err *e)
{
	char *line;
	size_t len;

	switch (pop3_await(c)) {
	case POP3_OK:
		break;
	case POP3_ERR:
		/* The server has none (RFC 1939 section 7: UIDL is optional), unless it says when
		 * or why: then what was delivered before would be taken for new. */
		return !pop3_says_why(c) || pop3_refused(c, ERR_NONE, e);
	default:
		return pop3_refused(c, ERR_PROTOCOL, e);
	}
	l->has_uids = true;
	while ((line = pop3_line(c, &len)))
		if (len > 0 && !take_uid(l, line, len)) {
			stream_fail(c->stream, ERR_PROTOCOL, "malformed line of UIDL: %s", line);
			break;
		}
	if (!stream_ok(c->stream, e))
		return false;
	message_list_drop_ambiguous(l);
	return true;
}

static bool
read_sizes(struct pop3 *c, struct message_list *l, struct err *e)
{
	char *line;
	size_t len, at = 0;

	if (!pop3_ok(c, ERR_UNAVAILABLE, e))
		return false;
	l->has_sizes = true;
	while ((line = pop3_line(c, &len)))
		if (len > 0 && !take_size(l, &at, line)) {
			stream_fail(c->stream, ERR_PROTOCOL, "malformed line of LIST: %s", line);
			break;
		}
	if (stream_ok(c->stream, e) && at != l->count)
		stream_fail(c->stream, ERR_PROTOCOL, "UIDL and LIST do not agree");
	return stream_ok(c->stream, e);
}

bool
pop3_list(void *conversation, unsigned want, struct message_list *l, struct err *e)
{
	struct pop3 *c = conversation;
	const bool want_sizes = (want & WANT_SIZES) || !(want & WANT_UIDS);

	if (want & WANT_UIDS)
		dialog_ask(c->dialog, "UIDL");
	if (want_sizes)
		dialog_ask(c->dialog, "LIST");
	if ((want & WANT_UIDS) && !read_uids(c, l, e))
		return false;
	if (!want_sizes && l->has_uids)
		return true;
	if (!want_sizes)
		dialog_ask(c->dialog, "LIST");
	return read_sizes(c, l, e);
}

/* "MESSAGES OCTETS", and whatever a server adds (RFC 1939 section 5). */
static bool
parse_stat(const char *text, struct pop3_stat *stat)
{
	text += strspn(text, " ");
	text = parse_digits(text, UINT32_MAX, &stat->messages);
	if (!text || *text != ' ')
		return false;
	text = parse_digits(text + strspn(text, " "), UINT64_MAX, &stat->octets);
	return text && (*text == ' ' || *text == '\0');
}

static bool
read_stat(struct pop3 *c, struct err *e)
{
	if (!pop3_ok(c, ERR_UNAVAILABLE, e))
		return false;
	c->stat.known = parse_stat(c->words.data + strlen("+OK"), &c->stat);
	return c->stat.known || err_set(e, ERR_PROTOCOL, "%s: malformed answer to STAT: %s",
					stream_name(c->stream), c->words.data);
}

bool
pop3_count(void *conversation, uint64_t *messages, uint64_t *octets, struct err *e)
{
	struct pop3 *c = conversation;

	dialog_ask(c->dialog, "STAT");
	if (!read_stat(c, e))
		return false;
	*messages = c->stat.messages;
	*octets = c->stat.octets;
	return true;
}

/*
 * Listing what came since. Numbers count from 1 in each session (RFC 1939 section 4), so as long as
 * the message that was the last one has its number and its octets are the last ones' sum, nothing
 * went from before it and nothing came there; unless as many octets went as came.
 */

struct mark {
	uint64_t messages;
	uint64_t octets;
	const char *uid; /* the last one's; borrowed from the text */
};

/* "MESSAGES OCTETS UID" */
static bool
parse_mark(const char *text, struct mark *mark)
{
	const char *octets = strchr(text, ' '), *uid = octets ? strchr(octets + 1, ' ') : NULL;

	if (!uid)
		return false;
	mark->uid = uid + 1;
	return text_number_n(text, (size_t)(octets - text), MESSAGES_MAX, &mark->messages) &&
	       text_number_n(octets + 1, (size_t)(uid - octets - 1), UINT64_MAX, &mark->octets) &&
	       mark->messages > 0 && mark->uid[0] != '\0';
}

char *
pop3_mark(const void *conversation, const struct message_list *l)
{
	const struct pop3 *c = conversation;
	const char *uid = l->count > 0 ? message_list_uid(l, l->count - 1) : NULL;
	struct mark mark = {.messages = l->count};

	if (!uid || !l->has_sizes || c->delete_count > 0 || c->lists_one_by_many)
		return NULL;
	for (size_t i = 0; i < l->count; i++)
		mark.octets += l->items[i].size;
	/* The messages that will be requested; the server's sum may differ from ours. */
	if (c->stat.known)
		mark = (struct mark){.messages = c->stat.messages, .octets = c->stat.octets};
	if (l->items[l->count - 1].number != mark.messages)
		return NULL;
	return mem_printf("%" PRIu64 " %" PRIu64 " %s", mark.messages, mark.octets, uid);
}

/*
 * The answer to a command about one message is its line of the list (RFC 1939 sections 5 and 7).
 * NULL: it is something else. Some servers answer with a list of that one line, so what follows may
 * be more of it: the conversation is put back into step, UNREAD being the answers asked for beside
 * this one.
 */
static const char *
read_list_line(struct pop3 *c, size_t unread)
{
	const enum pop3_status status = pop3_await(c);
	const char *line = c->words.data + strlen("+OK");

	if (status == POP3_CHALLENGE)
		stream_fail(c->stream, ERR_PROTOCOL, "not a POP3 answer: %s", c->words.data);
	if (status != POP3_OK)
		return NULL;
	line += strspn(line, " ");
	if (*line >= '0' && *line <= '9')
		return line;
	c->lists_one_by_many = true;
	pop3_resync(c, unread);
	return NULL;
}

static bool
last_has_its_number(struct pop3 *c, const struct mark *mark)
{
	const char *line = read_list_line(c, 0);
	uint32_t number;
	const char *uid = line ? parse_numbered(line, &number) : NULL;

	return uid && number == mark->messages && strcmp(uid, mark->uid) == 0;
}

/* Without PIPELINING it takes the two round trips of a listing, unless nothing is new. */
static bool
begins_as_known(struct pop3 *c, const struct mark *mark)
{
	const bool both = c->features.pipelining;
	struct err unused; /* of a refusal or a malformed answer: then everything is listed */

	dialog_ask(c->dialog, "STAT");
	if (both)
		dialog_ask(c->dialog, "UIDL %" PRIu64, mark->messages);
	c->stat.known = false;
	read_stat(c, &unused);
	if (!both) {
		if (!c->stat.known || c->stat.messages != mark->messages ||
		    c->stat.octets != mark->octets)
			return false;
		dialog_ask(c->dialog, "UIDL %" PRIu64, mark->messages);
	}
	return last_has_its_number(c, mark) && c->stat.known &&
	       c->stat.messages >= mark->messages && c->stat.messages - mark->messages <= SINCE_MAX;
}

static void
ask_newer(struct pop3 *c, const struct mark *mark)
{
	for (uint64_t n = mark->messages + 1; n <= c->stat.messages; n++) {
		dialog_ask(c->dialog, "UIDL %" PRIu64, n);
		dialog_ask(c->dialog, "LIST %" PRIu64, n);
	}
}

/* Reads COUNT answers that are of no use any more. Always false. */
static bool
skip_answers(struct pop3 *c, size_t count)
{
	for (; count > 0 && pop3_await(c) != POP3_FAILED; count--)
		;
	return false;
}

/* All answers are read; false: not all are as they should be. */
static bool
read_newer(struct pop3 *c, const struct mark *mark, struct message_list *l)
{
	uint64_t octets = mark->octets;
	size_t at = 0;

	for (uint64_t n = mark->messages + 1; n <= c->stat.messages; n++) {
		const size_t unread = 2 * (size_t)(c->stat.messages - n);
		const char *line = read_list_line(c, unread + 1);
		bool ok =
		    line && take_uid(l, line, strlen(line)) && l->items[at].number == (uint32_t)n;

		if (c->lists_one_by_many)
			return false;
		line = read_list_line(c, unread);
		ok = ok && line && take_size(l, &at, line);
		if (!ok)
			return c->lists_one_by_many ? false : skip_answers(c, unread);
		octets += l->items[at - 1].size;
	}
	return octets == c->stat.octets;
}

/* Did the mailbox only grow at its end? Then *L is what came. */
static bool
list_newer(struct pop3 *c, const struct mark *mark, struct message_list *l)
{
	if (!begins_as_known(c, mark))
		return false;
	l->has_uids = l->has_sizes = true;
	ask_newer(c, mark);
	if (!read_newer(c, mark, l))
		return false;
	message_list_drop_ambiguous(l);
	for (size_t i = 0; i < l->count; i++)
		if (!message_list_uid(l, i))
			return false;
	return true;
}

bool
pop3_list_since(void *conversation, unsigned want, const char *text, struct message_list *l,
		bool *is_whole, struct err *e)
{
	struct pop3 *c = conversation;
	struct mark mark;

	*is_whole = !parse_mark(text, &mark) || !list_newer(c, &mark, l);
	if (!stream_ok(c->stream, e))
		return false;
	if (!*is_whole)
		return true;
	message_list_free(l);
	return pop3_list(c, want, l, e);
}
