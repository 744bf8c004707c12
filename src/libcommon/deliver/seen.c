/* SPDX-License-Identifier: ISC */
#include "deliver/seen.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/fingerprint.h"

#define HEAD "mailverbs seen 1 "

enum {
	NAME_MAX_SHOWN = 120, /* a longer file name is cut and gets a hash: NAME_MAX is 255 */
	KEY_MAX = 64,         /* an IMAP UID and its UIDVALIDITY have 21 bytes */
	DEAD_MIN = 500        /* so many forgotten ids are carried along before a rewrite pays */
};

/* One id, and what is known of it. */
struct entry {
	uint64_t hash;   /* of the id */
	size_t uid;      /* offsets into `text` */
	size_t place;    /* of an open intent; 0: there is none */
	size_t print;    /* the fingerprint; 0: there is none */
	int64_t when;    /* 0: not done */
	uint64_t octets; /* where is_deleted */
	bool is_marked;  /* taken as delivered */
	bool has_print;  /* the fingerprint stands in the journal, or among the collected lines */
	bool is_deleted; /* there, the server says */
	bool is_former;  /* as if under another UIDVALIDITY; what is known now takes it away */
};

struct seen {
	char *directory; /* of the mailbox */
	char *destination;
	char *path; /* of the journal; NULL: nothing is recorded */
	int lock_fd;
	int fd;
	bool is_read;    /* what is in the journal is known */
	bool is_flushed; /* nothing was written since the last fsync(2) */
	struct buf text; /* ids and places, NUL-terminated; begins with an empty string, so that no
			    offset is 0 */
	struct entry *entries;
	size_t count;
	uint32_t *slots; /* open addressing: index into entries + 1, 0: free; a power of two, at
			    most half full */
	size_t slot_count;
	size_t next;      /* see find() */
	struct buf lines; /* collected, not yet written */
	uint32_t validity;
	char prefix[16]; /* "VALIDITY:", or empty */
	size_t prefix_len;
};

static uint64_t
hash(const char *s)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

/* As a file name: escaped, no slash, not too long. */
static char *
file_name(const char *s)
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
		const uint64_t h = hash(name.data);

		name.len = NAME_MAX_SHOWN;
		buf_addf(&name, "~%016" PRIx64, h);
	}
	return buf_take(&name);
}

/* The table. */

static bool
is_entry_of(const struct seen *s, const struct entry *entry, const char *uid, uint64_t h)
{
	return entry->hash == h && strcmp(s->text.data + entry->uid, uid) == 0;
}

/* Where UID, whose hash is H, stands or would stand. */
static size_t
slot_of(const struct seen *s, const char *uid, uint64_t h)
{
	size_t slot = (size_t)h & (s->slot_count - 1);

	while (s->slots[slot] && !is_entry_of(s, &s->entries[s->slots[slot] - 1], uid, h))
		slot = (slot + 1) & (s->slot_count - 1);
	return slot;
}

static void
grow_table(struct seen *s)
{
	free(s->slots);
	s->slot_count = s->slot_count ? s->slot_count * 2 : 64;
	s->slots = mem_alloc(s->slot_count * sizeof *s->slots);
	s->entries = mem_grow(s->entries, s->slot_count / 2, sizeof *s->entries);
	for (size_t i = 0; i < s->count; i++) {
		const struct entry *entry = &s->entries[i];

		s->slots[slot_of(s, s->text.data + entry->uid, entry->hash)] = (uint32_t)i + 1;
	}
}

/* Lists come in the order of the last ones: so the entry behind the one found last is looked at
 * before the table. */
static struct entry *
find(struct seen *s, const char *uid)
{
	uint32_t index;

	if (!uid || s->count == 0)
		return NULL;
	if (s->next < s->count && strcmp(s->text.data + s->entries[s->next].uid, uid) == 0)
		return &s->entries[s->next++];
	index = s->slots[slot_of(s, uid, hash(uid))];
	if (index)
		s->next = index;
	return index ? &s->entries[index - 1] : NULL;
}

