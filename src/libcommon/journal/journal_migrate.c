/* SPDX-License-Identifier: ISC */
#include "journal/journal_migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal.h"
#include "journal/journal_index.h"
#include "journal/journal_line.h"
#include "journal/journal_peek.h"
#include "journal/journal_state.h"

enum { NAME_MAX_SHOWN = 120 };

/* A file name as version 0.1 made it. */
static char *
former_name(const char *s)
{
	struct buf name = {0};

	for (; *s; s++) {
		if (*s == '/')
			buf_add_str(&name, "%2F");
		else if (*s == ' ')
			buf_add_char(&name, ',');
		else
			text_escape(&name, (const char[]){*s, '\0'});
	}
	if (name.len > NAME_MAX_SHOWN) {
		const uint64_t h = journal_index_hash(name.data);

		name.len = NAME_MAX_SHOWN;
		buf_addf(&name, "~%016" PRIx64, h);
	}
	return buf_take(&name);
}

/* DIRECTORY/MAILBOX, the caller's to free(). */
static char *
former_directory(const struct journal_former *former, const char *mailbox)
{
	char *name = former_name(mailbox), *path = mem_printf("%s/%s", former->directory, name);

	free(name);
	return path;
}

/* *IS_THERE: does PATH exist? False: that cannot be known, *e. */
static bool
look_for(const char *path, bool *is_there, struct err *e)
{
	struct stat st;

	*is_there = lstat(path, &st) == 0;
	return *is_there || errno == ENOENT || errno == ENOTDIR ||
	       err_set_errno(e, ERR_IO, "%s", path);
}

/* "VALIDITY:UID" is never a key of the mailbox as it is now. */
static bool
has_validity(const char *key)
{
	const size_t digits = strspn(key, "0123456789");

	return digits > 0 && key[digits] == ':';
}

static void
add_entry(struct buf *out, const struct journal_index *k, const struct journal_index_entry *entry,
	  bool is_doubtful)
{
	const char *key = journal_index_key_of(k, entry), *print = journal_index_print_of(k, entry);

	if (!is_doubtful && journal_index_was_seen(entry)) {
		journal_line_entry(out, k, entry);
	} else if (entry->when != 0 && print && has_validity(key)) {
		char *other = mem_printf("0:%s", key);

		journal_line_done(out, entry->when, 0, other, print);
		free(other);
	} else if (entry->is_marked && has_validity(key)) {
		journal_line_marked(out, 0, key); /* it hides a message, but never deletes one */
	}
	/* A message that a killed run was about to deliver is always checked. */
	if (entry->place && !is_doubtful)
		journal_line_intent(out, key, k->text.data + entry->place, 0,
				    journal_index_was_seen(entry) ? NULL : print);
}

static bool
load(struct journal_index *k, const char *path, const char *destination, struct err *e)
{
	const struct journal_subject subject = {JOURNAL_V1, NULL, destination};
	FILE *file = fopen(path, "re");
	off_t whole;
	bool ok;

	if (!file)
		return err_set_errno(e, ERR_IO, "%s", path);
	ok = journal_line_load(k, file, path, &subject, &whole, e);
	fclose(file);
	return ok;
}

static bool
write_file(const char *path, const struct buf *text, struct err *e)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	const bool ok = fd >= 0 && file_write_all(fd, text->data, text->len) && fsync(fd) == 0;

	if (!ok)
		err_set_errno(e, ERR_IO, "%s", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* From the record at OLD. */
static bool
write_journal(const struct journal *s, const struct journal_former *former, const char *old,
	      struct err *e)
{
	char *path = journal_side_file(s, ".new");
	struct journal_index k;
	struct buf text = {0};
	bool ok;

	journal_index_init(&k);
	ok = load(&k, old, former->destination, e);
	journal_line_head(&text, journal_mailbox(s), journal_destination(s));
	for (size_t i = 0; ok && i < k.count; i++)
		add_entry(&text, &k, &k.entries[i], former->is_doubtful);
	ok = ok && write_file(path, &text, e) && file_move(path, journal_path(s), e);
	journal_index_free(&k);
	buf_free(&text);
	free(path);
	return ok;
}

/* A file beside the record becomes that beside the journal. */
static bool
take_side_file(const struct journal *s, const char *directory, const char *name, const char *suffix,
	       struct err *e)
{
	char *from = journal_side_path(directory, name, suffix);
	char *to = journal_side_file(s, suffix);
	const bool ok =
	    rename(from, to) == 0 || errno == ENOENT || err_set_errno(e, ERR_IO, "%s", from);

	free(from);
	free(to);
	return ok;
}

/* The spool of an mbox has to come along, for open intents are compared with it. */
static bool
take_side_files(const struct journal *s, const struct journal_former *former, const char *mailbox,
		struct err *e)
{
	static const char *const suffixes[] = {".spool", ".large", ".deleted"};
	char *directory = former_directory(former, mailbox);
	char *name = former_name(former->destination);
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof suffixes / sizeof suffixes[0]; i++)
		ok = take_side_file(s, directory, name, suffixes[i], e);
	free(directory);
	free(name);
	return ok;
}

