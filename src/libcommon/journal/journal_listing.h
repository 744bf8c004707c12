/* SPDX-License-Identifier: ISC */
/*
 * journal_listing - what a whole listing of the mailbox tells: which known messages are missing,
 * and which were deleted.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_LISTING_H
#define MAILVERBS_JOURNAL_JOURNAL_LISTING_H

#include <stdbool.h>
#include <stdint.h>

struct journal;

/*
 * A whole listing: begin, note each id, end. An id that is known and not listed is missing from NOW
 * on, and forgotten when it has been missing for a week. NOW 0: the clock is not to be believed,
 * and nothing becomes missing or is forgotten.
 */
void journal_begin_listing(struct journal *s);
void journal_note_listed(struct journal *s, const char *uid, uint64_t octets);
void journal_end_listing(struct journal *s, int64_t now);

/*
 * A server may give the id of a message that is gone to another one (RFC 1939 section 7), and a
 * message whose id is known is deleted on the server without being fetched. So journal_deleted()
 * collects the messages that the server said it deleted, with the OCTETS of the listing. After a
 * later whole listing, journal_forget_deleted() collects as forgotten those of them that are not in
 * it, or have another length. A message that is listed unchanged was not deleted after all, and
 * remains known. FIND_LISTED looks in the listing. Not for ids under a UIDVALIDITY, which are never
 * given twice.
 */
void journal_deleted(struct journal *s, const char *uid, uint64_t octets);
bool journal_has_deleted(const struct journal *s);
void journal_forget_deleted(struct journal *s,
			    bool (*find_listed)(void *ctx, const char *uid, uint64_t *octets),
			    void *ctx);

#endif
