/* SPDX-License-Identifier: ISC */
/*
 * stream - bytes and lines over a socket, TLS or a command's pipes, compressed or not.
 *
 * A stream keeps its first error; after it, writes do nothing and reads fail at once: use it
 * freely, ask stream_ok() where it matters. Every error begins with "HOST:PORT: ".
 *
 * Writing only collects; bytes go out, as few records and one write(2), when a reader has to wait,
 * when 64 KiB have come together, or at stream_flush(). So one flight is one write.
 *
 * A peer that hangs up while we write has mostly said why ("421 4.7.0 …"). So a write that failed
 * only ends writing: stream_flush() is false from then on and writes do nothing, but reads go on
 * with what the peer said before. When that is used up, the failed write becomes the stream's
 * error. A conversation has nothing to do for this but read the answer, as always; only a sender
 * of much data asks stream_flush() or stream_is_writable() now and then, to stop early.
 */
#ifndef MAILVERBS_NET_STREAM_H
#define MAILVERBS_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/wait.h"

struct buf;
struct connect_params;
struct stream;
struct tls_params;

/* Bytes of a line without its end; more are an error (ERR_PROTOCOL), but for stream_block(). */
enum { STREAM_LINE_MAX = 16 * 1024 };

/* Connects (connect_open()). The params are not kept. NULL: *e. */
struct stream *stream_open(const struct connect_params *p, struct err *e);

/* Finds the mistakes that stream_open() and stream_start_tls() find before anything is connected
 * (connect_check(), tls_check()). TLS: NULL for a stream without. False: *e. */
bool stream_check(const struct connect_params *p, const struct tls_params *tls, struct err *e);

/*
 * Over open descriptors: made non-blocking, closed by stream_close(). NAME is used in errors. For
 * tests, which play the server on the other end of a socket pair.
 */
struct stream *stream_from_fds(int in, int out, const char *name, unsigned timeout_s);

/*
 * Accepts NULL. Writes out nothing that is still collected; says TLS close_notify where the stream
 * is sound; ends a tunnel's command, which has half a second to end by itself.
 */
void stream_close(struct stream *s);

/*
 * The TLS handshake, from here on (RFC 8314 section 3, RFC 3207 section 4.2), whose messages share
 * one timeout: fails with
 * ERR_PROTOCOL if plaintext is still buffered, of which nothing is ever read afterwards. False: *e,
 * also kept as the stream's error. The last message of the handshake goes out together with what
 * is written first.
 */
bool stream_start_tls(struct stream *s, const struct tls_params *p, struct err *e);
bool stream_is_tls(const struct stream *s);

/*
 * From now on output goes through DEFLATE, and input through its inverse (RFC 4978): to be called
 * when the tagged OK to COMPRESS has been read, with nothing written since. Bytes buffered after
 * that answer are compressed already. A flight stays one write: one Z_SYNC_FLUSH where the stream
 * goes out. Secrets can't be written any more (ERR_BUG): their length would show. TLS can't begin
 * any more. False: *e, also kept as the stream's error.
 */
bool stream_start_deflate(struct stream *s, struct err *e);

/* Loopback, Unix socket, or a tunnel to no other host's name: nobody on a wire reads along. */
bool stream_is_local(const struct stream *s);

/* See tls_channel_binding(); false without TLS. */
bool stream_channel_binding(struct stream *s, const char **type, struct buf *out);

/* See tls_describe(); adds nothing without TLS. */
void stream_describe_tls(struct stream *s, struct buf *out);

/* "host:port", for messages; a Unix socket's path; "tunnel" where no host is known. */
const char *stream_name(const struct stream *s);

/* The longest wait for one answer, in seconds (0: for ever), from the next stream_answer() on. */
void stream_set_timeout(struct stream *s, unsigned seconds);

/* The same for the answer in hand and all later ones, if the timeout is longer than SECONDS. */
void stream_limit_timeout(struct stream *s, unsigned seconds);

/* From now on a signal that asks to stop waits so long for what is read; 0, as at first: it ends
 * the wait at once. For answers that decide on something which can't be taken back. */
void stream_set_grace(struct stream *s, unsigned seconds);

/*
 * A new answer is awaited: its deadline is the timeout from now. Until the next call all reads
 * share that deadline. Bytes of data push it on, but only at a rate of 16 KiB in a timeout
 * (net/pace): so a byte a minute is silence too, and so are TLS records without data. Writes wait
 * likewise.
 */
void stream_answer(struct stream *s);

/*
 * Called before the stream waits for bytes from the peer, to write what it is to answer. One
 * caller: net/dialog. NULL: nothing is called any more.
 */
void stream_before_wait(struct stream *s, void (*write_more)(void *ctx), void *ctx);

void stream_write(struct stream *s, const void *bytes, size_t n);

/* Did the last wait for the peer's bytes time out? */
bool stream_timed_out(const struct stream *s);

/* As stream_write(); the copies made on the way are wiped. */
void stream_write_secret(struct stream *s, const void *bytes, size_t n);

/* Writes out what is collected. False: this or an earlier write failed; see above. */
bool stream_flush(struct stream *s);

/* The same for the last words: only what can be written at once goes out, and the rest is lost. */
void stream_flush_at_once(struct stream *s);

/* No write has failed so far. */
bool stream_is_writable(const struct stream *s);

/* The kernel has taken all that was written, whether or not reading has failed since. */
bool stream_is_all_out(const struct stream *s);

/*
 * Marks what was written so far. stream_mark_is_out(): the kernel has taken all of that (with TLS:
 * the whole record in which it ends), so the peer may see it, whether or not a later write failed.
 * Not in a compressed conversation (ERR_BUG).
 */
void stream_mark(struct stream *s);
bool stream_mark_is_out(const struct stream *s);

/*
 * The next line, without its CRLF or LF, terminated by a NUL (a NUL inside is an error); borrowed
 * until the next read. NULL: failed.
 */
char *stream_line(struct stream *s, size_t *len);

/* The last line ended in a bare LF. */
bool stream_line_was_bare(const struct stream *s);

/*
 * A block of whatever bytes come next, at least one, at most 64 KiB; borrowed until the next read
 * or stream_consume(), which says how many of them are used up. NULL: failed; so does the end of
 * the stream, ordered (ERR_TEMPORARY, "the server closed the connection") or not.
 */
const char *stream_block(struct stream *s, size_t *n);
void stream_consume(struct stream *s, size_t n);

/* Bytes have come from the peer that nobody has read yet. */
bool stream_has_input(const struct stream *s);

/*
 * Nothing came since the last answer but what TLS has to say to itself: no word, and not the end.
 * Does not wait: what is on its way is not known of. False too where the stream has failed.
 */
bool stream_is_idle(struct stream *s);

/*
 * Writes out what is collected and waits, for longer than an answer takes, until the peer says
 * something: WAIT_READY, which the end and a failure are too, and the next read tells. WAIT_TIMEOUT
 * is not a failure: DEADLINE (net/wait.h) has come, and the stream is as it was.
 */
enum wait_result stream_wait(struct stream *s, int64_t deadline);

/* Puts the stream into failure, as if the network had failed. The first error stays. */
void stream_fail(struct stream *s, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The one place where the sticky error is read. True: none so far. *e untouched then. */
bool stream_ok(const struct stream *s, struct err *e);

#endif
