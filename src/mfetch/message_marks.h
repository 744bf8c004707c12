/* SPDX-License-Identifier: ISC */
/*
 * message_marks - a file beside a journal that names messages: a line "OCTETS UID" each, the id
 * escaped (text_escape()).
 */
#ifndef MAILVERBS_MFETCH_MESSAGE_MARKS_H
#define MAILVERBS_MFETCH_MESSAGE_MARKS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct message_list;

/* Sets the elements of MARKS, one for each message of L, that the first LINES_MAX lines of PATH
 * name. A torn line names none, nor does one whose size is not the message's. False: there is no
 * such file. */
bool message_marks_read(const char *path, size_t lines_max, const struct message_list *l,
			bool *marks);

/* Adds the lines of the marked messages that have an id. */
void message_marks_add(struct buf *text, const struct message_list *l, const bool *marks);

/* Makes the file PATH of them, which may be lost (file_note()). No file is
 * made if there are none. */
void message_marks_write(const char *path, const struct message_list *l, const bool *marks);

#endif
