/* SPDX-License-Identifier: ISC */
#include "journal/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal_index.h"
#include "journal/journal_line.h"
#include "journal/journal_stale.h"

enum {
	NAME_MAX_SHOWN = 120, /* a longer file name is cut and gets a digest: NAME_MAX is 255 */
	DEAD_MIN = 500        /* so many forgotten ids are carried along before a rewrite pays */
};

/* An id that is not listed for so long is forgotten. A server that shows an empty mailbox for a
 * while, because its storage is away, must not bring everything once more. */
enum { MISSING_MAX_S = 7 * 24 * 60 * 60 };

struct journal {
	char *root;      /* the directory of all mailboxes */
	char *directory; /* of the mailbox */
	char *mailbox;
	char *destination;
	char *path; /* of the journal; NULL: nothing is recorded */
	int lock_fd;
	int fd;
	bool is_read;    /* what is in the journal is known */
	bool is_new;     /* it was made just now */
	bool is_flushed; /* nothing was written since the last fsync(2) */
	struct journal_index known;
	struct buf lines; /* collected, not yet written */
};

/*
 * As a file name: two names differ if S does. A comma is a blank; what is escaped is %HH. One that
 * would be too long is cut and gets a digest: the journal itself has all of it.
 */
static char *
file_name(const char *s)
{
	struct buf name = {0};

	for (; *s; s++) {
		if (*s == '/')
			buf_add_str(&name, "%2F");
		else if (*s == ',')
			buf_add_str(&name, "%2C");
		else if (*s == ' ')
			buf_add_char(&name, ',');
		else
			text_escape(&name, (const char[]){*s, '\0'});
	}
	if (name.len > NAME_MAX_SHOWN) {
		unsigned char digest[DIGEST_SIZE];
		char hex[33];

		digest_sha256(name.data, name.len, digest);
		text_hex(hex, digest, 16);
		name.len = NAME_MAX_SHOWN;
		buf_addf(&name, "~%s", hex);
	}
	return buf_take(&name);
}

static struct journal *
journal_new(void)
{
	struct journal *s = mem_alloc(sizeof *s);

	s->lock_fd = s->fd = -1;
	s->is_flushed = true;
	journal_index_init(&s->known);
	return s;
}

void
journal_close(struct journal *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	journal_index_free(&s->known);
	buf_free(&s->lines);
	free(s->root);
	free(s->directory);
	free(s->mailbox);
	free(s->destination);
	free(s->path);
	free(s);
}

static bool
lock(struct journal *s, struct err *e)
{
	char *path = mem_printf("%s/lock", s->directory);

	s->lock_fd = file_lock(path, "another mfetch is at work on this mailbox", e);
	free(path);
	return s->lock_fd >= 0;
}

/* A line that a kill or a full disk cut short goes, so that the next one begins a line. */
static bool
cut_torn_line(const struct journal *s, off_t whole, struct err *e)
{
	struct stat st;

	if (fstat(s->fd, &st) == 0 && (st.st_size == whole || ftruncate(s->fd, whole) == 0))
		return true;
	return err_set_errno(e, ERR_IO, "%s", s->path);
}

/* Opens the journal for appending after its last whole line; a new one gets its head. */
static bool
open_journal(struct journal *s, struct err *e)
{
	const struct journal_subject subject = {JOURNAL_V2, s->mailbox, s->destination};
	FILE *file;
	off_t whole = 0;
	bool ok;

	s->fd = open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", s->path);
	file = fopen(s->path, "re");
	if (!file)
		return err_set_errno(e, ERR_IO, "%s", s->path);
	ok = journal_line_load(&s->known, file, s->path, &subject, &whole, e);
	fclose(file);
	if (!ok || !cut_torn_line(s, whole, e))
		return false;
	if (whole > 0)
		return true;
	s->is_new = true;
	journal_line_head(&s->lines, s->mailbox, s->destination);
	return journal_write(s, true, e) && file_sync_parent(s->path, e);
}

char *
journal_directory(const char *dir, const char *mailbox)
{
	char *name = file_name(mailbox);
	char *directory = mem_printf("%s/%s", dir, name);

	free(name);
	return directory;
}

