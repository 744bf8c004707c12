/* SPDX-License-Identifier: ISC */
/*
 * recipient_status - who has a letter, who never gets it, and who may get it later.
 */
#ifndef MAILVERBS_MSEND_RECIPIENT_STATUS_H
#define MAILVERBS_MSEND_RECIPIENT_STATUS_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct letter;
struct outcome;

enum recipient_status { RECIPIENT_ACCEPTED, RECIPIENT_REJECTED, RECIPIENT_DEFERRED };

/*
 * Is the letter as a whole refused for good: for what it is or asks for, or for one recipient
 * without whom the others get nothing? FAILURE: NULL where it was sent.
 */
bool recipient_status_is_final(const struct letter *l, const struct outcome *o,
			       const struct err *failure);

/* The status of recipient I; IS_SEALED is recipient_status_is_final()'s word. */
enum recipient_status recipient_status_of(const struct letter *l, size_t i, const struct outcome *o,
					  bool is_sealed);

/* How many are due. */
size_t recipient_status_count_deferred(const struct letter *l, const struct outcome *o,
				       bool is_sealed);

/* Why those who are due did not get it: the first 4xx among them, else FAILURE. */
void recipient_status_explain_delay(const struct letter *l, const struct outcome *o,
				    const struct err *failure, struct err *why);

#endif
