/* SPDX-License-Identifier: ISC */
/*
 * journal_line - the lines of a journal (journal/journal.h has the format), written and read.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_LINE_H
#define MAILVERBS_JOURNAL_JOURNAL_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct buf;
struct err;
struct journal_index;
struct journal_index_entry;

/* The format of the records that version 0.1 wrote before they said which mailbox they are of. */
enum journal_version { JOURNAL_V1 = 1, JOURNAL_V2 = 2 };

/* Each appends a line to OUT. UID is the message's key, OCTETS 0 where they are not known, PRINT
 * its fingerprint or NULL. */
void journal_line_head(struct buf *out, const char *mailbox, const char *destination);
void journal_line_intent(struct buf *out, const char *uid, const char *place, uint64_t octets,
			 const char *print);
void journal_line_done(struct buf *out, int64_t when, uint64_t octets, const char *uid,
		       const char *print);
void journal_line_marked(struct buf *out, uint64_t octets, const char *uid);
void journal_line_deleted(struct buf *out, uint64_t octets, const char *uid);

/* SINCE 0: it is listed again. */
void journal_line_missing(struct buf *out, int64_t since, const char *uid);

/* SIGN and UID are all of it: `-` and `/`. */
void journal_line_signed(struct buf *out, char sign, const char *uid);

/* All that is known of an entry that is seen, in as few lines as it takes. */
void journal_line_entry(struct buf *out, const struct journal_index *k,
			const struct journal_index_entry *entry);

/* The expected content of a journal's first line. */
struct journal_subject {
	enum journal_version version;
	const char *mailbox;     /* V1 does not say it */
	const char *destination; /* NULL: any */
};

/*
 * Reads the journal in FILE, which PATH names in errors, into *K. *WHOLE becomes its length up to
 * the last whole line; a torn line after it never happened. False: *e is ERR_IO, and names the line
 * that is damaged, or says that the journal is of another mailbox or destination.
 */
bool journal_line_load(struct journal_index *k, FILE *file, const char *path,
		       const struct journal_subject *subject, off_t *whole, struct err *e);

/* Is the first line of FILE that of a V2 journal of DESTINATION? Then its mailbox, the caller's to
 * free(); else NULL. */
char *journal_line_mailbox_of(FILE *file, const char *destination);

#endif
