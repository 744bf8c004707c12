/* SPDX-License-Identifier: ISC */
/*
 * imap_error - what goes wrong in a session: the server refuses, breaks the protocol or says BYE,
 * the stream fails, a signal comes.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_ERROR_H
#define MAILVERBS_PROTO_IMAP_IMAP_ERROR_H

#include <stdbool.h>

#include "base/err.h"
#include "proto/imap/imap_session.h"

/* True for IMAP_OK. False: *e, from the stream, BYE or the server's words; its code is OTHERWISE
 * unless a response code says better. */
bool imap_ok(struct imap *c, enum imap_status status, enum err_code otherwise, struct err *e);

/* The words of a refusal, for imap_refusal_set(). If they are an alert, it is not shown a second
 * time as one. Borrowed until the next answer. */
const char *imap_refusal_words(struct imap *c);

/* Makes the words in c->words the error. Always false. */
bool imap_refused(struct imap *c, enum err_code otherwise, struct err *e);

/* As stream_ok(); BYE tells more than a lost connection. */
bool imap_stream_ok(struct imap *c, struct err *e);

/* Sets *e to an error of our own, with the server as its place. Always false. */
bool imap_complain(struct imap *c, enum err_code code, const char *what, struct err *e);

/* The server broke the protocol: the stream fails. Always false. */
bool imap_breach(struct imap *c, const char *what);

/* If a signal came, the stream fails. A fast server never makes us wait, and it is while waiting
 * that signals are noticed otherwise. */
void imap_notice_signal(struct imap *c);

#endif
