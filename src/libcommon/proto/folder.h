/* SPDX-License-Identifier: ISC */
/*
 * folder - the folders of an account (IMAP), as LIST tells of them.
 */
#ifndef MAILVERBS_PROTO_FOLDER_H
#define MAILVERBS_PROTO_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf;

struct folder {
	char *name;     /* as it is shown and typed (proto/imap/imap_name.h) */
	char *wire;     /* as the server has it */
	char delimiter; /* of the hierarchy; '\0': there is none */
	bool is_absent; /* \Noselect, \NonExistent: a name above other folders, and no folder */
	unsigned uses;  /* what for, as bits; folder_add_uses() has the words */
	bool has_counts;
	uint64_t messages;
	uint64_t unseen;
};

struct folder_list {
	struct folder *items;
	size_t count;
};

/* Takes an attribute of a folder (RFC 9051 section 7.3.1, RFC 6154 section 2); others say nothing.
 */
void folder_take_attribute(struct folder *f, const char *word, size_t n);

/* Adds what the folder is for, "trash" or "all,important", to OUT, or nothing. */
void folder_add_uses(struct buf *out, const struct folder *f);

/* INBOX first, then by name, each once: what is told of a folder several times is put together. */
void folder_list_arrange(struct folder_list *l);

/* The name that a new folder for this special use gets. */
const char *folder_usual_name(const char *attribute);

/* Does NAME ask for a folder by its special use, "\\Sent", in place of its name? */
bool folder_is_special(const char *name);

/* A NAME that begins with a backslash is meant as a special use: a misspelt one is not the name of
 * a folder to make. False: *e has CODE. */
bool folder_check_special(const char *name, enum err_code code, struct err *e);

/*
 * The folder for a special use: the one marked so (RFC 6154 section 2), else the first with a usual
 * name. With MAY_BE_ABSENT, if there is none, one that is marked so and does not exist yet. NULL:
 * there is none. Borrowed.
 */
const struct folder *folder_list_special(const struct folder_list *l, const char *attribute,
					 bool may_be_absent);

/* The folder for what is thrown away, and that exists. */
const struct folder *folder_list_trash(const struct folder_list *l);

void folder_list_free(struct folder_list *l);

#endif