static struct journal *
journal_named(const char *dir, const char *mailbox, const char *destination)
{
	struct journal *s = journal_new();
	char *name;

	s->root = mem_strdup(dir);
	s->directory = journal_directory(dir, mailbox);
	s->mailbox = mem_strdup(mailbox);
	if (!destination)
		return s;
	name = file_name(destination);
	s->destination = mem_strdup(destination);
	s->path = mem_printf("%s/%s", s->directory, name);
	free(name);
	return s;
}

struct journal *
journal_lock(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct journal *s = journal_named(dir, mailbox, destination);

	if (file_make_directory(s->directory, e) && file_check_owner(s->root, e) &&
	    file_check_owner(s->directory, e) && lock(s, e))
		return s;
	journal_close(s);
	return NULL;
}

bool
journal_read(struct journal *s, struct err *e)
{
	s->is_read = s->is_read || !s->path || open_journal(s, e);
	return s->is_read;
}

struct journal *
journal_open(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct journal *s = journal_lock(dir, mailbox, destination, e);

	if (!s || journal_read(s, e))
		return s;
	journal_close(s);
	return NULL;
}

bool
journal_stat(const struct journal *s, struct stat *st)
{
	return s->path && stat(s->path, st) == 0;
}

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

static bool
merge_file(struct journal *s, const char *path, const struct journal_subject *subject,
	   struct err *e)
{
	struct journal_index one;
	bool ok;

	journal_index_init(&one);
	ok = load_file(&one, path, subject, e);
	if (ok)
		journal_add_known(s, &one);
	journal_index_free(&one);
	return ok;
}

static bool
load_all(struct journal *s, const char *mailbox_dir, const struct journal_subject *subject,
	 struct err *e)
{
	DIR *directory = opendir(mailbox_dir);
	const struct dirent *d;
	bool ok = true;

	if (!directory)
		return errno == ENOENT || err_set_errno(e, ERR_IO, "%s", mailbox_dir);
	while (ok && (d = readdir(directory))) {
		char *path = mem_printf("%s/%s", mailbox_dir, d->d_name);

		if (d->d_name[0] != '.' && strcmp(d->d_name, "lock") != 0)
			ok = merge_file(s, path, subject, e);
		free(path);
	}
	closedir(directory);
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
	const bool ok = load_all(s, mailbox_dir, &subject, e);

	free(mailbox_dir);
	if (ok)
		return s;
	journal_close(s);
	return NULL;
}

const char *
journal_path(const struct journal *s)
{
	return s->path;
}

const char *
journal_mailbox(const struct journal *s)
{
	return s->mailbox;
}

const char *
journal_destination(const struct journal *s)
{
	return s->destination;
}

