/* SPDX-License-Identifier: ISC */
/*
 * imap_talk - a conversation with an IMAP server: tagged commands, and all that is said between
 * them. For proto/imap*.c alone; what others see is proto/imap.h and proto/mailbox.h.
 *
 *	imap_ask(c, "UID FETCH 1:* (UID)");
 *	c->take = …                         takes the untagged data
 *	imap_await(c)                       IMAP_OK: all of the data has been taken
 *
 * Answers are read in the order of the commands. All that the server says in between is read in one
 * place, which keeps the state of the whole session (EXISTS, EXPUNGE, response codes, CAPABILITY,
 * BYE) and hands the rest to the command that waits.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_TALK_H
#define MAILVERBS_PROTO_IMAP_IMAP_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/folder.h"
#include "proto/imap/imap_parse.h"
#include "proto/mailbox.h"

struct dialog;
struct login;
struct stream;

enum {
	/* bytes of a sequence set: RFC 2683 section 3.2.1.5 wants lines of 1,000 at most, old
	 * servers have buffers for no more */
	IMAP_SET_MAX = 900,
	IMAP_SET_MESSAGES = 500, /* named by one command: one refusal is not about all of them */
	IMAP_SETS_AHEAD = 8,     /* commands with sets in our queue */
	IMAP_HEADER_MAX = 64 * 1024 * 1024 /* octets of a header */
};

/* The server's capabilities, in the order of the table imap_capabilities[]. */
enum imap_capability {
	IMAP_REV1 = 1 << 0,
	IMAP_REV2 = 1 << 1,
	IMAP_STARTTLS = 1 << 2,
	IMAP_LOGINDISABLED = 1 << 3,
	IMAP_SASL_IR = 1 << 4,        /* RFC 4959 */
	IMAP_ID = 1 << 5,             /* RFC 2971 */
	IMAP_UIDPLUS = 1 << 6,        /* RFC 4315 */
	IMAP_UTF8_ONLY = 1 << 7,      /* RFC 6855 section 6 */
	IMAP_STATUS_SIZE = 1 << 8,    /* RFC 8438 */
	IMAP_LITERAL_PLUS = 1 << 9,   /* RFC 7888; for short literals LITERAL- is the same */
	IMAP_COMPRESS = 1 << 10,      /* RFC 4978 */
	IMAP_MOVE = 1 << 11,          /* RFC 6851 */
	IMAP_SPECIAL_USE = 1 << 12,   /* RFC 6154 */
	IMAP_LIST_EXTENDED = 1 << 13, /* RFC 5258 */
	IMAP_LIST_STATUS = 1 << 14,   /* RFC 5819 */
	IMAP_NAMESPACE = 1 << 15,     /* RFC 2342 */
	IMAP_IDLE = 1 << 16,          /* RFC 2177 */
};

/* The answer to a command. */
enum imap_status {
	IMAP_OK,
	IMAP_NO,
	IMAP_BAD, /* BAD */
	IMAP_CONTINUE,
	IMAP_FAILED /* the stream did */
};

struct imap;

/* UIDs, ascending. */
struct imap_uids {
	uint32_t *items;
	size_t count;
};

/* Untagged data: `* NUMBER KEYWORD …` or `* KEYWORD …`. */
struct imap_untagged {
	bool has_number;
	uint32_t number;
	char keyword[32];
};

struct imap {
	struct stream *stream;
	struct dialog *dialog;
	struct imap_parse parse;
	bool in_response; /* more tokens of the response in hand are to be read */
	struct buf shown; /* of that response, for the trace */
	unsigned asked;   /* the tag of the last command asked, */
	unsigned awaited; /* and of the one whose answer is awaited */
	/* Answers that came before their turn, and the tags among which they may. */
	struct imap_early *early;
	size_t early_count;
	unsigned unordered_from, unordered_to;
	struct buf words;     /* of the last status response that was an answer: "NO [CODE] text" */
	struct buf bye;       /* of BYE; empty: the server has not said so */
	uint64_t unsolicited; /* untagged responses that nobody wanted, in this answer, */
	uint64_t said;        /* and bytes that were no text of ours */

