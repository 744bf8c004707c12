/* SPDX-License-Identifier: ISC */
/*
 * program - commands for child_start() that run our own programs.
 */
#ifndef MAILVERBS_BASE_PROGRAM_H
#define MAILVERBS_BASE_PROGRAM_H

struct buf;

/* Adds a blank and WORD, in quotes if a shell would not take it as one plain word. */
void program_add_word(struct buf *command, const char *word);

/* Adds the path of our program NAME: beside this one, else where it was installed, else on PATH. */
void program_add(struct buf *command, const char *name);

#endif