/* Moves the record to OLD, if there is one. Version 0.1 must not be at work on it. */
static bool
claim(const struct journal_former *former, const char *mailbox, const char *old, struct err *e)
{
	char *directory = former_directory(former, mailbox);
	char *name = former_name(former->destination);
	char *path = mem_printf("%s/%s", directory, name), *lock = mem_printf("%s/lock", directory);
	int fd = -1;
	bool is_there, ok = look_for(path, &is_there, e);

	if (ok && is_there) {
		if (file_check_own_directory(former->directory, e) &&
		    file_check_own_directory(directory, e))
			fd = file_lock(lock, "another mfetch is at work on this mailbox", e);
		ok = fd >= 0 && (rename(path, old) == 0 || err_set_errno(e, ERR_IO, "%s", path)) &&
		     file_sync_parent(old, e) && file_sync_directory(directory, e);
		if (fd >= 0)
			close(fd);
	}
	free(directory);
	free(name);
	free(path);
	free(lock);
	return ok;
}

/* OLD becomes the journal. Also where a killed run left it. */
static bool
adopt(const struct journal *s, const struct journal_former *former, const char *old, struct err *e)
{
	bool has_journal;

	for (size_t i = 0; i < 2; i++)
		if (former->mailboxes[i] && !take_side_files(s, former, former->mailboxes[i], e))
			return false;
	if (!look_for(journal_path(s), &has_journal, e) ||
	    (!has_journal && !write_journal(s, former, old, e)))
		return false;
	return unlink(old) == 0 || err_set_errno(e, ERR_IO, "%s", old);
}

/* Moves the first record that there is to OLD, if S has neither that nor a journal yet.
 * *HAS_OLD: it is there now. */
static bool
claim_first(const struct journal *s, const struct journal_former *former, const char *old,
	    bool *has_old, struct err *e)
{
	bool has_journal, ok;

	ok = look_for(old, has_old, e) && look_for(journal_path(s), &has_journal, e);
	for (size_t i = 0; ok && i < 2 && !*has_old && !has_journal; i++)
		if (former->mailboxes[i])
			ok = claim(former, former->mailboxes[i], old, e) &&
			     look_for(old, has_old, e);
	return ok;
}

bool
journal_migrate(const struct journal *s, const struct journal_former *former, struct err *e)
{
	char *old;
	bool has_old, ok;

	if (!journal_path(s) || !former->destination)
		return true;
	old = journal_side_file(s, ".old");
	ok = claim_first(s, former, old, &has_old, e) && (!has_old || adopt(s, former, old, e));
	free(old);
	return ok;
}

/* Without a destination: whatever is at PATH. */
static bool
peek_at(struct journal *s, const char *path, const struct journal_former *former, struct err *e)
{
	struct journal_index k;
	bool is_there, ok;

	if (!look_for(path, &is_there, e))
		return false;
	if (!is_there)
		return true;
	journal_index_init(&k);
	ok = load(&k, path, former->destination, e);
	if (ok)
		journal_add_known(s, &k);
	journal_index_free(&k);
	return ok;
}

struct peek {
	struct journal *journal;
	const struct journal_former *former;
};

static bool
peek_record(void *ctx, const char *path, struct err *e)
{
	const struct peek *p = ctx;

	return peek_at(p->journal, path, p->former, e);
}

/* All records in a mailbox's directory. */
static bool
peek_all(struct journal *s, const char *directory, const struct journal_former *former,
	 struct err *e)
{
	struct peek p = {s, former};
	bool is_there;

	if (!look_for(directory, &is_there, e))
		return false;
	return !is_there || journal_each_record(directory, peek_record, &p, e);
}

static bool
peek_in(struct journal *s, const char *directory, const struct journal_former *former,
	struct err *e)
{
	char *name, *path;
	bool ok;

	if (!former->destination)
		return peek_all(s, directory, former, e);
	name = former_name(former->destination);
	path = mem_printf("%s/%s", directory, name);
	ok = peek_at(s, path, former, e);
	free(name);
	free(path);
	return ok;
}

bool
journal_peek_former(struct journal *s, const struct journal_former *former, struct err *e)
{
	bool has_journal = false, ok = true;

	/* If `new` means deletion, what may have been delivered is not new. */
	if (former->is_doubtful && former->destination)
		return true;
	if (journal_path(s) && !look_for(journal_path(s), &has_journal, e))
		return false;
	if (has_journal)
		return true;
	if (journal_path(s)) {
		char *old = journal_side_file(s, ".old");

		ok = peek_at(s, old, former, e);
		free(old);
	}
	for (size_t i = 0; ok && i < 2; i++) {
		char *directory =
		    former->mailboxes[i] ? former_directory(former, former->mailboxes[i]) : NULL;

		ok = !directory || peek_in(s, directory, former, e);
		free(directory);
	}
	return ok;
}
