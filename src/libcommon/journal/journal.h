/* SPDX-License-Identifier: ISC */
/*
 * journal - the journal of what was delivered: per mailbox and destination, one line an event.
 *
 * It lives in DIR/MAILBOX/DESTINATION, where DIR is $XDG_STATE_HOME/mailverbs/seen, and is only
 * ever appended to, but for compaction:
 *
 *	mailverbs seen 1 DESTINATION
 *	+ UID PLACE [PRINT]  intent: the message is whole and flushed, and about to appear at PLACE
 *	- UID                the intent came to nothing: a killed run's, and PLACE was looked at
 *	= TIME UID [PRINT]   done
 *	~ UID                taken as delivered though it never was (mfetch --mark-seen)
 *	x OCTETS UID         deleted on the server, which listed it with so many octets
 *	/ UID                and gone from there: forgotten
 *
 * PRINT is the message's fingerprint (message/fingerprint.h), where ids are good for a while only:
 * in the first line that is written of it.
 *
 * UID, PLACE and DESTINATION have their blanks, controls, 8-bit bytes and % as %HH. A torn last
 * line never happened. Any other damage is an error that names the line, and nothing is fetched.
 *
 * An open journal holds the mailbox's lock (flock(2), gone with the process), so two runs for one
 * mailbox exclude each other.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_H
#define MAILVERBS_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct err;
struct journal;
struct stat;

/* Where the journals of MAILBOX are; the caller's to free(). Hidden files there are no journals. */
char *journal_directory(const char *dir, const char *mailbox);

/*
 * Locks MAILBOX ("pop3 alice@example.org pop.example.org INBOX") and reads the journal for
 * DESTINATION ("maildir /home/alice/Mail"); with DESTINATION NULL there is only the lock, nothing
 * is known and nothing is recorded. NULL: *e is ERR_TEMPORARY (another run holds the mailbox),
 * ERR_OUTPUT or ERR_IO.
 */
struct journal *journal_open(const char *dir, const char *mailbox, const char *destination,
			     struct err *e);

/* The same in two steps: the lock, and later, once or more often, what is known. Between them
 * nothing may be asked of it nor recorded; where the second fails, it is good for nothing more. */
struct journal *journal_lock(const char *dir, const char *mailbox, const char *destination,
			     struct err *e);
bool journal_read(struct journal *s, struct err *e);

/* stat(2) of the journal. False: there is none. */
bool journal_stat(const struct journal *s, struct stat *st);

/* journal_open() for who only looks: nothing is locked or made, and nothing may be recorded. */
struct journal *journal_peek(const char *dir, const char *mailbox, const char *destination,
			     struct err *e);

/* All that was delivered from MAILBOX anywhere, for reading: no lock, and no error where there is
 * nothing yet. */
struct journal *journal_open_all(const char *dir, const char *mailbox, struct err *e);

void journal_close(struct journal *s); /* accepts NULL; what was not flushed is not written */

/*
 * From here on each UID is one under this UIDVALIDITY (RFC 9051 section 2.3.1.1), and what is known
 * under another is not known: it stands in the journal as `VALIDITY:UID`. 0, as it is at first: the
 * ids are good for ever.
 */
void journal_set_validity(struct journal *s, uint32_t validity);

/*
 * Ids of NEXT or more (UIDNEXT) are those of messages still to come. Where one is known, and
 * IS_LISTED says that it is not there, the server counts anew under the same UIDVALIDITY: a mailbox
 * that was restored from a backup. What it gives a known id to may be another message, so all that
 * is known under this UIDVALIDITY is from here on known as under another one.
 */
void journal_distrust_from(struct journal *s, uint32_t next,
			   bool (*is_listed)(void *ctx, const char *uid), void *ctx);

/* Are fingerprints of any use? Then SET, before its first line, gives UID one. */
bool journal_wants_fingerprints(const struct journal *s);
void journal_set_fingerprint(struct journal *s, const char *uid, const char *print);

/* Is something known under another UIDVALIDITY than the one that was set? */
bool journal_has_former(const struct journal *s);

/* A message of which nothing is known under this UIDVALIDITY; both words borrowed. */
struct newcomer {
	const char *uid;
	const char *print;
};

/*
 * Those of COUNT newcomers that were delivered under another UIDVALIDITY, by their fingerprints,
 * are known from here on, as delivered when they were. A fingerprint that several messages have,
 * there or here, tells nothing of any of them. Returns how many it were. In memory only, until
 * journal_drop_former().
 */
size_t journal_recognise(struct journal *s, const struct newcomer *newcomers, size_t count);

/*
 * Forgets what was known under another UIDVALIDITY, by rewriting the journal: until its new one is
 * whole and in its place, the old one stands. No intent may be open. False: *e is ERR_IO.
 */
bool journal_drop_former(struct journal *s, struct err *e);

/*
 * Was it delivered, and when? UID may be NULL: then never. One that was only taken as delivered has
 * the time 0: nothing of it is here, so it must not be deleted there.
 */
bool journal_has(struct journal *s, const char *uid, time_t *when);

/*
 * What a run that was killed left open: WAS_DONE looks at the place of each intent without its
 * "done" and says what came of it; what was done is collected as such, and what was not as void: a
 * PLACE means nothing any more once others have been there. Messages without an id have intents
 * too.
 */
void journal_each_intent(struct journal *s, bool (*was_done)(void *ctx, const char *place),
			 void *ctx);

/* These collect lines. A NULL uid can be intended, never done. */
void journal_intend(struct journal *s, const char *uid, const char *place);
void journal_done(struct journal *s, const char *uid);

/* Collects that UID, which has not been delivered, is to be taken as if it had been. */
void journal_mark(struct journal *s, const char *uid);

/*
 * A server may give the id of a message that is gone to another one (RFC 1939 section 7), and what
 * is known by its id is deleted there without being fetched. So journal_deleted() collects what the
 * server said it deleted, having listed it with so many OCTETS, and journal_forget_deleted(), behind a
 * later whole listing, collects that those are forgotten which are not in it, or with another
 * length. What is there unchanged was not deleted after all, and stays known. FIND_LISTED looks in
 * the listing. Not for ids under a UIDVALIDITY, which are never given twice.
 */
void journal_deleted(struct journal *s, const char *uid, uint64_t octets);
bool journal_has_deleted(const struct journal *s);
void journal_forget_deleted(struct journal *s,
			    bool (*find_listed)(void *ctx, const char *uid, uint64_t *octets),
			    void *ctx);

/* From here on nothing is recorded, nor what was collected; what is known stays known, and the
 * mailbox locked. */
void journal_stop_recording(struct journal *s);

/* The path of a hidden file beside the journal, the caller's to free(). */
char *journal_side_file(const struct journal *s, const char *suffix);

/* A number that no other journal has: what bears it is this one's, and while the lock is held
 * nobody else's. */
uint64_t journal_tag(const struct journal *s);

/* Appends what was collected in one write(2); DURABLE: and flushes it to disk. False: *e is ERR_IO,
 * the caller delivers no more. */
bool journal_write(struct journal *s, bool durable, struct err *e);

/* Is all that was collected written and flushed? */
bool journal_is_written(const struct journal *s);

/* Are so many ids on record that are no longer listed, LIVE of them being listed, that
 * journal_compact() would write a new journal? */
bool journal_wants_compacting(const struct journal *s, size_t live);

/*
 * After a complete listing: forgets what the server no longer lists, by rewriting the journal where
 * that pays. IS_LISTED is asked for each id.
 */
bool journal_compact(struct journal *s, bool (*is_listed)(void *ctx, const char *uid), void *ctx,
		     struct err *e);

#endif
