/* SPDX-License-Identifier: ISC */
/*
 * json_line - JSON Lines on standard output.
 */
#ifndef MAILVERBS_APP_JSON_LINE_H
#define MAILVERBS_APP_JSON_LINE_H

#include <jansson.h>

/* TEXT, LEN bytes of UTF-8, as a string. Bytes that are not UTF-8, which JSON cannot carry, are shown
 * as \xHH, with the control characters. Never NULL. */
json_t *json_line_text(const char *text, size_t len);

/* Writes OBJECT as a line of UTF-8 that no terminal obeys, and takes the reference away. */
void json_line_put(json_t *object);

#endif
