/* SPDX-License-Identifier: ISC */
/*
 * imap_talk - a conversation with an IMAP server: tagged commands and their answers.
 *
 *	imap_ask(c, "UID FETCH 1:* (UID)");
 *	imap_await_data(c, take, ctx)       IMAP_OK: TAKE has taken all of the untagged data
 *
 * Answers are read in the order of the commands. All that the server says in between is read in one
 * place, imap_untagged, which keeps the state of the session and hands the rest to the command that
 * waits.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_TALK_H
#define MAILVERBS_PROTO_IMAP_IMAP_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/imap/imap_error.h"
#include "proto/imap/imap_response.h"
#include "proto/imap/imap_session.h"

/* Queues a command, preceded by its tag (net/dialog.h). */
void imap_ask(struct imap *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same with a secret after the text, which ends with its blank. */
void imap_ask_secret(struct imap *c, const char *text, const char *secret);

/* The tag that the next imap_ask() would take, for a command that somebody else asks. */
void imap_take_tag(struct imap *c, char tag[static 16]);

/* Reads up to the answer to the next command, in the order of the asks; its words are in c->words.
 * IMAP_CONTINUE: the server waits for more of it. */
enum imap_status imap_await(struct imap *c);

/* The same, where TAKE with CTX takes the untagged data up to there. */
enum imap_status imap_await_data(struct imap *c, imap_taker *take, void *ctx);

/* As imap_await(), to the answer to a line that went on with a command. */
enum imap_status imap_await_more(struct imap *c);

/*
 * For a command of several lines, while no other is on its way. The first line is asked by
 * imap_ask(), the others by dialog_ask(). A line that ends with a literal's {LEN} or {LEN+}
 * (imap_literal_sign() is "+" or "") is followed by imap_await_literal(): IMAP_CONTINUE, and the
 * next line may be asked. If the server offered that, it goes out in one flight with this one,
 * without the server's consent (RFC 7888). The last line is followed by imap_await_last().
 */
const char *imap_literal_sign(const struct imap *c, size_t len);
enum imap_status imap_await_literal(struct imap *c, size_t len);
enum imap_status imap_await_last(struct imap *c);

/* Reads one response while a command goes on (IDLE): true where it is the answer to that command,
 * or the stream failed. */
bool imap_listen(struct imap *c, enum imap_status *status);

/* Did the answer in c->words leave messages out, because there are more than a command may name
 * (RFC 9738)? *LAST is then the UID up to which the server came, from the highest down; 0: it does
 * not say. */
bool imap_was_limited(const struct imap *c, uint32_t *last);

/* The greeting (RFC 9051 section 7.1), which is an answer to nothing: its status word is the first
 * of c->words. False: the stream failed. */
bool imap_greeting(struct imap *c);

#endif