static size_t
add_text(struct seen *s, const char *text)
{
	const size_t at = s->text.len;

	buf_add(&s->text, text, strlen(text) + 1);
	return at;
}

static struct entry *
find_or_add(struct seen *s, const char *uid)
{
	const uint64_t h = hash(uid);
	size_t slot;

	if (s->count + 1 > s->slot_count / 2)
		grow_table(s);
	slot = slot_of(s, uid, h);
	if (!s->slots[slot]) {
		s->entries[s->count] = (struct entry){.hash = h, .uid = add_text(s, uid)};
		s->slots[slot] = (uint32_t)++s->count;
	}
	return &s->entries[s->slots[slot] - 1];
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
take_print(struct seen *s, const char *uid, const char *print)
{
	struct entry *entry;
	size_t at;

	if (!print)
		return true;
	if (strlen(print) != FINGERPRINT_LEN ||
	    strspn(print, "0123456789abcdef") != FINGERPRINT_LEN)
		return false;
	at = add_text(s, print);
	entry = find_or_add(s, uid);
	entry->print = at;
	entry->has_print = true;
	return true;
}

static bool
take_done(struct seen *s, char *rest)
{
	char *uid = next_word(rest), *print = uid ? next_word(uid) : NULL;
	struct entry *entry;
	uint64_t when;

	if (!uid || !text_number(rest, INT64_MAX, &when) || when == 0 || !text_unescape(uid) ||
	    !take_print(s, uid, print))
		return false;
	entry = find_or_add(s, uid);
	entry->place = 0;
	entry->when = (int64_t)when;
	entry->is_deleted = false;
	return true;
}

static bool
take_intent(struct seen *s, char *uid)
{
	char *place = next_word(uid), *print = place ? next_word(place) : NULL;
	size_t at;

	if (!place || !text_unescape(uid) || !text_unescape(place) || !take_print(s, uid, print))
		return false;
	at = add_text(s, place);
	find_or_add(s, uid)->place = at;
	return true;
}

static bool
take_void(struct seen *s, char *uid)
{
	struct entry *entry;

	if (!text_unescape(uid))
		return false;
	entry = find(s, uid);
	if (entry)
		entry->place = 0;
	return true;
}

static bool
take_mark(struct seen *s, char *uid)
{
	if (!text_unescape(uid))
		return false;
	find_or_add(s, uid)->is_marked = true;
	return true;
}

static bool
take_deleted(struct seen *s, char *rest)
{
	char *uid = strchr(rest, ' ');
	struct entry *entry;
	uint64_t octets;

	if (!uid || !text_number_n(rest, (size_t)(uid - rest), UINT64_MAX, &octets) ||
	    !text_unescape(++uid))
		return false;
	entry = find_or_add(s, uid);
	entry->octets = octets;
	entry->is_deleted = true;
	return true;
}

static void
forget(struct entry *entry)
{
	entry->when = 0;
	entry->print = 0;
	entry->is_marked = entry->is_deleted = entry->has_print = entry->is_former = false;
}

static bool
take_gone(struct seen *s, char *uid)
{
	if (!text_unescape(uid))
		return false;
	forget(find_or_add(s, uid));
	return true;
}

static bool
take_line(struct seen *s, char *line)
{
	static const struct {
		char sign;
		bool (*take)(struct seen *s, char *rest);
	} kinds[] = {{'=', take_done}, {'+', take_intent},  {'-', take_void},
		     {'~', take_mark}, {'x', take_deleted}, {'/', take_gone}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (line[0] == kinds[i].sign && line[1] == ' ')
			return kinds[i].take(s, line + 2);
	return false;
}

static void
add_head(struct buf *out, const char *destination)
{
	buf_add_str(out, HEAD);
	text_escape(out, destination);
	buf_add_char(out, '\n');
}

/* PRINT: a fingerprint, or NULL. */
static void
add_done(struct buf *out, int64_t when, const char *uid, const char *print)
{
	buf_addf(out, "= %" PRId64 " ", when);
	text_escape(out, uid);
	buf_addf(out, "%s%s\n", print ? " " : "", print ? print : "");
}

/* LINE comes without its end. */
static bool
is_head(const char *line, const char *destination)
{
	struct buf expected = {0};
	bool same;

	add_head(&expected, destination ? destination : "");
	expected.data[expected.len - 1] = '\0';
	same =
	    destination ? strcmp(line, expected.data) == 0 : strncmp(line, HEAD, strlen(HEAD)) == 0;
	buf_free(&expected);
	return same;
}

/* Reads the journal; *WHOLE is its length up to the last whole line. DESTINATION NULL: any. */
static bool
load(struct seen *s, FILE *file, const char *path, const char *destination, off_t *whole,
     struct err *e)
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
		     (number == 1 ? is_head(line, destination) : take_line(s, line));
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

static struct seen *
seen_new(void)
{
	struct seen *s = mem_alloc(sizeof *s);

	s->lock_fd = s->fd = -1;
	s->is_flushed = true;
	buf_add(&s->text, "", 1);
	return s;
}

void
seen_close(struct seen *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	buf_free(&s->text);
	buf_free(&s->lines);
	free(s->entries);
	free(s->slots);
	free(s->directory);
	free(s->destination);
	free(s->path);
	free(s);
}

static bool
lock(struct seen *s, struct err *e)
{
	char *path = mem_printf("%s/lock", s->directory);
	bool ok = true;

	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		ok = err_set_errno(e, ERR_OUTPUT, "%s", path);
	else if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		ok = errno == EWOULDBLOCK
			 ? err_set(e, ERR_TEMPORARY, "another mfetch is at work on this mailbox")
			 : err_set_errno(e, ERR_IO, "%s", path);
	free(path);
	return ok;
}

/* A line that a kill or a full disk cut short goes, so that the next one begins a line. */
static bool
cut_torn_line(const struct seen *s, off_t whole, struct err *e)
{
	struct stat st;

	if (fstat(s->fd, &st) == 0 && (st.st_size == whole || ftruncate(s->fd, whole) == 0))
		return true;
	return err_set_errno(e, ERR_IO, "%s", s->path);
}

/* Opens the journal for appending behind its last whole line; a new one gets its head. */
static bool
open_journal(struct seen *s, struct err *e)
{
	FILE *file;
	off_t whole = 0;
	bool ok;

	s->fd = open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return err_set_errno(e, ERR_OUTPUT, "%s", s->path);
	file = fopen(s->path, "re");
	if (!file)
		return err_set_errno(e, ERR_IO, "%s", s->path);
	ok = load(s, file, s->path, s->destination, &whole, e);
	fclose(file);
	if (!ok || !cut_torn_line(s, whole, e))
		return false;
	if (whole > 0)
		return true;
	add_head(&s->lines, s->destination);
	return seen_write(s, true, e) && file_sync_parent(s->path, e);
}

char *
seen_directory(const char *dir, const char *mailbox)
{
	char *name = file_name(mailbox);
	char *directory = mem_printf("%s/%s", dir, name);

	free(name);
	return directory;
}

static struct seen *
seen_named(const char *dir, const char *mailbox, const char *destination)
{
	struct seen *s = seen_new();
	char *name;

	s->directory = seen_directory(dir, mailbox);
	if (!destination)
		return s;
	name = file_name(destination);
	s->destination = mem_strdup(destination);
	s->path = mem_printf("%s/%s", s->directory, name);
	free(name);
	return s;
}

struct seen *
seen_lock(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct seen *s = seen_named(dir, mailbox, destination);

	if (file_make_directory(s->directory, e) && lock(s, e))
		return s;
	seen_close(s);
	return NULL;
}

bool
seen_read(struct seen *s, struct err *e)
{
	s->is_read = s->is_read || !s->path || open_journal(s, e);
	return s->is_read;
}

struct seen *
seen_open(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct seen *s = seen_lock(dir, mailbox, destination, e);

	if (!s || seen_read(s, e))
		return s;
	seen_close(s);
	return NULL;
}

bool
seen_stat(const struct seen *s, struct stat *st)
{
	return s->path && stat(s->path, st) == 0;
}

static bool
load_file(struct seen *s, const char *path, struct err *e)
{
	FILE *file = fopen(path, "re");
	off_t whole;
	bool ok;

	if (!file)
		return errno == ENOENT || err_set_errno(e, ERR_IO, "%s", path);
	ok = load(s, file, path, NULL, &whole, e);
	fclose(file);
	return ok;
}

static bool
load_all(struct seen *s, const char *mailbox_dir, struct err *e)
{
	DIR *directory = opendir(mailbox_dir);
	const struct dirent *d;
	bool ok = true;

	if (!directory)
		return errno == ENOENT || err_set_errno(e, ERR_IO, "%s", mailbox_dir);
	while (ok && (d = readdir(directory))) {
		char *path = mem_printf("%s/%s", mailbox_dir, d->d_name);

		if (d->d_name[0] != '.' && strcmp(d->d_name, "lock") != 0)
			ok = load_file(s, path, e);
		free(path);
	}
	closedir(directory);
	return ok;
}

struct seen *
seen_peek(const char *dir, const char *mailbox, const char *destination, struct err *e)
{
	struct seen *s = seen_named(dir, mailbox, destination);

	s->is_read = !destination || load_file(s, s->path, e);
	if (s->is_read)
		return s;
	seen_close(s);
	return NULL;
}

struct seen *
seen_open_all(const char *dir, const char *mailbox, struct err *e)
{
	struct seen *s = seen_new();
	char *mailbox_dir = seen_directory(dir, mailbox);
	const bool ok = load_all(s, mailbox_dir, e);

	free(mailbox_dir);
	if (ok)
		return s;
	seen_close(s);
	return NULL;
}

char *
seen_side_file(const struct seen *s, const char *suffix)
{
	const char *name = s->path ? strrchr(s->path, '/') + 1 : "";

	return mem_printf("%s/.%s%s", s->directory, name, suffix);
}

uint64_t
seen_tag(const struct seen *s)
{
	return hash(s->path ? s->path : s->directory);
}

static bool
was_seen(const struct entry *entry)
{
	return entry && (entry->when != 0 || entry->is_marked);
}

static bool
is_seen(const struct entry *entry)
{
	return was_seen(entry) && !entry->is_former;
}

void
seen_set_validity(struct seen *s, uint32_t validity)
{
	s->validity = validity;
	s->prefix_len =
	    validity == 0 ? 0
			  : (size_t)snprintf(s->prefix, sizeof s->prefix, "%" PRIu32 ":", validity);
}

/* The id as the journal has it: UID, or in ROOM with the validity before it. */
static const char *
key_of(const struct seen *s, const char *uid, char room[static KEY_MAX])
{
	size_t len;

	if (!uid || s->prefix_len == 0)
		return uid;
	len = strnlen(uid, KEY_MAX - 1 - s->prefix_len);
	memcpy(room, s->prefix, s->prefix_len);
	memcpy(room + s->prefix_len, uid, len);
	room[s->prefix_len + len] = '\0';
	return room;
}

/* Of a key, the id as the server has it now; NULL: it is from under another validity. */
static const char *
uid_of(const struct seen *s, const char *key)
{
	return strncmp(key, s->prefix, s->prefix_len) == 0 ? key + s->prefix_len : NULL;
}

bool
seen_has(struct seen *s, const char *uid, time_t *when)
{
	char room[KEY_MAX];
	const struct entry *entry = find(s, key_of(s, uid, room));

	if (!is_seen(entry))
		return false;
	if (when)
		*when = (time_t)entry->when;
	return true;
}

static void
add_signed(struct buf *out, char sign, const char *uid)
{
	buf_add_char(out, sign);
	buf_add_char(out, ' ');
	text_escape(out, uid);
	buf_add_char(out, '\n');
}

static void
add_deleted(struct buf *out, uint64_t octets, const char *uid)
{
	buf_addf(out, "x %" PRIu64 " ", octets);
	text_escape(out, uid);
	buf_add_char(out, '\n');
}

static const char *
print_of(const struct seen *s, const struct entry *entry)
{
	return entry->print ? s->text.data + entry->print : NULL;
}

/* The same, where the journal does not have it yet. */
static const char *
unwritten_print(const struct seen *s, struct entry *entry)
{
	const char *print = entry && !entry->has_print ? print_of(s, entry) : NULL;

	if (print)
		entry->has_print = true;
	return print;
}

static void
add_entry(struct buf *out, const struct seen *s, const struct entry *entry)
{
	const char *uid = s->text.data + entry->uid;

	if (entry->when != 0)
		add_done(out, entry->when, uid, print_of(s, entry));
	else
		add_signed(out, '~', uid);
	if (entry->is_deleted)
		add_deleted(out, entry->octets, uid);
}

static void
done(struct seen *s, const char *key)
{
	const time_t clock = time(NULL);
	const int64_t now = clock > 0 ? clock : 1; /* 0 is "never" */
	struct entry *entry;
	char *copy;

	if (!key || !s->path)
		return;
	add_done(&s->lines, now, key, unwritten_print(s, find(s, key)));
	copy = mem_strdup(key); /* it may point into the text that grows now */
	entry = find_or_add(s, copy);
	entry->when = now;
	entry->is_deleted = entry->is_former = false;
	free(copy);
}

void
seen_each_intent(struct seen *s, bool (*was_done)(void *ctx, const char *place), void *ctx)
{
	for (size_t i = 0; i < s->count; i++) {
		const size_t place = s->entries[i].place;
		const bool is_former = s->entries[i].is_former;

		if (!place)
			continue;
		s->entries[i].place = 0;
		if (was_done(ctx, s->text.data + place))
			done(s, s->text.data + s->entries[i].uid);
		else
			add_signed(&s->lines, '-', s->text.data + s->entries[i].uid);
		s->entries[i].is_former = is_former;
	}
}

void
seen_intend(struct seen *s, const char *uid, const char *place)
{
	char room[KEY_MAX];
	const char *key = key_of(s, uid, room), *print;

	if (!s->path)
		return;
	print = unwritten_print(s, find(s, key));
	buf_add_str(&s->lines, "+ ");
	text_escape(&s->lines, key ? key : "");
	buf_add_char(&s->lines, ' ');
	text_escape(&s->lines, place);
	buf_addf(&s->lines, "%s%s\n", print ? " " : "", print ? print : "");
}

bool
seen_wants_fingerprints(const struct seen *s)
{
	return s->path && s->validity != 0;
}

void
seen_set_fingerprint(struct seen *s, const char *uid, const char *print)
{
	char room[KEY_MAX];
	struct entry *entry;
	size_t at;

	if (!uid || !seen_wants_fingerprints(s))
		return;
	at = add_text(s, print);
	entry = find_or_add(s, key_of(s, uid, room));
	entry->print = at;
	entry->has_print = false;
}

void
seen_done(struct seen *s, const char *uid)
{
	char room[KEY_MAX];

	done(s, key_of(s, uid, room));
}

void
seen_mark(struct seen *s, const char *uid)
{
	char room[KEY_MAX];
	const char *key = key_of(s, uid, room);
	struct entry *entry;

	if (!uid || !s->path || seen_has(s, uid, NULL))
		return;
	entry = find_or_add(s, key);
	if (was_seen(entry)) {
		add_signed(&s->lines, '/', key);
		forget(entry);
	}
	add_signed(&s->lines, '~', key);
	entry->is_marked = true;
}

void
seen_deleted(struct seen *s, const char *uid, uint64_t octets)
{
	struct entry *entry = s->path && s->prefix_len == 0 ? find(s, uid) : NULL;

	if (!is_seen(entry) || (entry->is_deleted && entry->octets == octets))
		return;
	add_deleted(&s->lines, octets, uid);
	entry->octets = octets;
	entry->is_deleted = true;
}

bool
seen_has_deleted(const struct seen *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->entries[i].is_deleted)
			return true;
	return false;
}

void
seen_forget_deleted(struct seen *s,
		    bool (*find_listed)(void *ctx, const char *uid, uint64_t *octets), void *ctx)
{
	for (size_t i = 0; i < s->count; i++) {
		struct entry *entry = &s->entries[i];
		const char *uid = s->text.data + entry->uid;
		uint64_t octets;

		if (!entry->is_deleted ||
		    (find_listed(ctx, uid, &octets) && octets == entry->octets))
			continue;
		add_signed(&s->lines, '/', uid);
		forget(entry);
	}
}

void
seen_stop_recording(struct seen *s)
{
	buf_clear(&s->lines);
	free(s->path);
	s->path = NULL;
}

bool
seen_write(struct seen *s, bool durable, struct err *e)
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
seen_is_written(const struct seen *s)
{
	return s->lines.len == 0 && s->is_flushed;
}

/* The new journal is whole and on disk before it takes the old one's name. */
static bool
replace_journal(struct seen *s, const struct buf *journal, struct err *e)
{
	char *path = seen_side_file(s, ".new");
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

/* Only what IS_LISTED stays. */
static bool
rewrite(struct seen *s, const bool *is_listed, struct err *e)
{
	struct buf journal = {0};
	bool ok;

	add_head(&journal, s->destination);
	for (size_t i = 0; i < s->count; i++)
		if (is_listed[i])
			add_entry(&journal, s, &s->entries[i]);
	ok = replace_journal(s, &journal, e);
	buf_free(&journal);
	return ok;
}

bool
seen_wants_compacting(const struct seen *s, size_t live)
{
	return s->path && s->count > live && s->count - live > live + DEAD_MIN;
}

bool
seen_compact(struct seen *s, bool (*is_listed)(void *ctx, const char *uid), void *ctx,
	     struct err *e)
{
	bool *listed, ok;
	size_t live = 0;

	if (!s->path || s->count <= DEAD_MIN)
		return true;
	listed = mem_alloc(s->count * sizeof *listed);
	for (size_t i = 0; i < s->count; i++) {
		const char *uid = uid_of(s, s->text.data + s->entries[i].uid);

		listed[i] = is_seen(&s->entries[i]) && uid && is_listed(ctx, uid);
		live += listed[i];
	}
	ok = !seen_wants_compacting(s, live) || rewrite(s, listed, e);
	free(listed);
	return ok;
}

/* What is known under another UIDVALIDITY. */

static bool
is_former(const struct seen *s, const struct entry *entry)
{
	return s->validity != 0 && was_seen(entry) &&
	       (entry->is_former || !uid_of(s, s->text.data + entry->uid));
}

void
seen_distrust_from(struct seen *s, uint32_t next, bool (*is_listed)(void *ctx, const char *uid),
		   void *ctx)
{
	bool counts_anew = false;
	uint64_t n;

	for (size_t i = 0; i < s->count && !counts_anew && s->validity != 0; i++) {
		const char *uid = uid_of(s, s->text.data + s->entries[i].uid);

		counts_anew = uid && is_seen(&s->entries[i]) && text_number(uid, UINT32_MAX, &n) &&
			      n >= next && !is_listed(ctx, uid);
	}
	for (size_t i = 0; i < s->count && counts_anew; i++)
		s->entries[i].is_former = true;
}

bool
seen_has_former(const struct seen *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_former(s, &s->entries[i]))
			return true;
	return false;
}

/* A holder of a fingerprint: an entry of the journal, or a newcomer. */
struct holder {
	const char *print;
	const struct entry *entry; /* delivered; NULL: a newcomer */
	const char *uid;           /* the newcomer's */
};

static int
compare_holders(const void *a, const void *b)
{
	return strcmp(((const struct holder *)a)->print, ((const struct holder *)b)->print);
}

/* The holders of fingerprints, by these. */
static struct holder *
all_holders(const struct seen *s, const struct newcomer *newcomers, size_t count, size_t *total)
{
	struct holder *h = mem_alloc((s->count + count) * sizeof *h);
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->entries[i].when != 0 && s->entries[i].print)
			h[n++] = (struct holder){.print = print_of(s, &s->entries[i]),
						 .entry = &s->entries[i]};
	for (size_t i = 0; i < count; i++)
		h[n++] = (struct holder){.print = newcomers[i].print, .uid = newcomers[i].uid};
	if (n > 0)
		qsort(h, n, sizeof *h, compare_holders);
	*total = n;
	return h;
}

