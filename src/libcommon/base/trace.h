/* SPDX-License-Identifier: ISC */
/*
 * trace - the conversation on standard error, for -v.
 *
 * Secrets never get here: the layer that sends one calls trace_line() with "***" in its place.
 */
#ifndef MAILVERBS_BASE_TRACE_H
#define MAILVERBS_BASE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

enum trace_level { TRACE_OFF, TRACE_PROTOCOL, TRACE_TLS };

void trace_set_level(enum trace_level level);
bool trace_wants(enum trace_level level);

/* One line: "C: ", "S: " or "* " (PREFIX), then N bytes by text_printable(), cut at 2,000. */
void trace_line(enum trace_level level, const char *prefix, const char *bytes, size_t n);

/* A remark of ours, with the prefix "* ". */
void trace_note(enum trace_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
