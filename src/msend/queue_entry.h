/* SPDX-License-Identifier: ISC */
/*
 * queue_entry - what is known of a message that waits: its envelope, whose it is, what became of
 * it so far. As a text, a line a fact, each word with its blanks, controls, 8-bit bytes and % as
 * %HH:
 *
 *	mailverbs queue 1
 *	time SECONDS              when it came, since 1970
 *	size OCTETS               of the message
 *	account NAME              NAME is missing where there was none
 *	from ADDRESS              ADDRESS is missing for the null sender
 *	set NAME VALUE            a setting it is to be sent with
 *	tried TIMES SECONDS       how often, and when it was last
 *	late SECONDS              when an attempt failed first after its time was over
 *	reply TEXT                what came of that
 *	maybe-sent                its end went out, or was about to, and no reply to it was seen
 *	copying                   a server took it, and the sender's copy was about to be filed
 *	copied                    what became of that copy was said
 *	to ADDRESS                who is still to get it; with `copying` there may be none
 *	refused ADDRESS REPLY     who never will
 *
 * Any other line is damage.
 */
#ifndef MAILVERBS_MSEND_QUEUE_ENTRY_H
#define MAILVERBS_MSEND_QUEUE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct queue_recipient {
	char *address;
	char *refusal; /* why he never will get it, or NULL */
	bool has_it;   /* he got it, and is forgotten when the entry is written */
};

struct queue_setting {
	char *name;
	char *value;
};

/* The sender's copy, once a server has taken the message. */
enum queue_copy {
	QUEUE_COPY_NONE,
	QUEUE_COPYING, /* it was begun */
	QUEUE_COPIED   /* what became of it was said */
};

/* `struct queue_entry q = {0};` is an empty one. It owns its strings; of those that are not in the
 * text yet, account, from and reply are "". */
struct queue_entry {
	char *id; /* not in the text: the name of its file */
	int64_t arrived;
	uint64_t size;
	char *account;
	char *from;
	struct queue_setting *settings;
	size_t setting_count;
	unsigned attempts;
	int64_t tried; /* 0: never yet */
	int64_t late;  /* 0: its time is not over */
	char *reply;
	bool maybe_sent;
	enum queue_copy copy;
	struct queue_recipient *recipients;
	size_t count;
};

void queue_entry_free(struct queue_entry *q); /* leaves an empty one */

/* These copy. REFUSAL may be NULL. */
void queue_entry_add_recipient(struct queue_entry *q, const char *address, const char *refusal);
void queue_entry_add_setting(struct queue_entry *q, const char *name, const char *value);

/* Counts an attempt, now, with what came of it. */
void queue_entry_tried(struct queue_entry *q, const char *reply);

/* Is he still to get it? */
bool queue_recipient_is_due(const struct queue_recipient *r);

size_t queue_entry_count_due(const struct queue_entry *q);

/* Has everybody got it? */
bool queue_entry_is_done(const struct queue_entry *q);

void queue_entry_write(const struct queue_entry *q, struct buf *text);

/* Reads TEXT, which is cut up, into an empty entry. False: *LINE is where it is damaged. */
bool queue_entry_read(struct queue_entry *q, char *text, size_t *line);

#endif
