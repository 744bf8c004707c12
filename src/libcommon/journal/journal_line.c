/* SPDX-License-Identifier: ISC */
#include "journal/journal_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal_index.h"
#include "message/fingerprint.h"

#define HEAD_V1 "mailverbs seen 1 "
#define HEAD_V2 "mailverbs journal 2 "

/* Writing. */

void
journal_line_head(struct buf *out, const char *mailbox, const char *destination)
{
	buf_add_str(out, HEAD_V2);
	text_escape(out, mailbox);
	buf_add_char(out, ' ');
	text_escape(out, destination);
	buf_add_char(out, '\n');
}

static void
end_with_print(struct buf *out, const char *print)
{
	if (print) {
		buf_add_char(out, ' ');
		buf_add_str(out, print);
	}
	buf_add_char(out, '\n');
}

void
journal_line_intent(struct buf *out, const char *uid, const char *place, uint64_t octets,
		    const char *print)
{
	buf_add_str(out, "+ ");
	text_escape(out, uid);
	buf_add_char(out, ' ');
	text_escape(out, place);
	buf_add_char(out, ' ');
	buf_add_number(out, octets);
	end_with_print(out, print);
}

void
journal_line_done(struct buf *out, int64_t when, uint64_t octets, const char *uid,
		  const char *print)
{
	buf_add_str(out, "= ");
	buf_add_number(out, (uint64_t)when);
	buf_add_char(out, ' ');
	buf_add_number(out, octets);
	buf_add_char(out, ' ');
	text_escape(out, uid);
	end_with_print(out, print);
}

void
journal_line_signed(struct buf *out, char sign, const char *uid)
{
	buf_add_char(out, sign);
	buf_add_char(out, ' ');
	text_escape(out, uid);
	buf_add_char(out, '\n');
}

/* A line of a number and an id. */
static void
add_numbered(struct buf *out, char sign, uint64_t number, const char *uid)
{
	buf_add_char(out, sign);
	buf_add_char(out, ' ');
	buf_add_number(out, number);
	buf_add_char(out, ' ');
	text_escape(out, uid);
	buf_add_char(out, '\n');
}

void
journal_line_marked(struct buf *out, uint64_t octets, const char *uid)
{
	add_numbered(out, '~', octets, uid);
}

void
journal_line_deleted(struct buf *out, uint64_t octets, const char *uid)
{
	add_numbered(out, 'x', octets, uid);
}

void
journal_line_missing(struct buf *out, int64_t since, const char *uid)
{
	add_numbered(out, '?', (uint64_t)since, uid);
}

void
journal_line_entry(struct buf *out, const struct journal_index *k,
		   const struct journal_index_entry *entry)
{
	const char *uid = journal_index_key_of(k, entry);

	if (entry->when != 0)
		journal_line_done(out, entry->when, entry->octets, uid,
				  journal_index_print_of(k, entry));
	else
		journal_line_marked(out, entry->octets, uid);
	if (entry->is_deleted)
		journal_line_deleted(out, entry->deleted_octets, uid);
	if (entry->missing != 0)
		journal_line_missing(out, entry->missing, uid);
}

/* Reading. */

