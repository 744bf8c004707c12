/* SPDX-License-Identifier: ISC */
/*
 * dialog - commands and answers over a stream, with a window.
 *
 * ask() only queues a command. await() says that the lines read next are one answer, and lets out
 * as many queued commands as the window allows when the reader must really go to the network: all
 * in one write. One straight-line text then serves servers with and without PIPELINING (RFC 2920
 * section 3.1).
 *
 *	dialog_ask(d, "UIDL");
 *	dialog_ask(d, "LIST");
 *	dialog_await(d); … lines of UIDL's answer
 *	dialog_await(d); … lines of LIST's answer
 *
 * The window is 1 (one command unanswered at a time: strict order) until the server offered more.
 * Unanswered command bytes are capped at 4 KiB, so that both sides can never block writing; the
 * window is refilled whenever the reader waits. Errors are the stream's sticky one.
 */
#ifndef MAILVERBS_NET_DIALOG_H
#define MAILVERBS_NET_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

struct dialog;
struct err;
struct stream;

enum { DIALOG_UNANSWERED_BYTES = 4096 };

/* Over S, which stays the caller's and outlives it. */
struct dialog *dialog_new(struct stream *s);
void dialog_free(struct dialog *d); /* accepts NULL; what is queued is never sent */

/*
 * Queues one command line, CRLF added. A CR, LF or NUL inside is a bug of the caller: the stream
 * fails with ERR_BUG and nothing of it is sent.
 */
void dialog_ask(struct dialog *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * As dialog_ask(); the trace shows `PREFIX***`, the bytes are wiped once written. The bytes sent
 * are the prefix (with its blank: "AUTH PLAIN ", or "") and the secret right after it.
 */
void dialog_ask_secret(struct dialog *d, const char *prefix, const char *secret);

/*
 * Bytes that belong to the last command and go out right after it (BDAT's chunk, RFC 3030 section
 * 2): the queue is let out before them, whatever the window; not traced but as a count. May be
 * called many times. The stream collects them: stream_flush() tells whether they still go out.
 */
void dialog_send(struct dialog *d, const void *bytes, size_t n);

/*
 * From now on, or no longer, the trace shows of a challenge ("334 …", "+ …") only that there was
 * one: what a SCRAM server sends lets who reads it guess passwords in peace.
 */
void dialog_hide_challenges(struct dialog *d, bool hide);

/*
 * From now on SECRET is hidden in what the server says, as what dialog_ask_secret() sends is: in
 * the trace, and by dialog_mask(). SECRET is copied, and wiped by dialog_hide_nothing() or with D.
 */
void dialog_hide(struct dialog *d, const char *secret);
void dialog_hide_nothing(struct dialog *d);

/* Puts *** in their place in TEXT, words of the server that are shown elsewhere. */
void dialog_mask(const struct dialog *d, char *text);

/* Traces a line of an answer that the caller took from the stream himself, as dialog_line() does.
 */
void dialog_trace_answer(const struct dialog *d, const char *line, size_t len);

/* Lets the queue out as dialog_send() does, and marks its end: stream_mark(). */
void dialog_mark(struct dialog *d);

/*
 * Writes what the window allows now, once the answer being read is read: for a last command whose
 * answer nobody waits for (QUIT).
 */
void dialog_flush(struct dialog *d);

/*
 * The end of a conversation that failed: forgets what is queued, and writes COMMAND (QUIT) if all
 * that went out was answered. Never waits, and nobody reads the answer. Nothing if the stream has
 * failed.
 */
void dialog_leave(struct dialog *d, const char *command);

/* Forgets what is queued and was not written yet, once an answer has made it pointless. */
void dialog_drop(struct dialog *d);

/*
 * The next lines are the next answer, in the order of the asks. Starts its deadline. With nothing
 * asked (a greeting) it is an answer to nothing.
 */
void dialog_await(struct dialog *d);

/* A line of the current answer, traced; borrowed until the next read. NULL: the stream failed. */
char *dialog_line(struct dialog *d, size_t *len);

/*
 * At most this many commands unanswered at a time; 1: none pipelined; 0: as many as the cap in
 * bytes allows.
 */
void dialog_window(struct dialog *d, size_t unanswered_max);

/*
 * Has the command that comes AHEAD commands after the one whose answer is being read been sent? If
 * not, its answer came before its question. True for a greeting, which is an answer to nothing.
 */
bool dialog_was_asked(const struct dialog *d, size_t ahead);

/* From now on the window is 1, whatever dialog_window() says: the server's pipelining is broken. */
void dialog_keep_strict(struct dialog *d);
bool dialog_is_strict(const struct dialog *d);

/* How many asked commands are not yet awaited. */
size_t dialog_unanswered(const struct dialog *d);

struct stream *dialog_stream(struct dialog *d);
bool dialog_ok(struct dialog *d, struct err *e); /* stream_ok() */

#endif
