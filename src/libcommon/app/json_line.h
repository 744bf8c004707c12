/* SPDX-License-Identifier: ISC */
/*
 * json_line - JSON Lines (RFC 8259) on standard output, of UTF-8 that no terminal obeys: an object
 * a line, of keys with texts, numbers, null and arrays of these.
 *
 * It is written here because loading a library for it would cost each start of each tool.
 */
#ifndef MAILVERBS_APP_JSON_LINE_H
#define MAILVERBS_APP_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct json_line {
	struct buf text;
	bool is_ascii;    /* a terminal that does not speak UTF-8 may take its bytes for controls */
	bool needs_comma; /* before the next key, or value of an array */
};

void json_line_begin(struct json_line *l);
void json_line_end(struct json_line *l); /* writes the line */

/* NAME is ASCII without quotes and backslashes; one value follows. */
void json_line_key(struct json_line *l, const char *name);

/* The values. LEN bytes of UTF-8; bytes that are not, which JSON cannot carry, are shown as \xHH,
 * with the control characters. */
void json_line_text(struct json_line *l, const char *text, size_t len);
void json_line_number(struct json_line *l, uint64_t n);
void json_line_null(struct json_line *l);
void json_line_array(struct json_line *l); /* values follow */
void json_line_array_end(struct json_line *l);

#endif
