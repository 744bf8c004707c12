/* SPDX-License-Identifier: ISC */
/*
 * queue - messages that wait to be sent, in a directory of their own:
 *
 *	ID.eml          the message as it goes out, CRLF and all; with the Bcc fields, which
 *	                are never sent, if a copy of it is to be saved (--save)
 *	ID              its entry (msend/queue_entry.h): with it the message is in the queue
 *	ID.new          an entry that is about to take its name
 *	lock            held (flock(2)) by the process that sends
 *	failed/         the same, of messages that will never be sent
 *
 * IDs sort by arrival. Each fact is one rename(2) or unlink(2) of an entry, so every moment is safe
 * to die at:
 *
 *	add      ID.eml, flushed; ID.new, flushed, renamed to ID; the directory, flushed
 *	update   ID.new, renamed over ID
 *	remove   ID unlinked; the directory flushed; ID.eml unlinked
 *	fail     ID.eml renamed into failed, which is flushed; ID renamed into failed
 *
 * Any process may add and list at any time. A process that removes, fails or updates holds the
 * lock, and begins with queue_tidy(), which removes the files of killed processes: a process that
 * adds holds a lock on its ID.eml, which shows that it is alive.
 */
#ifndef MAILVERBS_MSEND_QUEUE_H
#define MAILVERBS_MSEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "message/eol.h"
#include "msend/queue_entry.h"

struct err;
struct queue;

/* DIR need not exist. */
struct queue *queue_new(const char *dir);
void queue_free(struct queue *q); /* gives the lock back; accepts NULL */

/* The directory of the messages that failed; borrowed. */
const char *queue_failed_directory(const struct queue *q);

/* False: *e is ERR_TEMPORARY (somebody else holds it), ERR_OUTPUT, ERR_IO, or ERR_CONFIG: others
 * can put entries into it, which name commands. */
bool queue_lock(struct queue *q, struct err *e);

/* False: *e is ERR_IO; what could be done is done. */
bool queue_tidy(struct queue *q, struct err *e);

/* Puts a message into PUT (with its ctx TO). False: *e, unless PUT was what failed. */
typedef bool (*queue_pour)(void *ctx, eol_put put, void *to, struct err *e);

/*
 * Adds a message: true, and it is on disk, and ENTRY has its id, time and size. False: *e is
 * ERR_OUTPUT or ERR_IO (or POUR's), and nothing was added.
 */
bool queue_add(struct queue *q, struct queue_entry *entry, queue_pour pour, void *ctx,
	       struct err *e);

/* The ids of the messages in the queue, oldest first. */
struct queue_list {
	char **ids;
	size_t count;
};

/* False: *e is ERR_IO. Freed by queue_list_free() in any case. */
bool queue_list(const struct queue *q, struct queue_list *l, struct err *e);
bool queue_list_failed(const struct queue *q, struct queue_list *l, struct err *e);
void queue_list_free(struct queue_list *l);

/* Reads an entry, which queue_entry_free() frees in any case. False: *e is ERR_NO_INPUT (it is no
 * longer there) or ERR_IO. */
bool queue_read(const struct queue *q, const char *id, struct queue_entry *entry, struct err *e);

/* The message, to be closed by the caller, whole as it was added. -1: *e is ERR_IO. */
int queue_open_message(const struct queue *q, const struct queue_entry *entry, struct err *e);

/* Is it there? Somebody may have deleted it. */
bool queue_has_message(const struct queue *q, const struct queue_entry *entry);

/* DURABLE: it is on disk. False: *e is ERR_OUTPUT or ERR_IO; the entry on disk is the one or
 * the other. */
bool queue_update(struct queue *q, const struct queue_entry *entry, bool durable, struct err *e);

/* False: *e is ERR_IO, or ERR_OUTPUT where there can be no failed. The entry is as the last update
 * has it. */
bool queue_remove(struct queue *q, const struct queue_entry *entry, struct err *e);
bool queue_fail(struct queue *q, const struct queue_entry *entry, struct err *e);

#endif
