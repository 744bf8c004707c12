/* SPDX-License-Identifier: ISC */
/*
 * fetch_choice - lists the folder and chooses the messages that a turn takes.
 */
#ifndef MAILVERBS_MFETCH_FETCH_CHOICE_H
#define MAILVERBS_MFETCH_FETCH_CHOICE_H

#include <stdbool.h>

struct err;
struct fetch;

/* Lists the folder. False: *e, also if the server has no unique ids and this turn needs them. */
bool fetch_list(struct fetch *f, struct err *e);

/* Chooses by the operands and --search. A message whose id another one has too is reported and
 * left out if this turn needs ids. False: *e. */
bool fetch_choose(struct fetch *f, struct err *e);

/*
 * Messages at which a session broke before are for a turn of their own, once the others have been
 * stored and deleted on the server. If there is nothing else to do, this is that turn.
 */
void fetch_leave_suspects(struct fetch *f);

/* Leaves out messages that are too large and, with ASK_FILTER, those the filter rejects; then at
 * most as many are left as this run may still fetch. False: *e. */
bool fetch_narrow(struct fetch *f, bool ask_filter, struct err *e);

#endif
