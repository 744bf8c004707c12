/* SPDX-License-Identifier: ISC */
/*
 * mailbox - the messages on a server, whichever protocol it speaks: list, fetch, remove, commit.
 *
 *	list → fetch (into a receiver) → remove the messages that were stored safely → commit
 *
 * mailbox_close() without mailbox_commit() changes nothing on the server.
 *
 * A caller that kept a mark of an earlier session (mailbox_mark()) may ask for the messages since
 * then, without a long list.
 */
#ifndef MAILVERBS_PROTO_MAILBOX_H
#define MAILVERBS_PROTO_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/message_list.h"

struct buf;
struct date;
struct err;
struct folder_list;
struct mailbox;
struct outgoing;

enum { MAILBOX_UID_MAX = 1024 }; /* RFC 1939 section 7 says 70; servers say more */

enum mailbox_right { RIGHT_DELETE = 1, RIGHT_MARK_READ = 2 };

enum mailbox_want { WANT_SIZES = 1, WANT_UIDS = 2, WANT_FLAGS = 4 };

/* The server's announced policies (RFC 2449 sections 6.5 and 6.7). */
struct mailbox_customs {
	bool has_expire;
	uint32_t expire_days;   /* so long a message may stay; 0: until the session ends */
	uint32_t login_delay_s; /* between two logins; 0: nothing said */
};

enum part {
	PART_WHOLE,
	PART_HEADER,
	PART_FIELDS /* of the header at least Date, From, To, Cc, Subject, Message-ID */
};

/* Messages by number: from `from` to `to`; or the last `to` ones. */
struct message_span {
	uint32_t from, to;
	bool is_from_end;
};

/* The result of mailbox_list_some(). */
enum mailbox_listed {
	LISTED_WHOLE,  /* all messages were listed */
	LISTED_SOME,   /* only those asked for */
	LISTED_HEADED, /* likewise, and their headers came with the list */
};

/* The N octets HEADER are what PART_FIELDS asks for, of the message that was added to L last, at
 * INDEX. Both are borrowed for the call. */
typedef void (*message_headed)(void *ctx, const struct message_list *l, size_t index,
			       const char *header, size_t n);

/* The messages that mailbox_list_some() is asked for. Borrowed. */
struct mailbox_some {
	const struct message_span *spans;
	size_t count;
	message_headed headed; /* NULL: nobody wants the headers */
	void *ctx;             /* of headed */
};

/* The changes to messages, made in this order. Flags are words of the protocol (`\Seen Junk`), ""
 * for none; folders are as a person types them, NULL for none. */
struct mailbox_change {
	const char *add, *remove;
	const char *copy_to, *move_to;
	bool creates;     /* a missing folder is made */
	bool only_checks; /* finds the folders that are not there, and changes nothing */
};

/* A message for a folder. */
struct mailbox_append {
	const char *folder;
	const char *flags; /* as above */
	bool creates;
	bool only_checks;         /* likewise */
	struct outgoing *message; /* opened "as is"; without NUL */
	const struct date *date;  /* when it is said to have come; NULL: now */
};

/*
 * Facts that a protocol knows of the mailbox now; the conversation's, changed by its functions. The
 * functions below that return them explain them. 0 is "not known" or "none".
 */
struct mailbox_facts {
	struct mailbox_customs customs;
	uint64_t validity;
	uint32_t next_uid;
	size_t unconfirmed;
};

/* A protocol's part of the functions below, which are documented there. */
struct mailbox_protocol {
	/* Each protocol has these. */
	bool (*list)(void *conversation, unsigned want, struct message_list *l, struct err *e);
	bool (*count)(void *conversation, uint64_t *messages, uint64_t *octets, struct err *e);
	bool (*fetch)(void *conversation, const struct message_list *l,
		      const struct message_set *set, enum part part, const struct receiver *r,
		      void *ctx, struct err *e);
	void (*remove)(void *conversation, const struct message_list *l,
		       const struct message_set *set);
	bool (*commit)(void *conversation, struct err *e);
	void (*close)(void *conversation);

	/* NULL if the protocol has no marks: both or neither. */
	bool (*list_since)(void *conversation, unsigned want, const char *mark,
			   struct message_list *l, bool *is_whole, struct err *e);
	char *(*mark)(const void *conversation, const struct message_list *l);

	/* Each is NULL if the protocol cannot do this. */
	bool (*list_headers)(void *conversation, unsigned want, struct message_list *l,
			     message_headed headed, void *ctx, struct err *e);
	bool (*list_some)(void *conversation, unsigned want, const struct mailbox_some *some,
			  struct message_list *l, enum mailbox_listed *listed, struct err *e);
	bool (*find)(void *conversation, const struct message_list *l, const char *query,
		     struct message_set *found, struct err *e);
	bool (*list_found)(void *conversation, const char *query, struct message_list *l,
			   bool *is_listed, struct err *e);

