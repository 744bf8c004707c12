/* SPDX-License-Identifier: ISC */
/*
 * batch - many messages in one run: files, or an mbox on standard input.
 *
 * They are opened one after the other, in order, so that nothing grows with their number. A message
 * that cannot be sent is reported, and the next one follows. Remarks about a message begin with the
 * file's name, or its number in the mbox.
 *
 * With --connections=N they are distributed to N processes, each to the next free one.
 */
#ifndef MAILVERBS_MSEND_BATCH_H
#define MAILVERBS_MSEND_BATCH_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct send_options;
struct shared;
struct submission;
struct run;

/* Sends the message that FD reads, and logs it. False: *e. */
typedef bool batch_send(struct run *run, struct submission *h, int fd, struct err *e);

/* Was a batch asked for? */
bool batch_is_wanted(const struct send_options *o);

/* How many messages it has; 0: not known before its end. */
size_t batch_size(const struct run *run, const struct send_options *o);

/* Sends all messages, with the data that their connections SHARE. False: *e; the messages that were
 * not sent have been reported before it or are named in it. */
bool batch_run(struct run *run, batch_send *send, const struct shared *shared, struct err *e);

#endif
