/* SPDX-License-Identifier: ISC */
/*
 * imap_introduction - what has to be said once, after the login and before any folder is asked for:
 * CAPABILITY, ID (RFC 2971), ENABLE.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_INTRODUCTION_H
#define MAILVERBS_PROTO_IMAP_IMAP_INTRODUCTION_H

#include <stdbool.h>

#include "proto/imap/imap_session.h"

struct err;

/* Queues the commands, so that they go out in one flight with the ones that follow; reads their
 * answers. False: *e; the server wants a login, or the conversation broke. */
bool imap_ask_introduction(struct imap *c, struct err *e);
bool imap_await_introduction(struct imap *c, struct err *e);

#endif