	/* NULL if the protocol has no folders and flags: all or none of them. */
	bool (*folders)(void *conversation, bool with_counts, struct folder_list *l, struct err *e);
	bool (*turn)(void *conversation, const char *folder);
	void (*mark_read)(void *conversation, const struct message_list *l,
			  const struct message_set *set);
	bool (*change)(void *conversation, const struct message_list *l,
		       const struct message_set *set, const struct mailbox_change *change,
		       struct err *e);
	bool (*append)(void *conversation, const struct mailbox_append *a, struct buf *uid,
		       struct err *e);
	bool (*settle)(void *conversation, struct err *e);

	/* NULL if the protocol opens a mailbox in one way only: both or neither. */
	void (*only_look)(void *conversation);
	bool (*check_rights)(const void *conversation, unsigned rights, struct err *e);

	/* NULL if a session shows only the messages that existed when it began: both or neither. */
	void (*stay)(void *conversation);
	bool (*wait)(void *conversation, unsigned idle_s, unsigned poll_s, struct err *e);

	/* NULL if the protocol has no announcements for several folders: both or neither. */
	bool (*announce)(void *conversation, char *const *folders, size_t count, bool *announces,
			 struct err *e);
	bool (*has_news)(const void *conversation, const char *folder);

	/* NULL if the protocol has no messages for users. */
	char *(*alert)(void *conversation);
};

struct mailbox {
	const struct mailbox_protocol *protocol;
	void *conversation;
	const struct mailbox_facts *facts;
};

/*
 * All messages, with what WANT (mailbox_want bits) asks for. A server that has no unique ids gives
 * a list without them; that is not an error. *L is freed by message_list_free() in any case.
 */
bool mailbox_list(struct mailbox *m, unsigned want, struct message_list *l, struct err *e);

/* Can the headers come with the list? */
bool mailbox_can_list_headers(const struct mailbox *m);

/* As mailbox_list(), and HEADED is called for each message while the list comes, in the server's
 * order: nothing of the headers is kept. */
bool mailbox_list_headers(struct mailbox *m, unsigned want, struct message_list *l,
			  message_headed headed, void *ctx, struct err *e);

/*
 * Lists at least the messages that the spans of SOME name, and in a large mailbox no others: the
 * list that is asked for takes one flight more than a whole one, and a few lines in place of all.
 * *LISTED tells what *L is. `headed` may be called for each message, as by mailbox_list_headers().
 * A list that is not whole does for naming messages, and for nothing that needs to know all of
 * them.
 */
bool mailbox_list_some(struct mailbox *m, unsigned want, const struct mailbox_some *some,
		       struct message_list *l, enum mailbox_listed *listed, struct err *e);

/*
 * The folders (proto/folder.h), those that can't be opened too, sorted. WITH_COUNTS: how many
 * messages are in each. False: *e; ERR_CONFIG where the protocol has none. *L is freed by
 * folder_list_free() in any case.
 */
bool mailbox_folders(struct mailbox *m, bool with_counts, struct folder_list *l, struct err *e);

/*
 * Turns to another folder, once mailbox_settle() has been called for the one before, or something
 * failed there; what was to be done there is forgotten. False: the conversation can't go on.
 */
bool mailbox_turn(struct mailbox *m, const char *folder);

/*
 * Lists the messages after the last one of the listing that MARK describes, in as few flights as a
 * login has. With *IS_WHOLE, it lists all messages as mailbox_list() does: the mailbox did more
 * than grow at its end, so much came that the full list is cheaper, or the protocol or the server
 * cannot tell.
 *
 * A list that is not whole shows only new messages: a message that is not in it may still exist. So
 * no id may be forgotten because of it, no position counted in it, and nothing deleted because it
 * does not show it. A server may also give a wrong list: a caller that relies on it should request
 * the whole list from time to time.
 */
bool mailbox_list_since(struct mailbox *m, unsigned want, const char *mark, struct message_list *l,
			bool *is_whole, struct err *e);

/*
 * The mailbox as the next session will find it when nothing happens to it meanwhile, for
 * mailbox_list_since(): L is this session's list, whole or what came since a mark, and not empty.
 * One line in the protocol's own words, in which an id is as the server gave it, however odd; the
 * caller's to free(). NULL: there is nothing to tell it by, or this session deletes something. To
 * be called before or after the commit, but not after the close.
 */
char *mailbox_mark(const struct mailbox *m, const struct message_list *l);

/*
 * Nothing will be deleted or marked in this session, and no id of it leaves it: none is shown, none
 * recorded. So the server's state need not change by this session. To be called before the first
 * list.
 */
void mailbox_only_look(struct mailbox *m);

/* Has the user RIGHTS (mailbox_right bits) in the folder that was listed, as far as the server
 * tells? False: *e. */
bool mailbox_check_rights(const struct mailbox *m, unsigned rights, struct err *e);

/* How many there are and their octets together. */
bool mailbox_count(struct mailbox *m, uint64_t *messages, uint64_t *octets, struct err *e);

/*
 * Adds those messages of L, this session's whole list, to the empty FOUND that QUERY
 * (proto/imap/imap_query.h) finds on the server. IMAP only: the caller has refused a query for
 * POP3. False: *e.
 */
bool mailbox_find(struct mailbox *m, const struct message_list *l, const char *query,
		  struct message_set *found, struct err *e);