/* Ends the word at the blank after it. Returns the rest, or NULL. */
static char *
next_word(char *word)
{
	char *blank = strchr(word, ' ');

	if (!blank)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

/* Its last word, which an earlier line may have had already. */
static bool
take_print(struct journal_index *k, struct journal_index_entry *entry, const char *print)
{
	if (!print)
		return true;
	if (strlen(print) != FINGERPRINT_LEN ||
	    strspn(print, "0123456789abcdef") != FINGERPRINT_LEN)
		return false;
	entry->print = journal_index_add_text(k, print);
	entry->has_print = true;
	return true;
}

/* Reads "NUMBER REST". NULL: no number, or nothing after it. */
static char *
take_number(char *text, uint64_t max, uint64_t *number)
{
	char *rest = next_word(text);

	return rest && text_number(text, max, number) ? rest : NULL;
}

static bool
take_done(struct journal_index *k, char *rest, uint64_t when, uint64_t octets)
{
	char *uid = rest, *print = next_word(uid);
	struct journal_index_entry *entry;

	if (when == 0 || !text_unescape(uid))
		return false;
	entry = journal_index_find_or_add(k, uid);
	entry->place = 0;
	entry->when = (int64_t)when;
	entry->octets = octets;
	entry->missing = 0;
	entry->is_deleted = false;
	return take_print(k, entry, print);
}

static bool
take_done_v1(struct journal_index *k, char *rest)
{
	uint64_t when;
	char *uid = take_number(rest, INT64_MAX, &when);

	return uid && take_done(k, uid, when, 0);
}

static bool
take_done_v2(struct journal_index *k, char *rest)
{
	uint64_t when, octets;
	char *size = take_number(rest, INT64_MAX, &when);
	char *uid = size ? take_number(size, UINT64_MAX, &octets) : NULL;

	return uid && take_done(k, uid, when, octets);
}

static bool
take_intent(struct journal_index *k, char *uid, char *place, uint64_t octets, const char *print)
{
	struct journal_index_entry *entry;

	if (!text_unescape(uid) || !text_unescape(place))
		return false;
	entry = journal_index_find_or_add(k, uid);
	entry->place = journal_index_add_text(k, place);
	entry->coming = octets;
	return take_print(k, entry, print);
}

static bool
take_intent_v1(struct journal_index *k, char *uid)
{
	char *place = next_word(uid), *print = place ? next_word(place) : NULL;

	return place && take_intent(k, uid, place, 0, print);
}

static bool
take_intent_v2(struct journal_index *k, char *uid)
{
	char *place = next_word(uid), *size = place ? next_word(place) : NULL;
	char *print = size ? next_word(size) : NULL;
	uint64_t octets;

	return size && text_number(size, UINT64_MAX, &octets) &&
	       take_intent(k, uid, place, octets, print);
}

static bool
take_void(struct journal_index *k, char *uid)
{
	struct journal_index_entry *entry;

	if (!text_unescape(uid))
		return false;
	entry = journal_index_find(k, uid);
	if (entry)
		entry->place = 0;
	return true;
}

static bool
take_mark(struct journal_index *k, char *uid, uint64_t octets)
{
	struct journal_index_entry *entry;

	if (!text_unescape(uid))
		return false;
	entry = journal_index_find_or_add(k, uid);
	entry->octets = octets;
	entry->missing = 0;
	return entry->is_marked = true;
}

static bool
take_mark_v1(struct journal_index *k, char *uid)
{
	return take_mark(k, uid, 0);
}

static bool
take_mark_v2(struct journal_index *k, char *rest)
{
	uint64_t octets;
	char *uid = take_number(rest, UINT64_MAX, &octets);

	return uid && take_mark(k, uid, octets);
}

static bool
take_deleted(struct journal_index *k, char *rest)
{
	uint64_t octets;
	char *uid = take_number(rest, UINT64_MAX, &octets);
	struct journal_index_entry *entry;

	if (!uid || !text_unescape(uid))
		return false;
	entry = journal_index_find_or_add(k, uid);
	entry->deleted_octets = octets;
	return entry->is_deleted = true;
}

static bool
take_missing(struct journal_index *k, char *rest)
{
	uint64_t since;
	char *uid = take_number(rest, INT64_MAX, &since);
	struct journal_index_entry *entry;

	if (!uid || !text_unescape(uid))
		return false;
	entry = journal_index_find(k, uid);
	if (entry)
		entry->missing = (int64_t)since;
	return true;
}

static bool
take_gone(struct journal_index *k, char *uid)
{
	if (!text_unescape(uid))
		return false;
	journal_index_forget(journal_index_find_or_add(k, uid));
	return true;
}

struct line_kind {
	char sign;
	bool (*take)(struct journal_index *k, char *rest);
};

static bool
take_line(struct journal_index *k, enum journal_version version, char *line)
{
	static const struct line_kind v1[] = {{'=', take_done_v1}, {'+', take_intent_v1},
					      {'-', take_void},    {'~', take_mark_v1},
					      {'x', take_deleted}, {'/', take_gone}};
	static const struct line_kind v2[] = {
	    {'=', take_done_v2}, {'+', take_intent_v2}, {'-', take_void},   {'~', take_mark_v2},
	    {'x', take_deleted}, {'/', take_gone},      {'?', take_missing}};
	const struct line_kind *kinds = version == JOURNAL_V1 ? v1 : v2;
	const size_t count =
	    version == JOURNAL_V1 ? sizeof v1 / sizeof v1[0] : sizeof v2 / sizeof v2[0];

	for (size_t i = 0; i < count; i++)
		if (line[0] == kinds[i].sign && line[1] == ' ')
			return kinds[i].take(k, line + 2);
	return false;
}

/* The two words of a V2 head, unescaped in LINE. False: it is none. */
static bool
split_head(char *line, char **mailbox, char **destination)
{
	if (strncmp(line, HEAD_V2, strlen(HEAD_V2)) != 0)
		return false;
	*mailbox = line + strlen(HEAD_V2);
	*destination = next_word(*mailbox);
	return *destination && text_unescape(*mailbox) && text_unescape(*destination);
}

static bool
is_about(const char *mailbox, const char *destination, const struct journal_subject *subject)
{
	return strcmp(mailbox, subject->mailbox) == 0 &&
	       (!subject->destination || strcmp(destination, subject->destination) == 0);
}

static bool
check_head_v1(char *line, const struct journal_subject *subject)
{
	char *destination = line + strlen(HEAD_V1);

	return strncmp(line, HEAD_V1, strlen(HEAD_V1)) == 0 && text_unescape(destination) &&
	       (!subject->destination || strcmp(destination, subject->destination) == 0);
}

/* LINE comes without its end. False with *e ERR_NONE: not a head. */
static bool
check_head(char *line, const char *path, const struct journal_subject *subject, struct err *e)
{
	char *mailbox, *destination;

	if (subject->version == JOURNAL_V1)
		return check_head_v1(line, subject);
	if (!split_head(line, &mailbox, &destination))
		return false;
	if (is_about(mailbox, destination, subject))
		return true;
	err_set(e, ERR_IO, "%s: this is the journal of '%s' to '%s', not of '%s' to '%s'", path,
		mailbox, destination, subject->mailbox,
		subject->destination ? subject->destination : destination);
	return err_hint(e, "if the server was renamed, see RENAMED SERVERS in mfetch(1)");
}

static bool
damaged(const char *path, size_t line, struct err *e)
{
	err_set(e, ERR_IO, "%s:%zu: the record of delivered messages is damaged here", path, line);
	return err_hint(e, "mend or remove the file; without it what is on the server is fetched "
			   "once more");
}

bool
journal_line_load(struct journal_index *k, FILE *file, const char *path,
		  const struct journal_subject *subject, off_t *whole, struct err *e)
{
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t len;
	bool ok = true;

	*whole = 0;
	e->code = ERR_NONE;
	while (ok && (len = getline(&line, &size, file)) > 0 && line[len - 1] == '\n') {
		line[len - 1] = '\0';
		number++;
		ok = strlen(line) == (size_t)len - 1 &&
		     (number == 1 ? check_head(line, path, subject, e)
				  : take_line(k, subject->version, line));
		*whole += len;
	}
	free(line);
	if (!ok)
		return e->code == ERR_NONE ? damaged(path, number, e) : false;
	return !ferror(file) || err_set_errno(e, ERR_IO, "%s", path);
}

char *
journal_line_mailbox_of(FILE *file, const char *destination)
{
	char *line = NULL, *mailbox, *other, *found = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, file);

	if (len > 0 && line[len - 1] == '\n') {
		line[len - 1] = '\0';
		if (split_head(line, &mailbox, &other) && strcmp(other, destination) == 0)
			found = mem_strdup(mailbox);
	}
	free(line);
	return found;
}
