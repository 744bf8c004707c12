/* SPDX-License-Identifier: ISC */
#include "base/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/screen.h"
#include "base/text.h"

#define LINE_MAX_SHOWN 2000

static enum trace_level trace_level = TRACE_OFF;

void
trace_set_level(enum trace_level level)
{
	trace_level = level;
}

bool
trace_wants(enum trace_level level)
{
	return trace_level >= level;
}

void
trace_line(enum trace_level level, const char *prefix, const char *bytes, size_t n)
{
	struct buf line = {0};

	if (!trace_wants(level))
		return;
	buf_add_str(&line, prefix);
	text_printable(&line, bytes, n < LINE_MAX_SHOWN ? n : LINE_MAX_SHOWN);
	if (n > LINE_MAX_SHOWN)
		buf_add_str(&line, "...");
	buf_add_char(&line, '\n');
	screen_write(stderr, line.data, line.len);
	buf_free(&line);
}

void
trace_note(enum trace_level level, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!trace_wants(level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	trace_line(level, "* ", text, strlen(text));
}
