/* SPDX-License-Identifier: ISC */
/*
 * operands - the message operands of mfetch, mlist, mdel and mmark: from words to a set of
 * messages.
 */
#ifndef MAILVERBS_APP_OPERANDS_H
#define MAILVERBS_APP_OPERANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/url.h"

struct err;
struct message_list;
struct message_set;
struct message_span;
struct run;
struct journal;

struct operand {
	enum operand_kind {
		OPERAND_RANGE, /* from-to, by the session's numbers */
		OPERAND_FIRST, /* `to` many from the start */
		OPERAND_LAST,  /* `to` many from the end */
		OPERAND_UID,
		OPERAND_NEW,
		OPERAND_ALL
	} kind;
	uint32_t from;
	uint32_t to;
	char *text;      /* as given; of OPERAND_UID: the id as mlist shows it */
	bool is_missing; /* named no message: see operands_apply() */
};

struct operands {
	struct operand *items;
	size_t count;
};

/*
 * Reads WORDS; "-" means the lines of standard input, each an operand up to a TAB; a bare word on
 * such a line is a unique id. False: *e is ERR_USAGE. Freed by operands_free() in any case.
 */
bool operands_parse(struct operands *operands, char **words, size_t count, struct err *e);
void operands_free(struct operands *operands);

/* Adds the forms an operand can have as a hint to *E. Always false. */
bool operands_hint(struct err *e);

/*
 * Is LINE, from standard input, itself an id? A line that begins with a prefix of operands is not:
 * a program that writes ids for a pipe puts `uid:` before such an id, so that a server cannot give
 * a message an id that names others.
 */
bool operand_reads_as_id(const char *line);

/* Is each of them `all`? True if there are none. */
bool operands_are_all(const struct operands *operands);

/* Do they need ids to be resolved? */
bool operands_want_uids(const struct operands *operands);

/* The first operand, as it was given, that means a message of one mailbox only: a number or an id.
 * NULL: none. */
const char *operands_of_one_mailbox(const struct operands *operands);

/* Is one of them `new`? */
bool operands_have_new(const struct operands *operands);

/* Do they need the sizes too? An id of POP3 is known only together with the size. */
bool operands_want_sizes(const struct operands *operands, enum protocol protocol);

/* If all operands count by number or position: the same as spans, one for each, the caller's to
 * free(). NULL: one of them needs the whole list, or there are none. */
struct message_span *operands_spans(const struct operands *operands);

/* Adds one operand of a kind that needs no text: the default of a tool. */
void operands_add(struct operands *operands, enum operand_kind kind);

/*
 * The messages of L that the operands name, in the order of the list, each once. "new" are those
 * that JOURNAL does not have. Operands that name nothing are remembered: operands_complain() says
 * so, after the others were served.
 */
void operands_apply(struct operands *operands, const struct message_list *l,
		    struct journal *journal, struct message_set *set);
void operands_complain(const struct operands *operands, struct run *run);

#endif
