/* SPDX-License-Identifier: ISC */
/*
 * journal - what was delivered: one journal per mailbox and destination, one line an event.
 *
 * It is the file DIR/MAILBOX/DESTINATION, where DIR is $XDG_STATE_HOME/mailverbs/journal, and is
 * only ever appended to, except for compaction. Its name is only where to look: the first line says
 * which mailbox and destination it is about, and is compared when the journal is read.
 *
 *	mailverbs journal 2 MAILBOX DESTINATION
 *	+ UID PLACE OCTETS [PRINT]
 *			     intent: the message is whole and flushed, and about to appear at PLACE
 *	- UID                the intent of a killed run came to nothing
 *	= TIME OCTETS UID [PRINT]
 *			     done
 *	~ OCTETS UID         taken as delivered though it never was (mfetch --mark-seen)
 *	x OCTETS UID         deleted on the server, which listed it with so many octets
 *	/ UID                and gone from there: forgotten
 *	? TIME UID           not listed since TIME; 0: listed again
 *
 * OCTETS is the message's size as the server announced it, where a server may give an id to another
 * message later (POP3; RFC 1939 section 7); else 0. PRINT is the message's fingerprint
 * (message/fingerprint.h), where ids are valid under one UIDVALIDITY only: in the first line of the
 * message.
 *
 * In each word blanks, controls, 8-bit bytes and % are written as %HH. A torn last line never
 * happened. Any other damage is an error that names the line, and nothing is fetched.
 *
 * An open journal holds the mailbox's lock (flock(2), released with the process), so two runs for
 * one mailbox exclude each other.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_H
#define MAILVERBS_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct err;
struct journal;
struct journal_index;
struct stat;

/* The directory of MAILBOX's journals; the caller's to free(). Its hidden files are not
 * journals. */
char *journal_directory(const char *dir, const char *mailbox);

/*
 * Locks MAILBOX ("pop3 alice@example.org pop.example.org INBOX", app/mailbox_name.h) and reads the journal for
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

/* Borrowed. The path and the destination are NULL where nothing is recorded. */
const char *journal_path(const struct journal *s);
const char *journal_mailbox(const struct journal *s);
const char *journal_destination(const struct journal *s);

/* Was the journal made by this journal_read()? */
bool journal_is_new(const struct journal *s);

/* The mailbox of the same protocol, user and folder on another server from which the destination has
 * got messages: the server may have been renamed. The caller's to free(); NULL: none. */
char *journal_find_renamed(const struct journal *s);

/* Adds the messages that K knows as delivered to the known ones. */
void journal_add_known(struct journal *s, const struct journal_index *k);

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
 * From now on each UID belongs to this UIDVALIDITY (RFC 9051 section 2.3.1.1), and messages known
 * under another one count as unknown: the journal has them as `VALIDITY:UID`. 0, the initial value:
 * the ids never change.
 */
void journal_set_validity(struct journal *s, uint64_t validity);

/*
 * Ids of NEXT or more (UIDNEXT) belong to future messages. If one of them is known, and IS_LISTED
 * says that it is not listed, the server reuses ids under the same UIDVALIDITY: the mailbox was
 * restored from a backup. A message with a known id may be another message, so from now on all
 * messages known under this UIDVALIDITY count as known under another one.
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
 * Forgets messages known under another UIDVALIDITY, by rewriting the journal: the old file remains
 * until the new one is complete and in its place. No intent may be open. False: *e is ERR_IO.
 */
bool journal_drop_former(struct journal *s, struct err *e);

/*
 * Was it delivered, and when? UID may be NULL: then never. An id that is known with other OCTETS is
 * another message's; 0: they are not known, and the id alone decides. One that was only taken as
 * delivered has the time 0: it was not stored anywhere, so it must not be deleted on the server.
 */
bool journal_has(struct journal *s, const char *uid, uint64_t octets, time_t *when);

/* UID, which has so many OCTETS, is about to be delivered: for journal_intend() and journal_done().
 */
void journal_expect(struct journal *s, const char *uid, uint64_t octets);

/*
 * Settles the intents that a killed run left open: WAS_DONE looks at the place of each intent
 * without a "done" and returns its outcome. Delivered messages are collected as done, and the
 * others as void: a PLACE is meaningless once others have written to it. Messages without an id
 * have intents too.
 */
void journal_each_intent(struct journal *s, bool (*was_done)(void *ctx, const char *place),
			 void *ctx);

/* These collect lines. A NULL uid can be intended, never done. */
void journal_intend(struct journal *s, const char *uid, const char *place);
void journal_done(struct journal *s, const char *uid);

/* Collects that UID, which has not been delivered, is to be taken as if it had been. */
void journal_mark(struct journal *s, const char *uid, uint64_t octets);

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

/*
 * A whole listing: begin, note each id, end. An id that is known and not listed is missing from NOW
 * on, and forgotten when it has been missing for a week. NOW 0: the clock is not to be believed, and
 * nothing becomes missing or is forgotten.
 */
void journal_begin_listing(struct journal *s);
void journal_note_listed(struct journal *s, const char *uid, uint64_t octets);
void journal_end_listing(struct journal *s, int64_t now);

/* Rewrites the journal without what is forgotten, if that pays. False: *e is ERR_IO. */
bool journal_compact(struct journal *s, struct err *e);

/* The newest time on record; 0: none. */
int64_t journal_newest(const struct journal *s);

/* Gives entries that were recorded while the clock was not set the time NOW. */
void journal_date(struct journal *s, int64_t now);

#endif
