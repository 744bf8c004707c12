/* SPDX-License-Identifier: ISC */
/*
 * sinks - the types of the rows of sinks[], for deliver/sink.c alone.
 */
#ifndef MAILVERBS_DELIVER_SINKS_H
#define MAILVERBS_DELIVER_SINKS_H

struct sink_type;

extern const struct sink_type sink_stdout;
extern const struct sink_type sink_maildir;
extern const struct sink_type sink_mbox;
extern const struct sink_type sink_command;
extern const struct sink_type sink_lmtp;

#endif
