/* SPDX-License-Identifier: ISC */
/*
 * journal_index - the messages of one mailbox, and the state of each: the result of the lines of
 * journals (journal/journal_line.h).
 *
 * It keeps all that it is told until it is freed. A message goes by its key, which is the server's
 * id for it, or `VALIDITY:UID` where that is good under one UIDVALIDITY only (RFC 9051 section
 * 2.3.1.1).
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_INDEX_H
#define MAILVERBS_JOURNAL_JOURNAL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	JOURNAL_KEY_MAX = 64 /* an IMAP UID and its UIDVALIDITY have 21 bytes */
};

/* One message. */
struct journal_index_entry {
	uint64_t hash;           /* of the key */
	size_t uid;              /* the key; this and the next two are offsets into `text` */
	size_t place;            /* of an open intent; 0: there is none */
	size_t print;            /* the fingerprint; 0: there is none */
	int64_t when;            /* 0: not done */
	int64_t missing;         /* since when it is not listed; 0: it is, or nobody has looked */
	uint64_t octets;         /* of the message that is known by this id; 0: not known */
	uint64_t coming;         /* ... that is about to be delivered by it; 0: not known */
	uint64_t deleted_octets; /* where is_deleted */
	bool is_marked;          /* taken as delivered */
	bool has_print;  /* the fingerprint is in the journal, or among the collected lines */
	bool is_deleted; /* on the server, which said so */
	bool is_listed;  /* in the listing that is being looked at */
	bool is_former;  /* as if under another UIDVALIDITY; what is known anew takes it away */
};

/* Entries are in the order in which they came; pointers to them are valid until the next one
 * comes. */
struct journal_index {
	/* ids and places, NUL-terminated; begins with an empty string, so that no offset is 0 */
	struct buf text;
	struct journal_index_entry *entries;
	size_t count;
	/* open addressing: index into entries + 1, 0: free; a power of two, at most half full */
	uint32_t *slots;
	size_t slot_count;
	size_t next; /* see journal_index_find() */
	uint64_t validity;
	char prefix[24]; /* "VALIDITY:", or empty */
	size_t prefix_len;
};

/* Makes an empty one. journal_index_free() frees what it holds, not *K. */
void journal_index_init(struct journal_index *k);
void journal_index_free(struct journal_index *k);

/* 64 bits of a text that never change: names of files are made of them. */
uint64_t journal_index_hash(const char *s);

/* From here on keys are made for this UIDVALIDITY; 0: ids are good for ever. */
void journal_index_set_validity(struct journal_index *k, uint64_t validity);

/* The key of UID: itself, or in ROOM with the validity before it. NULL is NULL's. */
const char *journal_index_key(const struct journal_index *k, const char *uid,
			      char room[static JOURNAL_KEY_MAX]);

/* The id of a key as the server has it now; NULL: it is from under another validity. */
const char *journal_index_uid(const struct journal_index *k, const char *key);

/* KEY may be NULL. NULL: there is none. */
struct journal_index_entry *journal_index_find(struct journal_index *k, const char *key);

/* The entry of KEY; a new, empty one if there is none. Pointers to entries and into `text` stay
 * good if KEY is known already, and only then. */
struct journal_index_entry *journal_index_find_or_add(struct journal_index *k, const char *key);

/* Keeps TEXT; returns its offset. Pointers into `text` are good no longer. */
size_t journal_index_add_text(struct journal_index *k, const char *text);

/* Is it as good as delivered? Or was it, when its key meant something else? ENTRY may be NULL: then
 * not. */
static inline bool
journal_index_was_seen(const struct journal_index_entry *entry)
{
	return entry && (entry->when != 0 || entry->is_marked);
}

static inline bool
journal_index_is_seen(const struct journal_index_entry *entry)
{
	return journal_index_was_seen(entry) && !entry->is_former;
}

/* It never was. */
void journal_index_forget(struct journal_index_entry *entry);

/* Its key, and its fingerprint or NULL; both good until the text grows. */
static inline const char *
journal_index_key_of(const struct journal_index *k, const struct journal_index_entry *entry)
{
	return k->text.data + entry->uid;
}

static inline const char *
journal_index_print_of(const struct journal_index *k, const struct journal_index_entry *entry)
{
	return entry->print ? k->text.data + entry->print : NULL;
}

#endif
