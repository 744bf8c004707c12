/* SPDX-License-Identifier: ISC */
/*
 * opener - opens the messages of a batch for a process that may open no files (app/containment.h).
 *
 * A process, forked before any server is heard, goes through the batch and passes each message on as
 * a descriptor; it is some messages ahead. It takes no names from the other side: a stranger in that
 * one gets the messages of the batch, which are its business, and nothing else.
 */
#ifndef MAILVERBS_MSEND_OPENER_H
#define MAILVERBS_MSEND_OPENER_H

#include <limits.h>
#include <stdbool.h>

struct err;
struct opener;

struct item {
	int fd;
	char name[PATH_MAX];
};

enum opened {
	OPENED_FILE,
	OPENED_NONE, /* this one cannot be opened, *e; there may be others */
	OPENED_END   /* there are no more; with *e set, because no more can be had */
};

/* Opens the next message of CTX. Sets *e in any case. */
typedef enum opened opener_next(void *ctx, struct item *item, struct err *e);

enum { OPENER_AHEAD_MAX = 16 }; /* each is an open file */

/* Forks; the process calls NEXT, for at most AHEAD messages, from 1 on, before they are taken. BEGIN,
 * called there before, closes what is not for it. NULL: *e. */
struct opener *opener_start(unsigned ahead, void (*begin)(void *ctx), opener_next *next, void *ctx,
			    struct err *e);

/* As NEXT, from there. Not after OPENED_END. */
enum opened opener_ask(struct opener *o, struct item *item, struct err *e);

/* Ends the process, whatever it waits for. Accepts NULL. */
void opener_end(struct opener *o);

#endif