	unsigned capabilities; /* enum imap_capability */
	bool knows_capabilities;
	char sasl[256]; /* mechanisms, blank-separated */
	struct buf described;
	struct mailbox_customs customs;
	struct buf alerts;   /* ALERT's words, a line each, all that were said once */
	size_t alerts_taken; /* so much of them the user has */
	uint32_t
	    message_limit; /* messages that a command may name (RFC 9738); 0: as many as it likes */

	bool is_authenticated;
	bool is_utf8; /* UTF8=ACCEPT is on */

	/* The folder. */
	char *folder;    /* as the user gave it */
	bool only_looks; /* EXAMINE instead of SELECT */
	bool is_selected;
	unsigned rights;    /* there; enum mailbox_right */
	bool stays;         /* the session goes on after a commit */
	bool idled_in_vain; /* the server ended the last IDLE at once, and nothing had come */
	bool is_introduced;
	unsigned preludes; /* commands asked ahead of all others, whose answers are not read yet */
	uint64_t validity; /* UIDVALIDITY; some servers give more than 32 bits; 0: not known */
	uint32_t uid_next; /* UIDNEXT when it was selected; 0: not known */
	uint32_t exists;
	uint32_t existed;         /* when it was selected */
	uint32_t expunged;        /* messages that went away since it was selected, */
	uint32_t listed_expunged; /* and those of them that went before the list was whole */

	/*
	 * Takes untagged data for the command that waits. It reads by imap_next() as far as it
	 * likes; the rest of the response is skipped. False: it does not want this response. It
	 * gets EXPUNGE too. NULL: the command wants no data.
	 */
	bool (*take)(void *ctx, struct imap *c, const struct imap_untagged *u);
	void *take_ctx;

	/* The changes that the commit makes. */
	struct imap_uids to_delete; /* to delete, or to move to the Trash */
	struct imap_uids to_read;   /* to mark as read */
	size_t unconfirmed;         /* of those that were deleted: no EXPUNGE told of so many */
	bool to_trash;
	char *trash; /* the Trash, as it goes over the wire; NULL: not known yet */
	bool asks_trash;
};

