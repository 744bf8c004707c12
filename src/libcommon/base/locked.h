/* SPDX-License-Identifier: ISC */
/*
 * locked - texts that must not reach a disk: they are in pages that are not swapped out (mlock(2))
 * and go into no core file, where the system allows it, and are wiped when they are given back.
 *
 * A few passwords, each once. If all pages are in use, a text is where other memory is.
 */
#ifndef MAILVERBS_BASE_LOCKED_H
#define MAILVERBS_BASE_LOCKED_H

/* A copy of TEXT, for locked_free(); NULL stays NULL. */
char *locked_text(const char *text);

/* The same, and TEXT itself is wiped and freed. */
char *locked_take(char *text);

/* Wipes; accepts NULL. */
void locked_free(char *text);

#endif
