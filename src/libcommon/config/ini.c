/* SPDX-License-Identifier: ISC */
#include "config/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
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

enum { SECTION_MAX = 49 }; /* libinih's; a longer name would be cut */
enum { BLOCK = 4096, SIZE_LIMIT = 16 * 1024 * 1024 };

struct reading {
	struct ini *ini;
	FILE *file;
	struct err *e;
	unsigned line;
	bool continues;   /* the line began with a blank */
	bool has_comment; /* it contains " ;" */
	bool failed;
};

static void
fail(struct reading *r, const char *what)
{
	if (!r->failed)
		err_set(r->e, ERR_CONFIG, "%s:%u: %s", r->ini->path, r->line, what);
	r->failed = true;
}

static void
check_line(struct reading *r, const char *line, size_t size)
{
	const size_t len = strlen(line);
	const char *start = line + strspn(line, " \t");

	r->continues = text_is_wsp(line[0]);
	r->has_comment = strstr(line, " ;") || strstr(line, "\t;");
	if (len == size - 1 && line[len - 1] != '\n')
		fail(
		    r,
		    "the line is too long; put the rest of the value on an indented line below it");
	else if (len == 0 || (line[len - 1] != '\n' && !feof(r->file)))
		fail(r, "the line holds a NUL byte");
	else if (start[0] == '[' && strcspn(start, "]") > SECTION_MAX)
		fail(r, "the name of the section is too long");
}

/* Stands in for fgets(3) in libinih, which would take a long line as two. */
static char *
read_line(char *line, int size, void *stream)
{
	struct reading *r = stream;

	if (r->failed || !fgets(line, size, r->file))
		return NULL;
	r->line++;
	check_line(r, line, (size_t)size);
	return r->failed ? NULL : line;
}

static void
continue_value(struct ini_entry *entry, const char *value)
{
	char *former = entry->value;
	size_t len = strlen(former);

	entry->value = mem_alloc(len + strlen(value) + 2);
	memcpy(entry->value, former, len);
	mem_wipe(former, len);
	free(former);
	if (len > 0)
		entry->value[len++] = ' ';
	strcpy(entry->value + len, value);
}

