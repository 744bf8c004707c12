/* SPDX-License-Identifier: ISC */
/*
 * json_line - JSON Lines on standard output.
 */
#ifndef MAILVERBS_MLIST_JSON_LINE_H
#define MAILVERBS_MLIST_JSON_LINE_H

#include <jansson.h>

/* Writes OBJECT as a line of UTF-8 that no terminal obeys, and takes the reference away. */
void json_line_put(json_t *object);

#endif
