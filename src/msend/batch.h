/* SPDX-License-Identifier: ISC */
/*
 * batch - many messages in one run: files, or an mbox on standard input.
 *
 * They are opened one after the other, in order, so that nothing grows with their number. One that
 * cannot be sent is complained of, and the next one follows. What is said of a message begins with
 * the file's name, or its number in the mbox.
 *
 * With --connections=N they are dealt out to so many processes, each to whoever is free.
 */
#ifndef MAILVERBS_MSEND_BATCH_H
#define MAILVERBS_MSEND_BATCH_H

#include <stdbool.h>

struct err;
struct shared;
struct submission;
struct run;

/* Sends the message that FD reads, and logs it. False: *e. */
typedef bool batch_send(struct run *run, struct submission *h, int fd, struct err *e);

/* Was a batch asked for? */
bool batch_is_wanted(const struct run *run);

/* Sends them all, with what their connections SHARE. False: *e, and what was not sent stands before it or in it. */
bool batch_run(struct run *run, batch_send *send, const struct shared *shared, struct err *e);

#endif
