/* SPDX-License-Identifier: ISC */
/*
 * imap_session - the state of one session with an IMAP server, in parts by concern. It lives from
 * imap_open() to the mailbox's close (imap.c); which module changes which part is said at each.
 * Only for the files of proto/imap; others see proto/imap/imap.h and proto/mailbox.h.
 *
 * The modules build on each other in this order; none includes one that comes after it:
 *
 *	imap_session      this state
 *	imap_error        refusals, breaches of the protocol
 *	imap_response     the tokens of the response in hand
 *	imap_untagged     what the server says for the whole session: codes, EXISTS, BYE
 *	imap_early        answers that came before their turn
 *	imap_talk         commands and their answers
 *	imap_introduction, imap_list, imap_special, imap_select    up to a selected folder
 *	the other imap_*  one of proto/mailbox's functions each
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_SESSION_H
#define MAILVERBS_PROTO_IMAP_IMAP_SESSION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/imap/imap_capabilities.h"
#include "proto/imap/imap_parse.h"
#include "proto/imap/imap_uids.h"
#include "proto/mailbox.h"

struct dialog;
struct imap;
struct imap_early;
struct stream;

/* The answer to a command. */
enum imap_status {
	IMAP_OK,
	IMAP_NO,
	IMAP_BAD,
	IMAP_CONTINUE, /* the server waits for the rest of the command */
	IMAP_FAILED    /* the stream failed */
};

/* Untagged data: `* NUMBER KEYWORD …` or `* KEYWORD …`. */
struct imap_untagged {
	bool has_number;
	uint32_t number;
	char keyword[32];
};

/*
 * Takes untagged data for the command that waits. It reads by imap_next() as far as it likes; the
 * rest of the response is skipped. False: it does not want this response. It gets EXPUNGE too.
 */
typedef bool imap_taker(void *ctx, struct imap *c, const struct imap_untagged *u);

/* Reading: imap_response. */
struct imap_reader {
	struct imap_parse parse;
	bool in_response;     /* more tokens of the response in hand are to be read */
	struct buf shown;     /* of that response, for the trace */
	uint64_t unsolicited; /* untagged responses that nobody wanted, in this answer, */
	uint64_t said;        /* and bytes that were not a message's text */
};

/* Which command is whose: imap_talk. Answers that came before their turn: imap_early. */
struct imap_tags {
	unsigned asked;   /* the tag of the last command asked, */
	unsigned awaited; /* and of the one whose answer is awaited */
	bool in_answer;   /* it has not come yet, or the server waits for more of the command */
	struct imap_early *early;
	size_t early_count;
	unsigned unordered_from, unordered_to; /* the tags that may be answered in any order */
};

/* ALERT's words for the user: imap_untagged. */
struct imap_alerts {
	struct buf lines; /* each that was said, once */
	size_t taken;     /* the user has seen this many bytes of them */
};

/* From the greeting to the first folder: imap_login, imap_introduction. */
struct imap_stage {
	bool is_authenticated;
	bool is_introduced;
	bool is_utf8;      /* UTF8=ACCEPT is on */
	unsigned preludes; /* commands asked ahead of all others, whose answers are not read yet */
};

/* The folder: imap_select; its counts: imap_untagged. */
struct imap_folder {
	char *name;      /* as the user gave it */
	bool only_looks; /* EXAMINE instead of SELECT */
	bool is_selected;
	unsigned rights; /* in it; enum mailbox_right */
	char *permanent; /* the list of PERMANENTFLAGS, "(…)"; NULL: the server gave none */
	uint32_t exists;
	uint32_t existed;         /* when it was selected */
	uint32_t expunged;        /* messages that went away since it was selected, */
	uint32_t listed_expunged; /* and those of them that went before the list was complete */
};

/* A folder in which the server announces what comes. */
struct imap_announced {
	char *wire;        /* its name, as it goes over the wire */
	uint64_t next_uid; /* UIDNEXT as its last turn had it; 0: unknown, */
	uint64_t validity; /* with this UIDVALIDITY */
	uint64_t told;     /* UIDNEXT as the server announced it last; 0: not yet */
	bool has_news;     /* since its last turn */
	bool is_left;      /* it was selected since the server was asked last */
};

/* NOTIFY: imap_notify. No folders: it is not on. */
struct imap_notify {
	struct imap_announced *folders;
	size_t count;
	bool is_over; /* the server has ended it (NOTIFICATIONOVERFLOW): imap_untagged */
	/* takes an announcement, whichever command waits; not that command's data */
	void (*take)(struct imap *c, const struct imap_untagged *u);
};

/* The changes that the commit makes: imap_remove. */
struct imap_changes {
	struct imap_uids to_delete; /* to delete, or to move to the Trash */
	struct imap_uids to_read;   /* to mark as read */
	bool to_trash;
	char *trash; /* the Trash, as it goes over the wire; NULL: not known yet */
	bool asks_trash;
};

struct imap {
	struct stream *stream; /* the caller's */
	struct dialog *dialog;
	struct imap_reader reader;
	struct imap_tags tags;
	imap_taker *take; /* NULL: the command that waits wants no data */
	void *take_ctx;
	struct buf words; /* of the last status response that was an answer: "NO [CODE] text" */
	struct buf bye;   /* of BYE; empty: the server has not said it */
	struct imap_alerts alerts;
	struct imap_capabilities capabilities;
	struct imap_stage stage;
	struct imap_folder folder;
	struct imap_notify notify;
	struct imap_changes changes;
	struct mailbox_facts facts; /* of the folder and the last commit; no customs */
	bool stays;                 /* the session goes on after a commit */
	bool idled_in_vain; /* the server ended the last IDLE at once, and nothing had come */
};

/* Are there more messages in the selected folder than in the list? Messages expunged meanwhile do
 * not change the result. */
static inline bool
imap_has_come(const struct imap *c)
{
	return (uint64_t)c->folder.exists + c->folder.expunged > c->folder.existed;
}

static inline bool
imap_can(const struct imap *c, enum imap_capability what)
{
	return (c->capabilities.has & what) != 0;
}

/* Are the commands of a commit under way? (imap_early) */
static inline bool
imap_is_unordered(const struct imap *c)
{
	return c->tags.unordered_to == UINT_MAX;
}

/* How many messages have gone away since the list: its numbers are true as long as none has. */
static inline uint32_t
imap_gone_since_list(const struct imap *c)
{
	return c->folder.expunged - c->folder.listed_expunged;
}

#endif
