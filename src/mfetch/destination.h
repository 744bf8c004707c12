/* SPDX-License-Identifier: ISC */
/*
 * destination - where mfetch delivers to: from settings to a sink.
 */
#ifndef MAILVERBS_MFETCH_DESTINATION_H
#define MAILVERBS_MFETCH_DESTINATION_H

#include <stdbool.h>

struct err;
struct fetch_options;
struct sink_spec;

/*
 * One of raw, maildir, mbox, pipe and lmtp (whose server is not connected yet: mfetch/lmtp), else
 * standard output as mbox. The command line takes precedence over the configuration, whose
 * destination is for whole messages: it is ignored with --headers. ACCOUNT is its name. *SPEC
 * borrows from both. False: *e (several of them).
 */
bool destination_choose(struct sink_spec *spec, const struct fetch_options *o, const char *account,
			struct err *e);

bool destination_is_stdout(const struct sink_spec *spec);

/*
 * Does a run to SPEC only look: is everything shown, nothing recorded and nothing changed on the
 * server? Standard output, whatever it is connected to, without --keep (or the key) and --delete.
 */
bool destination_only_looks(const struct sink_spec *spec, const struct fetch_options *o);

#endif
