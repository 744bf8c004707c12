/* SPDX-License-Identifier: ISC */
/*
 * journal_line - the lines of a journal (deliver/seen.h has the format), written and read.
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

/* Each appends a line to OUT. UID is the message's key, PRINT its fingerprint or NULL. */
void journal_line_head(struct buf *out, const char *destination);
void journal_line_intent(struct buf *out, const char *uid, const char *place, const char *print);
void journal_line_done(struct buf *out, int64_t when, const char *uid, const char *print);
void journal_line_deleted(struct buf *out, uint64_t octets, const char *uid);

/* SIGN and UID are all of it: `-`, `~` and `/`. */
void journal_line_signed(struct buf *out, char sign, const char *uid);

/* All that is known of an entry that is seen, in as few lines as it takes. */
void journal_line_entry(struct buf *out, const struct journal_index *k,
			const struct journal_index_entry *entry);

/*
 * Reads the journal in FILE, which PATH names in errors, into *K. DESTINATION is whose it must be;
 * NULL: anyone's. *WHOLE becomes its length up to the last whole line; what is torn behind it never
 * happened. False: *e is ERR_IO, and names the line that is damaged.
 */
bool journal_line_load(struct journal_index *k, FILE *file, const char *path,
		       const char *destination, off_t *whole, struct err *e);

#endif