/* Queues a command, preceded by its tag (net/dialog.h). */
void imap_ask(struct imap *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same with a secret after the text, which ends with its blank. */
void imap_ask_secret(struct imap *c, const char *text, const char *secret);

/* The tag that the next imap_ask() would take, for a command that somebody else asks. */
void imap_take_tag(struct imap *c, char tag[static 16]);

/* Reads up to the answer to the next command, in the order of the asks; its words are in c->words.
 * IMAP_CONTINUE: the server waits for more of it. */
enum imap_status imap_await(struct imap *c);

/* The same, where TAKE with CTX takes the untagged data up to there, as c->take does. */
typedef bool imap_taker(void *ctx, struct imap *c, const struct imap_untagged *u);
enum imap_status imap_await_data(struct imap *c, imap_taker *take, void *ctx);

/*
 * The commands asked from here on, until imap_end_unordered(), change or tell of different things:
 * the server may answer them in any order (RFC 3501 section 5.5), and each answer is kept until it
 * is awaited. Of all others an answer out of order is a breach.
 */
void imap_begin_unordered(struct imap *c);
void imap_end_unordered(struct imap *c);
void imap_free_early(struct imap *c); /* for the close */

/* As imap_await(), to the answer to a line that went on with a command. */
enum imap_status imap_await_more(struct imap *c);

/*
 * For a command of several lines, alone on its way, the first one asked by imap_ask(), the others
 * by dialog_ask(). A line that ends with a literal's {LEN} or {LEN+} (imap_literal_sign() is "+" or
 * "") is followed by imap_await_literal(): IMAP_CONTINUE, and the next line may be asked. Without
 * the server's consent it goes out in one flight with this one (RFC 7888), where the server offered
 * that. The last line is followed by imap_await_last().
 */
const char *imap_literal_sign(const struct imap *c, size_t len);
enum imap_status imap_await_literal(struct imap *c, size_t len);
enum imap_status imap_await_last(struct imap *c);

/* From here on it is counted anew how much a server says in one answer. */
void imap_start_answer(struct imap *c);

/* Reads one response while a command goes on (IDLE): true where it is the answer to that command,
 * or the stream failed. */
bool imap_listen(struct imap *c, enum imap_status *status);

/* How many of COUNT messages a command may be about. */
static inline size_t
imap_set_messages(const struct imap *c, size_t count)
{
	return c->message_limit > 0 && c->message_limit < count ? c->message_limit : count;
}

/* Did the answer in c->words leave messages out, because there are more than a command may be about
 * (RFC 9738)? *LAST is then the UID up to which the server came, from the highest down; 0: it does
 * not say so. */
bool imap_was_limited(const struct imap *c, uint32_t *last);

/* The greeting (RFC 9051 section 7.1), which is an answer to nothing: its status word is the first
 * of c->words. False: the stream failed. */
bool imap_greeting(struct imap *c);

/* True for IMAP_OK. False: *e, from the stream, BYE or the server's words; OTHERWISE where no
 * response code says better. */
bool imap_ok(struct imap *c, enum imap_status status, enum err_code otherwise, struct err *e);

/* The words of a refusal, for imap_refusal_set(): an alert that they are is not shown as such too.
 * Borrowed until the next answer. */
const char *imap_refusal_words(struct imap *c);

/* The error that the words in c->words are. Always false. */
bool imap_refused(struct imap *c, enum err_code otherwise, struct err *e);

/* As stream_ok(); BYE tells more than a lost connection. */
bool imap_stream_ok(struct imap *c, struct err *e);

/* An error of ours at the server's place. Always false. */
bool imap_complain(struct imap *c, enum err_code code, const char *what, struct err *e);

/* The next token of the response in hand. False: the stream failed, or the response has ended. */
bool imap_next(struct imap *c, struct imap_token *t);

/* Skips what is left of the response in hand. */
void imap_finish(struct imap *c);

/* Skips a value whose first token is T: a word, a string, a list. False: the stream failed. */
bool imap_skip_value(struct imap *c, const struct imap_token *t);

/* Breach of the protocol: the stream fails. Always false. */
bool imap_breach(struct imap *c, const char *what);

/* A signal came: the stream fails. A fast server never makes us wait, where that is noticed
 * otherwise. */
void imap_notice_signal(struct imap *c);

static inline bool
imap_can(const struct imap *c, enum imap_capability what)
{
	return (c->capabilities & what) != 0;
}

/* Forgets them, once they are no longer true (RFC 9051 section 6.2.1). */
void imap_forget_capabilities(struct imap *c);

/* proto/imap_login.c: from the greeting to the authenticated state. */
bool imap_log_in(struct imap *c, const struct login *l, struct err *e);

/* Compresses from here on (RFC 4978), once logged in, where the server can; else all stays as it
 * is. False: *e, the conversation broke. */
bool imap_compress(struct imap *c, struct err *e);

/*
 * proto/imap_folder.c. imap_ask_folder() asks for the folder where it is not selected yet, so that
 * what follows goes out in one flight with it; imap_await_folder() reads those answers. False: *e.
 */
bool imap_ask_folder(struct imap *c, struct err *e);
bool imap_await_folder(struct imap *c, struct err *e);

/* The same for what has to be said once before any folder is asked for. */
bool imap_ask_introduction(struct imap *c, struct err *e);
bool imap_await_introduction(struct imap *c, struct err *e);

/* mailbox_check_rights(). */
bool imap_check_rights(const void *conversation, unsigned rights, struct err *e);

/* Turns to another folder (mailbox_turn()). */
bool imap_turn(void *conversation, const char *folder);

/* Adds the folder's name as it goes over the wire, quoted. False: *e, it is none. */
bool imap_add_folder(struct imap *c, struct buf *out, struct err *e);

/* How many messages have gone away since the list: its numbers are true as long as none has. */
static inline uint32_t
imap_gone_since_list(const struct imap *c)
{
	return c->expunged - c->listed_expunged;
}

/* The rest are what proto/mailbox.h says, for a conversation with a folder. */

/* proto/imap_list.c */
bool imap_list(void *conversation, unsigned want, struct message_list *l, struct err *e);
bool imap_list_since(void *conversation, unsigned want, const char *mark, struct message_list *l,
		     bool *is_whole, struct err *e);
char *imap_mark(const void *conversation, const struct message_list *l);
bool imap_list_headers(void *conversation, unsigned want, struct message_list *l,
		       message_headed headed, void *ctx, struct err *e);
bool imap_list_some(void *conversation, unsigned want, const struct message_span *spans,
		    size_t count, struct message_list *l, message_headed headed, void *ctx,
		    enum mailbox_listed *listed, struct err *e);
bool imap_count(void *conversation, uint64_t *messages, uint64_t *octets, struct err *e);

/* The folder as it is now is what the list shows: from here on it is counted what comes and goes.
 */
void imap_start_count(struct imap *c);

/* proto/imap_wait.c */
bool imap_wait(void *conversation, unsigned idle_s, unsigned poll_s, struct err *e);

/* proto/imap_find.c */
bool imap_find(void *conversation, const struct message_list *l, const char *query,
	       struct message_set *found, struct err *e);

/* proto/imap_folders.c */
bool imap_folders(void *conversation, bool with_counts, struct folder_list *l, struct err *e);

/* Asks for what tells which folder is the Trash; reads the answer into c->trash. False: *e; there
 * is none. */
void imap_ask_trash(struct imap *c);
bool imap_await_trash(struct imap *c, struct err *e);

/* Adds to WIRE the name of the folder for a special use, such as "\\Sent"; it may not exist yet if
 * the server marks it, or with CREATES. False: *e, ERR_NO_INPUT if there is none. Sends a LIST; no
 * other answer may be outstanding. */
bool imap_find_special(struct imap *c, const char *attribute, bool creates, struct buf *wire,
		       struct err *e);

/* The fields that a list shows. */
#define IMAP_FIELDS "BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)]"

/* The data of a message in one FETCH response, except its text. */
struct imap_fetched {
	uint32_t uid;   /* 0: nothing said, or nothing that is one; */
	bool names_uid; /* then it was something */
	uint64_t size;  /* 0 where it was malformed */
	bool has_size;  /* something was said */
	bool has_flags;
	struct buf *flags; /* the caller's: blank-separated; NULL: they are skipped */
};

/* Handles a text: T is its first token (a literal, a quoted string, NIL), and the function reads
 * all of it. False: the stream failed. F holds the data that came before the text. */
typedef bool (*imap_take_text)(void *ctx, struct imap *c, const struct imap_fetched *f,
			       const struct imap_token *t);

/* Reads the list of a FETCH response (section 7.5.2), items in any order. *F is {0}, or has
 * `flags`. A text is PART of a message, all of it; whatever else a server gives, a piece of it
 * (BODY[]<0>) or another section, is skipped. TAKE_TEXT NULL: so are all. False: the stream failed.
 */
bool imap_read_fetch(struct imap *c, struct imap_fetched *f, enum part part,
		     imap_take_text take_text, void *ctx);

/* proto/imap_fetch.c */
bool imap_fetch(void *conversation, const struct message_list *l, const struct message_set *set,
		enum part part, const struct receiver *r, void *ctx, struct err *e);

/* The UID of a list's message; 0: it has none that names it. */
uint32_t imap_uid(const struct message_list *l, size_t index);

/* proto/imap_remove.c */
void imap_remove(void *conversation, const struct message_list *l, const struct message_set *set);
void imap_mark_read(void *conversation, const struct message_list *l,
		    const struct message_set *set);
bool imap_change(void *conversation, const struct message_list *l, const struct message_set *set,
		 const struct mailbox_change *change, struct err *e);
bool imap_settle(void *conversation, struct err *e);
bool imap_commit(void *conversation, struct err *e);

/* proto/imap_append.c */
bool imap_append(void *conversation, const struct mailbox_append *a, struct buf *uid,
		 struct err *e);

/* The wire name of what a person typed, added to OUT. False: *e, it is none. */
bool imap_wire_name(const struct imap *c, struct buf *out, const char *folder, struct err *e);

/* The same for a folder that messages go to, which may also be named by its special use, "\\Sent". */
bool imap_target_name(struct imap *c, struct buf *out, const char *folder, bool creates,
		      struct err *e);

/* Is there a folder of that quoted wire name? If not it is made, with CREATES. False: *e. */
bool imap_provide_folder(struct imap *c, const char *quoted, bool creates, struct err *e);

#endif
