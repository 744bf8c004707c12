/* SPDX-License-Identifier: ISC */
/*
 * transactions - the parts in which a letter is submitted.
 *
 * A letter with more recipients than `max-recipients` goes out in several transactions, with --each
 * in one per recipient. A server that takes no more recipients (452, RFC 5321 section 4.5.3.1.10)
 * makes parts smaller: submission_send() leaves those recipients out of the part, and the next one
 * begins with them. Each part is all or none by itself.
 */
#ifndef MAILVERBS_MSEND_TRANSACTIONS_H
#define MAILVERBS_MSEND_TRANSACTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "msend/letter.h"

struct send_account;
struct err;
struct send_options;

struct transactions {
	/* The part at hand: a view of the letter. submission_send() may make it shorter. */
	struct letter part;
	bool is_last; /* as far as can be known before it is sent */

	/* The module's own. */
	const struct letter *whole;
	size_t start; /* of the part, among the letter's recipients */
	size_t limit; /* recipients in a part; 0: no limit */
	bool has_verp;
};

/* L outlives T. False: *e (ERR_USAGE, ERR_MALFORMED), the options do not fit. */
bool transactions_begin(struct transactions *t, const struct letter *l,
			const struct send_account *a, const struct send_options *o, struct err *e);

/* Steps to the next part. False: there is none; what T held is freed. */
bool transactions_next(struct transactions *t);

#endif