/*
 * Lists the messages that QUERY finds by their unique ids alone, in ascending order; nothing else
 * of them is known. Without *IS_LISTED, *L is empty: the server's answer does not name single
 * messages. IMAP only. False: *e. *L is freed by message_list_free() in any case.
 */
bool mailbox_list_found(struct mailbox *m, const char *query, struct message_list *l,
			bool *is_listed, struct err *e);

/*
 * Fetches the messages of SET into R (message/receiver.h), in their order unless an IMAP server has
 * another, asked for ahead as far as the server allows. One that somebody else deleted meanwhile
 * may just not come. False: the session broke, or R's abandon() ended it.
 */
bool mailbox_fetch(struct mailbox *m, const struct message_list *l, const struct message_set *set,
		   enum part part, const struct receiver *r, void *ctx, struct err *e);

/*
 * So many octets of a message are taken at most of which the server announced SIZE; 0 is no
 * announcement. Servers count line ends differently, or are wrong: twice the size and 1 MiB is
 * allowed. More is a breach of the protocol. Without an announcement, or with one of more than 1
 * TiB, it is 4 GiB.
 */
uint64_t mailbox_size_limit(uint64_t size);

/*
 * For the protocols: puts the message INFO, at which the conversation with PLACE broke, into *e,
 * whose text begins with "PLACE: ", so that it reads "PLACE: uid:7: ...". Always false.
 */
bool mailbox_blame(struct err *e, const char *place, const struct message_info *info);

/* Marks the messages of SET for deletion at the commit, or for the Trash where imap_params says so.
 */
void mailbox_remove(struct mailbox *m, const struct message_list *l, const struct message_set *set);

/*
 * Sets and clears flags of the messages of SET, copies them, and has them moved by the commit, as
 * mailbox_remove() does with the Trash. Only for one folder a session. False: *e; ERR_NO_INPUT if a
 * folder is missing, and then nothing was changed; ERR_UNAVAILABLE where the protocol cannot.
 */
bool mailbox_change(struct mailbox *m, const struct message_list *l, const struct message_set *set,
		    const struct mailbox_change *change, struct err *e);

/* Appends a message, and adds its unique id there to the empty UID, if the server tells it. Errors
 * as above. */
bool mailbox_append(struct mailbox *m, const struct mailbox_append *a, struct buf *uid,
		    struct err *e);

/* Has the messages of SET marked as read at the commit. */
void mailbox_mark_read(struct mailbox *m, const struct message_list *l,
		       const struct message_set *set);

/* As mailbox_commit(), but the session goes on: another folder's turn is next. */
bool mailbox_settle(struct mailbox *m, struct err *e);

/*
 * Carries out the deletions and ends the session. False: *e; all or some of the marked messages
 * still exist.
 */
bool mailbox_commit(struct mailbox *m, struct err *e);

/*
 * The number of messages deleted by the last commit or settling that may still exist: the server
 * agreed, and did not confirm that they were expunged. A new session's list tells. 0 if the
 * protocol has no such confirmation.
 */
size_t mailbox_unconfirmed(const struct mailbox *m);

/*
 * From now on a commit does not end the session: another list, fetch, remove and commit may follow.
 * False: the protocol cannot do this.
 */
bool mailbox_stay(struct mailbox *m);

/*
 * Waits in a session that stays, after a list or a commit, until messages have come that the list
 * does not show, or until it is time to look anyway: after IDLE_S seconds if the server announces
 * new messages by itself, else after POLL_S. False: *e, the session broke, or a signal came.
 */
bool mailbox_wait(struct mailbox *m, unsigned idle_s, unsigned poll_s, struct err *e);

/*
 * Has the server announce what comes into each of the COUNT FOLDERS, so that mailbox_wait() waits
 * for all of them. To be called before the first turn, in a session that stays and takes no turn of
 * another folder. *ANNOUNCES is false where the server cannot, or does not want to. False: *e, the
 * session broke.
 */
bool mailbox_announce(struct mailbox *m, char *const *folders, size_t count, bool *announces,
		      struct err *e);

/* After mailbox_wait(): has something come into FOLDER, one of those, since its last turn? */
bool mailbox_has_news(const struct mailbox *m, const char *folder);

void mailbox_close(struct mailbox *m); /* accepts a closed one */

const struct mailbox_customs *mailbox_customs(const struct mailbox *m); /* borrowed */

/*
 * UIDVALIDITY (RFC 9051 section 2.3.1.1): where it is another than it was, each id means another
 * message or none. Known once the mailbox was listed or asked for what came since; 0: ids are good
 * for ever.
 */
uint64_t mailbox_validity(const struct mailbox *m);

/*
 * UIDNEXT (section 2.3.1.1) as it was when the folder was selected: ids that are numbers of this or
 * more were nobody's then. 0: not known, or known no more, because something came since.
 */
uint32_t mailbox_next_uid(const struct mailbox *m);

/*
 * Words for the user's eyes (RFC 9051 section 7.1, ALERT) that came since this was asked last, a
 * line each, and each once in a session; the caller's to free(). NULL: there are none.
 */
char *mailbox_alert(struct mailbox *m);

#endif