/* Of the N that hold one fingerprint: is it one that was delivered, and one that came in its place?
 * Then FOUND says so. */
static bool
is_pair(const struct seen *s, const struct holder *h, size_t n, struct entry *found,
	const char **uid)
{
	const struct holder *old = n == 2 && h[0].entry ? &h[0] : &h[1];

	if (n != 2 || !h[0].entry == !h[1].entry || !is_former(s, old->entry))
		return false;
	*found = *old->entry;
	*uid = old == &h[0] ? h[1].uid : h[0].uid;
	return true;
}

struct recognised {
	struct entry entry;
	const char *uid;
};

/* Each pair's newcomer gets what is known of the other: in RECOGNISED, to be added when no pointer
 * into the journal is needed any more. */
static size_t
pair_up(const struct seen *s, const struct newcomer *newcomers, size_t count,
	struct recognised *recognised)
{
	size_t total, n = 0;
	struct holder *h = all_holders(s, newcomers, count, &total);

	for (size_t i = 0, end; i < total; i = end) {
		for (end = i + 1; end < total && compare_holders(&h[i], &h[end]) == 0;)
			end++;
		n += is_pair(s, h + i, end - i, &recognised[n].entry, &recognised[n].uid);
	}
	free(h);
	return n;
}

size_t
seen_recognise(struct seen *s, const struct newcomer *newcomers, size_t count)
{
	struct recognised *recognised = mem_alloc(count * sizeof *recognised);
	const size_t n = pair_up(s, newcomers, count, recognised);
	char room[KEY_MAX];

	for (size_t i = 0; i < n; i++) {
		struct entry *entry = find_or_add(s, key_of(s, recognised[i].uid, room));

		entry->when = recognised[i].entry.when;
		entry->print = recognised[i].entry.print;
		entry->has_print = true;
		entry->is_former = entry->is_marked = false;
	}
	free(recognised);
	return n;
}

bool
seen_drop_former(struct seen *s, struct err *e)
{
	bool *kept, ok;

	if (!s->path)
		return true;
	kept = mem_alloc(s->count * sizeof *kept);
	for (size_t i = 0; i < s->count; i++)
		kept[i] = is_seen(&s->entries[i]) && !is_former(s, &s->entries[i]);
	ok = seen_write(s, false, e) && rewrite(s, kept, e);
	for (size_t i = 0; i < s->count && ok; i++)
		if (!kept[i])
			forget(&s->entries[i]);
	free(kept);
	return ok;
}