/* FNV-1a */
static uint32_t
hash_on(uint32_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

uint32_t
ini_section_hash(const char *section)
{
	return hash_on(2166136261u, section);
}

static uint32_t
hash_of(uint32_t section_hash, const char *name)
{
	return hash_on(section_hash * 16777619u, name);
}

bool
ini_is_in(const struct ini_entry *entry, const char *section, uint32_t section_hash)
{
	return entry->section_hash == section_hash && strcmp(entry->section, section) == 0;
}

/* How many starts there are for COUNT entries: a power of two. */
static size_t
starts_for(size_t count)
{
	size_t n = 1;

	while (n < count)
		n *= 2;
	return n;
}

static void
link_entry(struct ini *ini, size_t at)
{
	size_t *start = &ini->starts[ini->entries[at].hash & (starts_for(ini->count) - 1)];

	ini->entries[at].next = *start;
	*start = at + 1;
}

static void
add_entry(struct ini *ini, const struct ini_entry *entry)
{
	const size_t before = starts_for(ini->count);

	ini->entries = mem_room(ini->entries, ini->count, sizeof *ini->entries);
	ini->entries[ini->count++] = *entry;
	if (ini->starts && starts_for(ini->count) == before) {
		link_entry(ini, ini->count - 1);
		return;
	}
	free(ini->starts);
	ini->starts = mem_alloc(starts_for(ini->count) * sizeof *ini->starts);
	for (size_t i = 0; i < ini->count; i++)
		link_entry(ini, i);
}

static int
take_entry(void *ctx, const char *section, const char *name, const char *value)
{
	struct reading *r = ctx;
	struct ini *ini = r->ini;
	struct ini_entry *last = ini->count > 0 ? &ini->entries[ini->count - 1] : NULL;

	if (r->failed)
		return 0;
	if (r->continues && last && strcmp(last->section, section) == 0) {
		continue_value(last, value);
		last->has_comment |= r->has_comment;
		return 1;
	}
	if (ini_find(ini, section, name)) {
		err_set(r->e, ERR_CONFIG, "%s:%u: %s: the key is given for the second time",
			ini->path, r->line, name);
		r->failed = true;
		return 0;
	}
	add_entry(ini, &(struct ini_entry){.section = mem_strdup(section),
					   .name = mem_strdup(name),
					   .value = mem_strdup(value),
					   .line = r->line,
					   .section_hash = ini_section_hash(section),
					   .hash = hash_of(ini_section_hash(section), name),
					   .has_comment = r->has_comment});
	return 1;
}

/* libinih reads the lines into its own frame of the stack, and some of them hold a password. */
__attribute__((noinline)) static void
wipe_stack(void)
{
	char room[1024];

	mem_wipe(room, sizeof room);
}

static bool
parse(struct ini *ini, FILE *file, unsigned lines_before, struct err *e)
{
	struct reading r = {.ini = ini, .file = file, .e = e, .line = lines_before};
	const int bad_line = ini_parse_stream(read_line, &r, take_entry, &r);

	wipe_stack();
	if (r.failed)
		return false;
	if (ferror(file))
		return err_set_errno(e, ERR_CONFIG, "%s", ini->path);
	if (bad_line == 0)
		return true;
	err_set(e, ERR_CONFIG, "%s:%u: neither [section] nor key = value", ini->path,
		(unsigned)bad_line + lines_before);
	return err_hint(e, "a file of msmtp, mpop, fetchmail or getmail: maccount import FILE");
}

/* Of lines in memory. A stream that only reads does not write there; its own buffer is wiped
 * too. */
static bool
parse_text(struct ini *ini, const char *text, size_t len, unsigned lines_before, struct err *e)
{
	FILE *file = len > 0 ? fmemopen((void *)(uintptr_t)text, len, "r") : NULL;
	char block[BLOCK] MEM_UNINITIALIZED;
	bool ok;

	if (!file)
		return len == 0 || err_set_errno(e, ERR_IO, "%s", ini->path);
	setvbuf(file, block, _IOFBF, sizeof block);
	ok = parse(ini, file, lines_before, e);
	fclose(file);
	mem_wipe(block, sizeof block);
	return ok;
}

static bool
load(struct ini *ini, int fd, struct err *e)
{
	struct buf text = {0};
	struct stat st;
	bool ok;

	if (fstat(fd, &st) != 0)
		st.st_mode = S_IFREG | S_IRWXG | S_IRWXO; /* unknown: as bad as can be */
	ini->others_can_read = (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	ini->others_can_write = S_ISREG(st.st_mode) && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
	ok = file_read_all(fd, &text, SIZE_LIMIT, e) || err_prefix(e, "%s", ini->path);
	ok = ok && parse_text(ini, text.data, text.len, 0, e);
	buf_wipe(&text);
	return ok;
}

bool
ini_load(const char *path, bool may_be_missing, struct ini *ini, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool ok;

	*ini = (struct ini){.path = mem_strdup(path)};
	if (fd < 0 && errno == ENOENT && may_be_missing)
		return true;
	if (fd < 0)
		return err_set_errno(e, ERR_CONFIG, "%s", path);
	ok = load(ini, fd, e);
	close(fd);
	if (!ok && e->code == ERR_IO)
		e->code = ERR_CONFIG;
	return ok;
}

bool
ini_parse_part(const char *path, const char *text, size_t len, unsigned first_line, struct ini *ini,
	       struct err *e)
{
	*ini = (struct ini){.path = mem_strdup(path)};
	return parse_text(ini, text, len, first_line - 1, e);
}

bool
ini_load_own(const char *path, bool may_be_missing, struct ini *ini, struct err *e)
{
	if (!ini_load(path, may_be_missing, ini, e))
		return false;
	if (!ini->others_can_write)
		return true;
	err_set(e, ERR_CONFIG, "%s: others can write this file", path);
	return err_hint(e, "chmod go-w %s", path);
}

void
ini_free(struct ini *ini)
{
	for (size_t i = 0; i < ini->count; i++) {
		free(ini->entries[i].section);
		free(ini->entries[i].name);
		mem_free_secret(ini->entries[i].value);
	}
	free(ini->entries);
	free(ini->starts);
	free(ini->path);
	*ini = (struct ini){0};
}

const struct ini_entry *
ini_find(const struct ini *ini, const char *section, const char *name)
{
	const uint32_t hash = hash_of(ini_section_hash(section), name);
	size_t at = ini->starts ? ini->starts[hash & (starts_for(ini->count) - 1)] : 0;

	while (at > 0) {
		const struct ini_entry *entry = &ini->entries[at - 1];

		if (entry->hash == hash && strcmp(entry->section, section) == 0 &&
		    strcmp(entry->name, name) == 0)
			return entry;
		at = entry->next;
	}
	return NULL;
}
