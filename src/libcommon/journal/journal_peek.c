/* SPDX-License-Identifier: ISC */
#include "journal/journal_peek.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/err.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "journal/journal_index.h"
#include "journal/journal_line.h"
#include "journal/journal_state.h"

/* Reads the file into K. A missing file is not an error. */
static bool
load_file(struct journal_index *k, const char *path, const struct journal_subject *subject,
	  struct err *e)
{
	FILE *file = fopen(path, "re");
	off_t whole;
	bool ok;

	if (!file)
		return errno == ENOENT || err_set_errno(e, ERR_IO, "%s", path);
	ok = journal_line_load(k, file, path, subject, &whole, e);
	fclose(file);
	return ok;
}

/* Adds what a journal knows to what others know. An id may be another message's in each of them:
 * then one has a key of its own, which journal_has() looks for too. */
static void
merge_entry(struct journal_index *to, const struct journal_index *from,
	    const struct journal_index_entry *entry)
{
	const char *key = journal_index_key_of(from, entry);
	struct journal_index_entry *known = journal_index_find_or_add(to, key);

	if (journal_index_was_seen(known) && known->octets != entry->octets && known->octets != 0) {
		char *other = mem_printf("%s %" PRIu64, key, entry->octets);

		known = journal_index_find_or_add(to, entry->octets == 0 ? key : other);
		free(other);
	}
	known->octets = entry->octets;
	known->when = entry->when > known->when ? entry->when : known->when;
	known->is_marked |= entry->is_marked;
}

void
journal_add_known(struct journal *s, const struct journal_index *k)
{
	for (size_t i = 0; i < k->count; i++)
		if (journal_index_was_seen(&k->entries[i]))
			merge_entry(&s->known, k, &k->entries[i]);
}

/* A mailbox's directory, whose records are being taken. */
struct records {
	const char *directory;
	journal_take_record *take;
	void *ctx; /* of take */
	struct err *e;
	bool ok;
};

/* Locks and files that are being written are none. */
static bool
take_name(void *ctx, const char *name)
{
	struct records *r = ctx;
	char *path = mem_printf("%s/%s", r->directory, name);

	if (name[0] != '.' && strcmp(name, "lock") != 0)
		r->ok = r->take(r->ctx, path, r->e);
	free(path);
	return r->ok;
}

bool
journal_each_record(const char *directory, journal_take_record *take, void *ctx, struct err *e)
{
	struct records r = {directory, take, ctx, e, true};

	if (!directory_each(directory, take_name, &r) && errno != ENOENT)
		return err_set_errno(e, ERR_IO, "%s", directory);
	return r.ok;
}

struct merge {
	struct journal *journal;
	const struct journal_subject *subject;
};

static bool
merge_record(void *ctx, const char *path, struct err *e)
{
	const struct merge *m = ctx;
	struct journal_index one;
	bool ok;

	journal_index_init(&one);
	ok = load_file(&one, path, m->subject, e);
	if (ok)
		journal_add_known(m->journal, &one);
	journal_index_free(&one);
	return ok;
}

struct journal *
journal_peek(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct journal *s = journal_named(dir, mailbox, destination);
	const struct journal_subject subject = {JOURNAL_V2, mailbox, destination};

	s->is_read = !destination || load_file(&s->known, s->path, &subject, e);
	if (s->is_read)
		return s;
	journal_close(s);
	return NULL;
}

struct journal *
journal_open_all(const char *dir, const char *mailbox, struct err *e)
{
	struct journal *s = journal_new();
	const struct journal_subject subject = {JOURNAL_V2, mailbox, NULL};
	char *mailbox_dir = journal_directory(dir, mailbox);
	struct merge m = {s, &subject};
	const bool ok = journal_each_record(mailbox_dir, merge_record, &m, e);

	free(mailbox_dir);
	if (ok)
		return s;
	journal_close(s);
	return NULL;
}

/* The words of a mailbox but the server: "pop3 alice" and "INBOX". */
static bool
differs_in_server(const char *a, const char *b)
{
	const char *folder_a = strrchr(a, ' '), *folder_b = strrchr(b, ' ');
	const char *user_a = strchr(a, ' '), *user_b = strchr(b, ' ');
	const size_t head_a = user_a ? (size_t)(user_a - a) + 1 + strcspn(user_a + 1, " ") : 0;
	const size_t head_b = user_b ? (size_t)(user_b - b) + 1 + strcspn(user_b + 1, " ") : 0;

	return strcmp(a, b) != 0 && head_a > 0 && head_a == head_b && strncmp(a, b, head_a) == 0 &&
	       strcmp(folder_a, folder_b) == 0;
}

/* Of the journal to the same destination in that directory. NULL: there is none. */
static char *
mailbox_in(const struct journal *s, const char *directory)
{
	char *path = mem_printf("%s/%s%s", s->root, directory, strrchr(s->path, '/'));
	FILE *file = fopen(path, "re");
	char *mailbox = file ? journal_line_mailbox_of(file, s->destination) : NULL;

	if (file)
		fclose(file);
	free(path);
	return mailbox;
}

struct renamed {
	const struct journal *journal;
	char *found;
};

static bool
compare_mailbox(void *ctx, const char *name)
{
	struct renamed *r = ctx;
	char *mailbox = name[0] != '.' ? mailbox_in(r->journal, name) : NULL;

	if (mailbox && differs_in_server(mailbox, r->journal->mailbox))
		r->found = mailbox;
	else
		free(mailbox);
	return !r->found;
}

char *
journal_find_renamed(const struct journal *s)
{
	struct renamed r = {s, NULL};

	if (s->path)
		directory_each(s->root, compare_mailbox, &r); /* for a remark only */
	return r.found;
}

struct abandoned {
	const struct journal *journal;
	const char *suffix;
	void (*settle)(void *ctx, struct journal *abandoned);
	void *ctx; /* of settle */
};

static bool
has_hidden_file(const struct abandoned *a, const char *directory)
{
	char *where = mem_printf("%s/%s", a->journal->root, directory);
	char *path = journal_side_path(where, strrchr(a->journal->path, '/') + 1, a->suffix);
	struct stat st;
	const bool has = stat(path, &st) == 0 && st.st_size > 0;

	free(path);
	free(where);
	return has;
}

static void
settle_mailbox(const struct abandoned *a, const char *mailbox)
{
	struct err unused; /* a run is at work on it, or the next one says why it cannot be read */
	struct journal *s =
	    journal_lock(a->journal->root, mailbox, a->journal->destination, &unused);

	if (s && journal_read(s, &unused))
		a->settle(a->ctx, s);
	journal_close(s);
}

static bool
settle_directory(void *ctx, const char *name)
{
	const struct abandoned *a = ctx;
	char *mailbox =
	    name[0] != '.' && has_hidden_file(a, name) ? mailbox_in(a->journal, name) : NULL;

	if (mailbox && strcmp(mailbox, a->journal->mailbox) != 0)
		settle_mailbox(a, mailbox);
	free(mailbox);
	return true;
}

void
journal_each_abandoned(const struct journal *s, const char *suffix,
		       void (*settle)(void *ctx, struct journal *abandoned), void *ctx)
{
	struct abandoned a = {s, suffix, settle, ctx};

	if (s->path)
		directory_each(s->root, settle_directory, &a); /* those that can be found */
}
