/* SPDX-License-Identifier: ISC */
#include "journal/journal_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "journal/journal_index.h"
#include "message/fingerprint.h"

#define HEAD "mailverbs seen 1 "

/* Writing. */

void
journal_line_head(struct buf *out, const char *destination)
{
	buf_add_str(out, HEAD);
	text_escape(out, destination);
	buf_add_char(out, '\n');
}

void
journal_line_intent(struct buf *out, const char *uid, const char *place, const char *print)
{
	buf_add_str(out, "+ ");
	text_escape(out, uid);
	buf_add_char(out, ' ');
	text_escape(out, place);
	buf_addf(out, "%s%s\n", print ? " " : "", print ? print : "");
}

void
journal_line_done(struct buf *out, int64_t when, const char *uid, const char *print)
{
	buf_addf(out, "= %" PRId64 " ", when);
	text_escape(out, uid);
	buf_addf(out, "%s%s\n", print ? " " : "", print ? print : "");
}

void
journal_line_signed(struct buf *out, char sign, const char *uid)
{
	buf_add_char(out, sign);
	buf_add_char(out, ' ');
	text_escape(out, uid);
	buf_add_char(out, '\n');
}

void
journal_line_deleted(struct buf *out, uint64_t octets, const char *uid)
{
	buf_addf(out, "x %" PRIu64 " ", octets);
	text_escape(out, uid);
	buf_add_char(out, '\n');
}

void
journal_line_entry(struct buf *out, const struct journal_index *k,
		   const struct journal_index_entry *entry)
{
	const char *uid = journal_index_key_of(k, entry);

	if (entry->when != 0)
		journal_line_done(out, entry->when, uid, journal_index_print_of(k, entry));
	else
		journal_line_signed(out, '~', uid);
	if (entry->is_deleted)
		journal_line_deleted(out, entry->octets, uid);
}

/* Reading. */

/* Ends the word at the blank behind it. What follows, or NULL. */
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

static bool
take_done(struct journal_index *k, char *rest)
{
	char *uid = next_word(rest), *print = uid ? next_word(uid) : NULL;
	struct journal_index_entry *entry;
	uint64_t when;

	if (!uid || !text_number(rest, INT64_MAX, &when) || when == 0 || !text_unescape(uid))
		return false;
	entry = journal_index_find_or_add(k, uid);
	entry->place = 0;
	entry->when = (int64_t)when;
	entry->is_deleted = false;
	return take_print(k, entry, print);
}

static bool
take_intent(struct journal_index *k, char *uid)
{
	char *place = next_word(uid), *print = place ? next_word(place) : NULL;
	struct journal_index_entry *entry;

	if (!place || !text_unescape(uid) || !text_unescape(place))
		return false;
	entry = journal_index_find_or_add(k, uid);
	entry->place = journal_index_add_text(k, place);
	return take_print(k, entry, print);
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
take_mark(struct journal_index *k, char *uid)
{
	if (!text_unescape(uid))
		return false;
	journal_index_find_or_add(k, uid)->is_marked = true;
	return true;
}

static bool
take_deleted(struct journal_index *k, char *rest)
{
	char *uid = strchr(rest, ' ');
	struct journal_index_entry *entry;
	uint64_t octets;

	if (!uid || !text_number_n(rest, (size_t)(uid - rest), UINT64_MAX, &octets) ||
	    !text_unescape(++uid))
		return false;
	entry = journal_index_find_or_add(k, uid);
	entry->octets = octets;
	entry->is_deleted = true;
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

static bool
take_line(struct journal_index *k, char *line)
{
	static const struct {
		char sign;
		bool (*take)(struct journal_index *k, char *rest);
	} kinds[] = {{'=', take_done}, {'+', take_intent},  {'-', take_void},
		     {'~', take_mark}, {'x', take_deleted}, {'/', take_gone}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (line[0] == kinds[i].sign && line[1] == ' ')
			return kinds[i].take(k, line + 2);
	return false;
}

/* LINE comes without its end. */
static bool
is_head(const char *line, const char *destination)
{
	struct buf expected = {0};
	bool same;

	if (!destination)
		return strncmp(line, HEAD, strlen(HEAD)) == 0;
	journal_line_head(&expected, destination);
	expected.data[expected.len - 1] = '\0';
	same = strcmp(line, expected.data) == 0;
	buf_free(&expected);
	return same;
}

bool
journal_line_load(struct journal_index *k, FILE *file, const char *path, const char *destination,
		  off_t *whole, struct err *e)
{
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t len;
	bool ok = true;

	*whole = 0;
	while (ok && (len = getline(&line, &size, file)) > 0 && line[len - 1] == '\n') {
		line[len - 1] = '\0';
		number++;
		ok = strlen(line) == (size_t)len - 1 &&
		     (number == 1 ? is_head(line, destination) : take_line(k, line));
		*whole += len;
	}
	if (!ok) {
		err_set(e, ERR_IO, "%s:%zu: the record of delivered messages is damaged here", path,
			number);
		err_hint(e, "mend or remove the file; without it what is on the server is fetched "
			    "once more");
	} else if (ferror(file)) {
		ok = err_set_errno(e, ERR_IO, "%s", path);
	}
	free(line);
	return ok;
}