bool
journal_is_new(const struct journal *s)
{
	return s->is_new;
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

static char *
mailbox_in(const struct journal *s, const char *directory)
{
	char *path = mem_printf("%s/%s%s", s->root, directory, strrchr(s->path, '/'));
	FILE *file = fopen(path, "re");
	char *mailbox = file ? journal_line_mailbox_of(file, s->destination) : NULL;

	if (file)
		fclose(file);
	free(path);
	if (mailbox && differs_in_server(mailbox, s->mailbox))
		return mailbox;
	free(mailbox);
	return NULL;
}

char *
journal_find_renamed(const struct journal *s)
{
	DIR *root = s->path ? opendir(s->root) : NULL;
	const struct dirent *d;
	char *found = NULL;

	while (root && !found && (d = readdir(root)))
		if (d->d_name[0] != '.')
			found = mailbox_in(s, d->d_name);
	if (root)
		closedir(root);
	return found;
}

char *
journal_side_file(const struct journal *s, const char *suffix)
{
	const char *name = s->path ? strrchr(s->path, '/') + 1 : "";

	return mem_printf("%s/.%s%s", s->directory, name, suffix);
}

uint64_t
journal_tag(const struct journal *s)
{
	return journal_index_hash(s->path ? s->path : s->directory);
}

void
journal_set_validity(struct journal *s, uint64_t validity)
{
	journal_index_set_validity(&s->known, validity);
}

/* Under a key of its own, where journals differ in what message has the id. */
static const struct journal_index_entry *
find_other(struct journal *s, const char *key, uint64_t octets)
{
	char *other = mem_printf("%s %" PRIu64, key, octets);
	const struct journal_index_entry *entry = journal_index_find(&s->known, other);

	free(other);
	return entry;
}

static bool
is_same_message(const struct journal_index_entry *entry, uint64_t octets)
{
	return octets == 0 || entry->octets == 0 || entry->octets == octets;
}

bool
journal_has(struct journal *s, const char *uid, uint64_t octets, time_t *when)
{
	char room[KNOWN_KEY_MAX];
	const char *key = journal_index_key(&s->known, uid, room);
	const struct journal_index_entry *entry = journal_index_find(&s->known, key);

	if (s->known.validity != 0)
		octets = 0; /* an id is one message's for ever */
	if (journal_index_is_seen(entry) && !is_same_message(entry, octets))
		entry = find_other(s, key, octets);
	if (!journal_index_is_seen(entry))
		return false;
	if (when)
		*when = (time_t)entry->when;
	return true;
}

void
journal_expect(struct journal *s, const char *uid, uint64_t octets)
{
	if (s->path && uid && s->known.validity == 0)
		journal_index_find_or_add(&s->known, uid)->coming = octets;
}

/* Its fingerprint, where the journal does not have it yet. */
static const char *
unwritten_print(const struct journal *s, struct journal_index_entry *entry)
{
	const char *print =
	    entry && !entry->has_print ? journal_index_print_of(&s->known, entry) : NULL;

	if (print)
		entry->has_print = true;
	return print;
}

static void
done(struct journal *s, const char *key)
{
	const time_t clock = time(NULL);
	const int64_t now = clock > 0 ? clock : 1; /* 0 is "never" */
	struct journal_index_entry *entry;

	if (!key || !s->path)
		return;
	entry = journal_index_find_or_add(&s->known, key);
	journal_line_done(&s->lines, now, entry->coming, key, unwritten_print(s, entry));
	entry->when = now;
	entry->missing = 0;
	entry->octets = entry->coming;
	entry->is_marked = entry->is_deleted = entry->is_former = false;
}

void
journal_each_intent(struct journal *s, bool (*was_done)(void *ctx, const char *place), void *ctx)
{
	for (size_t i = 0; i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];
		const size_t place = entry->place;
		const bool is_former = entry->is_former;

		if (!place)
			continue;
		entry->place = 0;
		if (was_done(ctx, s->known.text.data + place))
			done(s, journal_index_key_of(&s->known, entry));
		else
			journal_line_signed(&s->lines, '-', journal_index_key_of(&s->known, entry));
		entry->is_former = is_former;
	}
}

void
journal_intend(struct journal *s, const char *uid, const char *place)
{
	char room[KNOWN_KEY_MAX];
	const char *key = journal_index_key(&s->known, uid, room), *print;
	struct journal_index_entry *entry = journal_index_find(&s->known, key);

	if (!s->path)
		return;
	print = unwritten_print(s, entry);
	journal_line_intent(&s->lines, key ? key : "", place, entry ? entry->coming : 0, print);
}

bool
journal_wants_fingerprints(const struct journal *s)
{
	return s->path && s->known.validity != 0;
}

void
journal_set_fingerprint(struct journal *s, const char *uid, const char *print)
{
	char room[KNOWN_KEY_MAX];
	struct journal_index_entry *entry;

	if (!uid || !journal_wants_fingerprints(s))
		return;
	entry = journal_index_find_or_add(&s->known, journal_index_key(&s->known, uid, room));
	entry->print = journal_index_add_text(&s->known, print);
	entry->has_print = false;
}

void
journal_done(struct journal *s, const char *uid)
{
	char room[KNOWN_KEY_MAX];

	done(s, journal_index_key(&s->known, uid, room));
}

void
journal_mark(struct journal *s, const char *uid, uint64_t octets)
{
	char room[KNOWN_KEY_MAX];
	const char *key = journal_index_key(&s->known, uid, room);
	struct journal_index_entry *entry;

	if (!uid || !s->path || journal_has(s, uid, octets, NULL))
		return;
	entry = journal_index_find_or_add(&s->known, key);
	if (journal_index_was_seen(entry)) {
		journal_line_signed(&s->lines, '/', key);
		journal_index_forget(entry);
	}
	entry->octets = s->known.validity == 0 ? octets : 0;
	journal_line_marked(&s->lines, entry->octets, key);
	entry->is_marked = true;
}

