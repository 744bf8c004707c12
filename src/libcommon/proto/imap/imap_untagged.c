/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_untagged.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_code.h"
#include "proto/imap/imap_error.h"
#include "proto/imap/imap_response.h"

enum {
	UNTAKEN_MAX = 1000 * 1000, /* untagged responses in one answer that nobody asked for */
	BYE_GRACE_S = 2,           /* after BYE, for the end of the connection */
	ALERTS_MAX = 8192          /* bytes of what a server wants the user to see, in a session */
};

/* Response codes. */

static void
take_capability_code(struct imap *c, const struct imap_code *code)
{
	imap_capabilities_read(&c->capabilities, code->arguments, code->arguments_len);
}

static void
take_message_limit(struct imap *c, const struct imap_code *code)
{
	if (code->has_number && code->number > 0)
		c->capabilities.message_limit = (uint32_t)code->number;
}

static void
take_uid_next(struct imap *c, const struct imap_code *code)
{
	if (code->has_number)
		c->facts.next_uid = (uint32_t)code->number;
}

/* In the answer to SELECT, or later, when the folder's rights have changed. */
static void
note_permanent_flags(struct imap *c, const char *list, size_t len)
{
	free(c->folder.permanent);
	c->folder.permanent = mem_strndup(list, len);
}

static void
take_read_only(struct imap *c, const struct imap_code *code)
{
	(void)code;
	c->folder.rights = 0;
	note_permanent_flags(c, "()", 2);
}

static void
take_permanent_flags(struct imap *c, const struct imap_code *code)
{
	if (code->fixed & IMAP_FIXED_DELETED)
		c->folder.rights &= ~(unsigned)RIGHT_DELETE;
	if (code->fixed & IMAP_FIXED_SEEN)
		c->folder.rights &= ~(unsigned)RIGHT_MARK_READ;
	note_permanent_flags(c, code->arguments, code->arguments_len);
}

/* Once UIDs are known, another UIDVALIDITY means that each of them may now be another message. */
static void
take_validity(struct imap *c, const struct imap_code *code)
{
	const uint64_t before = c->facts.validity;

	if (code->has_number)
		c->facts.validity = code->number;
	if (c->folder.is_selected && c->facts.validity != before)
		imap_breach(c, "UIDVALIDITY changed in the middle of the session");
}

static bool
has_line(const struct buf *lines, const char *line)
{
	const size_t len = strlen(line);

	for (const char *p = lines->len > 0 ? lines->data : ""; *p; p += strcspn(p, "\n") + 1)
		if (strcspn(p, "\n") == len && memcmp(p, line, len) == 0)
			return true;
	return false;
}

/* An alert that comes with every answer is shown once. */
static void
take_alert(struct imap *c, const struct imap_code *code)
{
	const size_t from = c->alerts.lines.len;
	char *line;

	if (code->words_len == 0 || code->words_len > ALERTS_MAX - from)
		return;
	line = mem_strndup(code->words, code->words_len);
	dialog_mask(c->dialog, line);
	if (!has_line(&c->alerts.lines, line))
		buf_addf(&c->alerts.lines, "%s\n", line);
	free(line);
}

static void
take_overflow(struct imap *c, const struct imap_code *code)
{
	(void)code;
	c->notify.is_over = c->notify.count > 0;
}

/* The codes that change the session's state. */
static void (*const code_takers[])(struct imap *c, const struct imap_code *code) = {
    [IMAP_CODE_ALERT] = take_alert,
    [IMAP_CODE_CAPABILITY] = take_capability_code,
    [IMAP_CODE_MESSAGELIMIT] = take_message_limit,
    [IMAP_CODE_NOTIFICATIONOVERFLOW] = take_overflow,
    [IMAP_CODE_PERMANENTFLAGS] = take_permanent_flags,
    [IMAP_CODE_READ_ONLY] = take_read_only,
    [IMAP_CODE_UIDNEXT] = take_uid_next,
    [IMAP_CODE_UIDVALIDITY] = take_validity,
};

void
imap_take_code(struct imap *c, const char *words)
{
	struct imap_code code;

	imap_code_in(&code, words);
	if (code.kind < sizeof code_takers / sizeof code_takers[0] && code_takers[code.kind])
		code_takers[code.kind](c, &code);
}

/* Status responses and data. */

static bool
take_status(struct imap *c, const char *keyword)
{
	struct buf words = {0};
	const bool ok = imap_read_words(c, keyword, &words);

	if (ok)
		imap_take_code(c, words.data);
	buf_free(&words);
	return ok;
}

/* The server is about to close the connection (RFC 9051 section 7.1.5): one that does not is not
 * waited for as long as for an answer. A proxy may say it before the answers to the last flight. */
static bool
take_bye(struct imap *c, const char *keyword)
{
	const bool ok = imap_read_words(c, keyword, &c->bye);

	if (ok && !imap_is_unordered(c))
		stream_limit_timeout(c->stream, BYE_GRACE_S);
	return ok;
}

static bool
take_capability(struct imap *c, const char *keyword)
{
	struct buf words = {0};
	const bool ok = imap_read_words(c, "", &words);

	(void)keyword;
	if (ok)
		imap_capabilities_read(&c->capabilities, words.data, words.len);
	buf_free(&words);
	return ok;
}

/* Untagged data that concerns the whole session, whichever command waits. */
static const struct {
	const char *keyword;
	bool (*take)(struct imap *c, const char *keyword);
} session_data[] = {
    {"OK", take_status},      {"NO", take_status}, {"BAD", take_status},
    {"PREAUTH", take_status}, {"BYE", take_bye},   {"CAPABILITY", take_capability},
};

static void
take_numbered(struct imap *c, const struct imap_untagged *u)
{
	if (text_equal_case(u->keyword, "EXISTS")) {
		c->folder.exists = u->number;
	} else if (text_equal_case(u->keyword, "EXPUNGE") && c->folder.exists > 0) {
		c->folder.exists--;
		c->folder.expunged++;
	}
}

static bool
read_untagged_head(struct imap *c, struct imap_untagged *u)
{
	struct imap_token t;

	if (!imap_next(c, &t))
		return imap_breach(c, "* and nothing after it");
	u->has_number = imap_number(&t, &u->number);
	if (u->has_number && !imap_next(c, &t))
		return imap_breach(c, "a number and nothing after it");
	if (t.kind != TOKEN_ATOM || t.len >= sizeof u->keyword)
		return imap_breach(c, "* and no word after it");
	memcpy(u->keyword, t.text, t.len);
	return true;
}

bool
imap_take_untagged(struct imap *c)
{
	struct imap_untagged u = {0};

	if (!read_untagged_head(c, &u))
		return false;
	if (++c->reader.unsolicited > UNTAKEN_MAX)
		return imap_breach_endless(c);
	for (size_t i = 0; !u.has_number && i < sizeof session_data / sizeof session_data[0]; i++)
		if (text_equal_case(u.keyword, session_data[i].keyword))
			return session_data[i].take(c, u.keyword);
	if (u.has_number)
		take_numbered(c, &u);
	if (c->take && c->take(c->take_ctx, c, &u))
		c->reader.unsolicited--;
	else if (c->notify.count > 0)
		c->notify.take(c, &u);
	imap_finish(c);
	return stream_ok(c->stream, &(struct err){0});
}
