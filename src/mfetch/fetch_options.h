/* SPDX-License-Identifier: ISC */
/*
 * fetch_options - what the command line and the account ask of mfetch, read once.
 */
#ifndef MAILVERBS_MFETCH_FETCH_OPTIONS_H
#define MAILVERBS_MFETCH_FETCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/url.h"
#include "deliver/sink.h"
#include "mfetch/retention.h"

struct values;

/* The destinations that one source names. */
struct named_destinations {
	size_t count;
	enum sink_kind kind; /* of the last */
	const char *place;   /* likewise; NULL: standard output */
};

/* Texts are borrowed from the values; NULL: not set. */
struct fetch_options {
	/* the command line's alone */
	bool all_accounts;
	bool watch;
	bool dry_run;
	bool wait;      /* for another run on the mailbox */
	bool mark_seen; /* fetch nothing; record everything as delivered */
	bool headers;
	bool deletes; /* what the reader of standard output took */
	bool raw, nul;
	bool gives_trash, gives_seen; /* --trash, --seen */
	bool gives_recipient;
	struct named_destinations given;

	/* the account's too */
	struct named_destinations configured; /* or given */
	struct url lmtp;                      /* of SINK_LMTP */
	const char *recipient;                /* for LMTP */
	struct retention keeping;             /* without --delete */
	const char *keep;                     /* as typed, for remarks */
	uint64_t max_size;
	uint32_t limit;
	const char *filter;
	const char *hook;
	uint32_t interval_s; /* 0: not set */
	bool full_listing;
};

/* GIVEN is the command line; ALL has the account's values too, or is GIVEN while there is no
 * account. Both outlive the options. */
struct fetch_options fetch_options_read(const struct values *given, const struct values *all);

#endif
