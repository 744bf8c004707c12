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
 *
 * This module opens, locks and writes the file. Records of a message are in journal_record,
 * of a listing in journal_listing, of another UIDVALIDITY in journal_former; journal_peek reads
 * without a lock; journal_rewrite makes the file smaller.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_H
#define MAILVERBS_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct journal;
struct stat;

/* The directory of MAILBOX's journals; the caller's to free(). Its hidden files are not
 * journals. */
char *journal_directory(const char *dir, const char *mailbox);

/*
 * Locks MAILBOX ("pop3 alice@example.org pop.example.org INBOX", app/mailbox_name.h) for the
 * journal to DESTINATION ("maildir /home/alice/Mail"); with DESTINATION NULL there is only the
 * lock, nothing is known and nothing is recorded. Until journal_read() nothing may be asked of it
 * nor recorded. NULL: *e is ERR_TEMPORARY (another run holds the mailbox), ERR_CONFIG (others can
 * write in the directory), ERR_OUTPUT or ERR_IO.
 */
struct journal *journal_lock(const char *dir, const char *mailbox, const char *destination,
			     struct err *e);

/* Reads it, or makes it if there is none; the first call does. False: *e is ERR_OUTPUT or ERR_IO,
 * and the journal is good for nothing more. */
bool journal_read(struct journal *s, struct err *e);

/* Borrowed. The path and the destination are NULL where nothing is recorded. */
const char *journal_path(const struct journal *s);
const char *journal_mailbox(const struct journal *s);
const char *journal_destination(const struct journal *s);

/* Was the journal made by this journal_read()? */
bool journal_is_new(const struct journal *s);

/* stat(2) of the journal. False: there is none. */
bool journal_stat(const struct journal *s, struct stat *st);

void journal_close(struct journal *s); /* accepts NULL; what was not flushed is not written */

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

/* A new journal with no lock and no file, for the files of journal/: journal_named() of MAILBOX and
 * DESTINATION, which may be NULL, below DIR. Freed by journal_close(). */
struct journal *journal_new(void);
struct journal *journal_named(const char *dir, const char *mailbox, const char *destination);

#endif
