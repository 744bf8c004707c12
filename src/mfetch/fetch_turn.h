/* SPDX-License-Identifier: ISC */
/*
 * fetch_turn - carries out the turn of one folder (mfetch/fetch_state.h), however its session came
 * about.
 */
#ifndef MAILVERBS_MFETCH_FETCH_TURN_H
#define MAILVERBS_MFETCH_FETCH_TURN_H

#include <stdbool.h>

struct account;
struct err;
struct fetch;
struct fetch_options;
struct mailbox_session;

/* Opens the session. ONLY_LOOKS: this run records, deletes and marks nothing; --headers does
 * neither. False: *e. */
bool fetch_open(struct mailbox_session *s, const struct account *a, const struct fetch_options *o,
		bool only_looks, struct err *e);

/* Lists, selects, delivers, records and removes; or what --dry-run, --mark-seen and --headers make
 * of that. False: *e. */
bool fetch_turn(struct fetch *f, struct err *e);

/* Frees what it holds: not *F, nor the session. */
void fetch_free(struct fetch *f);

#endif
