/* SPDX-License-Identifier: ISC */
/*
 * ini - an INI file as a list of entries, read by libinih, with nothing cut in silence.
 *
 * libinih reads lines of up to 199 bytes and sections of up to 49; what is longer, or no INI line
 * at all, is an error with file and line. A line that begins with a blank continues the value above
 * it: the parts are joined by one blank. " ;" begins a comment.
 */
#ifndef MAILVERBS_CONFIG_INI_H
#define MAILVERBS_CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct ini_entry {
	char *section; /* "" above the first section */
	char *name;
	char *value;
	unsigned line;
	uint32_t section_hash; /* the same section has the same */
	uint32_t hash;         /* of section and name, for ini_find() */
	size_t next;           /* likewise: 1 + the next entry to look at, or 0 */
	bool has_comment;      /* " ;" followed the value: see config/config_check.c */
};

struct ini {
	char *path;
	struct ini_entry *entries;
	size_t count;
	size_t *starts;        /* by hash: 1 + the first entry to look at, or 0 */
	bool others_can_read;  /* group or others may read the file */
	bool others_can_write; /* likewise, write it; a device or pipe is not a file */
};

/*
 * Reads PATH into *INI, to be freed by ini_free() in any case. A file that does not exist is an
 * error (ERR_CONFIG) unless MAY_BE_MISSING: then *INI is empty. A key that occurs twice in a
 * section is an error.
 */
bool ini_load(const char *path, bool may_be_missing, struct ini *ini, struct err *e);

/*
 * The same of TEXT, LEN bytes from the line FIRST_LINE (from 1) of the file PATH; TEXT begins with
 * a section. PATH is only for messages.
 */
bool ini_parse_part(const char *path, const char *text, size_t len, unsigned first_line,
		    struct ini *ini, struct err *e);

/* As ini_load(), but a file that others can write is refused: it says which commands are run, and
 * which servers get passwords. */
bool ini_load_own(const char *path, bool may_be_missing, struct ini *ini, struct err *e);
void ini_free(struct ini *ini);

/* Is ENTRY in SECTION, which has this hash (ini_section_hash())? */
bool ini_is_in(const struct ini_entry *entry, const char *section, uint32_t section_hash);
uint32_t ini_section_hash(const char *section);

/* The entry, or NULL. */
const struct ini_entry *ini_find(const struct ini *ini, const char *section, const char *name);

#endif