void
journal_deleted(struct journal *s, const char *uid, uint64_t octets)
{
	struct journal_index_entry *entry =
	    s->path && s->known.prefix_len == 0 ? journal_index_find(&s->known, uid) : NULL;

	if (!journal_index_is_seen(entry) || (entry->is_deleted && entry->deleted_octets == octets))
		return;
	journal_line_deleted(&s->lines, octets, uid);
	entry->deleted_octets = octets;
	entry->is_deleted = true;
}

bool
journal_has_deleted(const struct journal *s)
{
	for (size_t i = 0; i < s->known.count; i++)
		if (s->known.entries[i].is_deleted)
			return true;
	return false;
}

void
journal_forget_deleted(struct journal *s,
		       bool (*find_listed)(void *ctx, const char *uid, uint64_t *octets), void *ctx)
{
	for (size_t i = 0; i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];
		const char *uid = journal_index_key_of(&s->known, entry);
		uint64_t octets;

		if (!entry->is_deleted ||
		    (find_listed(ctx, uid, &octets) && octets == entry->deleted_octets))
			continue;
		journal_line_signed(&s->lines, '/', uid);
		journal_index_forget(entry);
	}
}

void
journal_stop_recording(struct journal *s)
{
	buf_clear(&s->lines);
	free(s->path);
	s->path = NULL;
}

bool
journal_write(struct journal *s, bool durable, struct err *e)
{
	if (s->lines.len > 0) {
		s->is_flushed = false;
		if (!file_write_all(s->fd, s->lines.data, s->lines.len))
			return err_set_errno(e, ERR_IO, "%s", s->path);
		buf_clear(&s->lines);
	}
	if (!durable || s->is_flushed)
		return true;
	if (fsync(s->fd) != 0)
		return err_set_errno(e, ERR_IO, "%s", s->path);
	s->is_flushed = true;
	return true;
}

bool
journal_is_written(const struct journal *s)
{
	return s->lines.len == 0 && s->is_flushed;
}

/* The new journal is whole and on disk before it takes the old one's name. */
static bool
replace_journal(struct journal *s, const struct buf *journal, struct err *e)
{
	char *path = journal_side_file(s, ".new");
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600);
	bool ok = fd >= 0 && file_write_all(fd, journal->data, journal->len) && fsync(fd) == 0 &&
		  rename(path, s->path) == 0;

	if (ok) {
		close(s->fd);
		s->fd = fd;
		s->is_flushed = true;
		ok = file_sync_parent(s->path, e);
	} else {
		err_set_errno(e, ERR_IO, "%s", path);
		if (fd >= 0)
			close(fd);
	}
	free(path);
	return ok;
}

/* Only what is KEPT stays. */
static bool
rewrite(struct journal *s, const bool *kept, struct err *e)
{
	struct buf journal = {0};
	bool ok;

	journal_line_head(&journal, s->mailbox, s->destination);
	for (size_t i = 0; i < s->known.count; i++)
		if (kept[i])
			journal_line_entry(&journal, &s->known, &s->known.entries[i]);
	ok = replace_journal(s, &journal, e);
	buf_free(&journal);
	return ok;
}

/* Listings. */

void
journal_begin_listing(struct journal *s)
{
	for (size_t i = 0; i < s->known.count; i++)
		s->known.entries[i].is_listed = false;
}

void
journal_note_listed(struct journal *s, const char *uid, uint64_t octets)
{
	char room[KNOWN_KEY_MAX];
	struct journal_index_entry *entry =
	    journal_index_find(&s->known, journal_index_key(&s->known, uid, room));

	if (!journal_index_is_seen(entry))
		return;
	entry->is_listed = true;
	if (s->path && entry->missing != 0)
		journal_line_missing(&s->lines, entry->missing = 0,
				     journal_index_key_of(&s->known, entry));
	if (s->path && s->known.validity == 0 && entry->octets == 0 && octets != 0) {
		entry->octets = octets;
		journal_line_entry(&s->lines, &s->known, entry);
	}
}

