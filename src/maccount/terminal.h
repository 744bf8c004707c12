/* SPDX-License-Identifier: ISC */
/*
 * terminal - questions to the person at the terminal.
 */
#ifndef MAILVERBS_MACCOUNT_TERMINAL_H
#define MAILVERBS_MACCOUNT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Is there a person to ask? Standard error must be the terminal too, so that nothing asks in a
 * script. */
bool terminal_is_present(void);

/* Shows TEXT, made printable line by line. */
void terminal_say(const char *text);

/* Shows QUESTION and reads one line, without its end, into ANSWER of SIZE bytes. False: there is no
 * terminal, or no answer. */
bool terminal_ask(const char *question, char *answer, size_t size);

/* Shows QUESTION and "[y/N]". True: the answer begins with y. */
bool terminal_agrees(const char *question);

#endif
