/* SPDX-License-Identifier: ISC */
/*
 * fate - who has a letter, who never gets it, and who may get it later.
 */
#ifndef MAILVERBS_MSEND_RECIPIENT_STATUS_H
#define MAILVERBS_MSEND_RECIPIENT_STATUS_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct letter;
struct outcome;

enum fate { FATE_TAKEN, FATE_REFUSED, FATE_DUE };

/*
 * Is the letter as a whole refused for good: for what it is or asks for, or for one recipient
 * without whom the others get nothing? FAILURE: NULL where it was sent.
 */
bool fate_is_sealed(const struct letter *l, const struct outcome *o, const struct err *failure);

/* Of recipient I; IS_SEALED is fate_is_sealed()'s word. */
enum fate fate_of(const struct letter *l, size_t i, const struct outcome *o, bool is_sealed);

/* How many are due. */
size_t fate_count_due(const struct letter *l, const struct outcome *o, bool is_sealed);

/* Why those who are due did not get it: the first 4xx among them, else FAILURE. */
void fate_explain_delay(const struct letter *l, const struct outcome *o, const struct err *failure,
			struct err *why);

#endif