/* An entry that the whole listing has not. */
static void
note_missing(struct journal *s, struct journal_index_entry *entry, int64_t now)
{
	const char *key = journal_index_key_of(&s->known, entry);

	if (entry->missing == 0) {
		entry->missing = now;
		journal_line_missing(&s->lines, now, key);
	} else if (now - entry->missing >= MISSING_MAX_S) {
		journal_line_signed(&s->lines, '/', key);
		journal_index_forget(entry);
	}
}

/* Is it one of the mailbox as it is now? */
static bool
is_current(const struct journal *s, const struct journal_index_entry *entry)
{
	return journal_index_is_seen(entry) &&
	       journal_index_uid(&s->known, journal_index_key_of(&s->known, entry));
}

/* How many are known and listed. */
static size_t
count_listed(const struct journal *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->known.count; i++)
		count += is_current(s, &s->known.entries[i]) && s->known.entries[i].is_listed;
	return count;
}

static bool
pays(size_t total, size_t kept)
{
	return total > kept && total - kept > kept + DEAD_MIN;
}

/* Ids under a UIDVALIDITY are never given again: to forget one only saves room. */
void
journal_end_listing(struct journal *s, int64_t now)
{
	if (!s->path || now == 0 ||
	    (s->known.validity != 0 && !pays(s->known.count, count_listed(s))))
		return;
	for (size_t i = 0; i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];

		if (is_current(s, entry) && !entry->is_listed && !entry->is_deleted)
			note_missing(s, entry, now);
	}
}

bool
journal_compact(struct journal *s, struct err *e)
{
	bool *kept, ok;
	size_t count = 0;

	if (!s->path || s->known.count <= DEAD_MIN)
		return true;
	kept = mem_alloc(s->known.count * sizeof *kept);
	for (size_t i = 0; i < s->known.count; i++) {
		kept[i] = is_current(s, &s->known.entries[i]);
		count += kept[i];
	}
	ok = !pays(s->known.count, count) || (journal_write(s, false, e) && rewrite(s, kept, e));
	free(kept);
	return ok;
}

/* Times. */

int64_t
journal_newest(const struct journal *s)
{
	int64_t newest = 0;

	for (size_t i = 0; i < s->known.count; i++) {
		const struct journal_index_entry *entry = &s->known.entries[i];

		newest = entry->when > newest ? entry->when : newest;
		newest = entry->missing > newest ? entry->missing : newest;
	}
	return newest;
}

void
journal_date(struct journal *s, int64_t now)
{
	for (size_t i = 0; s->path && i < s->known.count; i++) {
		struct journal_index_entry *entry = &s->known.entries[i];

		if (entry->when == 0 || clock_was_set(entry->when))
			continue;
		entry->when = now;
		journal_line_entry(&s->lines, &s->known, entry);
	}
}

/* The messages known under another UIDVALIDITY. */

void
journal_distrust_from(struct journal *s, uint32_t next,
		      bool (*is_listed)(void *ctx, const char *uid), void *ctx)
{
	journal_stale_distrust_from(&s->known, next, is_listed, ctx);
}

bool
journal_has_former(const struct journal *s)
{
	for (size_t i = 0; i < s->known.count; i++)
		if (journal_stale_is(&s->known, &s->known.entries[i]))
			return true;
	return false;
}

size_t
journal_recognise(struct journal *s, const struct newcomer *newcomers, size_t count)
{
	return journal_stale_recognise(&s->known, newcomers, count);
}

bool
journal_drop_former(struct journal *s, struct err *e)
{
	bool *kept, ok;

	if (!s->path)
		return true;
	kept = mem_alloc(s->known.count * sizeof *kept);
	for (size_t i = 0; i < s->known.count; i++)
		kept[i] = journal_index_is_seen(&s->known.entries[i]) &&
			  !journal_stale_is(&s->known, &s->known.entries[i]);
	ok = journal_write(s, false, e) && rewrite(s, kept, e);
	for (size_t i = 0; i < s->known.count && ok; i++)
		if (!kept[i])
			journal_index_forget(&s->known.entries[i]);
	free(kept);
	return ok;
}
