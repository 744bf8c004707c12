/* SPDX-License-Identifier: ISC */
/*
 * What the filters of message/eol.h are to do, said a second time: the whole message at once, byte
 * after byte, with no state to carry and no speed to care for. Tests and fuzzers compare.
 */
#ifndef MAILVERBS_UNIT_EOL_REFERENCE_H
#define MAILVERBS_UNIT_EOL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"

static inline void
reference_to_crlf(struct buf *out, const char *in, size_t n, bool dots)
{
	bool at_start = true;

	for (size_t i = 0; i < n; i++) {
		if (in[i] == '\n' || in[i] == '\r') {
			size_t lf = i;

			while (lf < n && in[lf] == '\r')
				lf++;
			buf_add(out, "\r\n", 2);
			at_start = true;
			if (lf < n && in[lf] == '\n')
				i = lf;
			continue;
		}
		if (dots && at_start && in[i] == '.')
			buf_add_char(out, '.');
		buf_add_char(out, in[i]);
		at_start = false;
	}
	if (!at_start)
		buf_add(out, "\r\n", 2);
}

static inline bool
reference_is_from_line(const char *line, size_t n)
{
	while (n > 0 && *line == '>') {
		line++;
		n--;
	}
	return n >= 5 && memcmp(line, "From ", 5) == 0;
}

static inline void
reference_to_lf(struct buf *out, const char *in, size_t n, bool mbox)
{
	struct buf lf = {0};

	for (size_t i = 0; i < n; i++)
		if (in[i] != '\r' || i + 1 == n || in[i + 1] != '\n' ||
		    (i > 0 && in[i - 1] == '\r'))
			buf_add_char(&lf, in[i]);
	for (size_t i = 0; i < lf.len; i++) {
		const bool at_start = i == 0 || lf.data[i - 1] == '\n';

		if (mbox && at_start && reference_is_from_line(lf.data + i, lf.len - i))
			buf_add_char(out, '>');
		buf_add_char(out, lf.data[i]);
	}
	if (mbox && lf.len > 0 && lf.data[lf.len - 1] != '\n')
		buf_add_char(out, '\n');
	if (mbox)
		buf_add_char(out, '\n');
	buf_free(&lf);
}

/* How many bytes of IN are the answer, its last line included; 0: it does not end there. */
static inline size_t
reference_undot(struct buf *out, const char *in, size_t n, bool bare_lf)
{
	for (size_t i = 0; i < n; i++) {
		const bool behind_crlf = i > 1 && in[i - 1] == '\n' && in[i - 2] == '\r';
		const bool at_start = i == 0 || behind_crlf || (bare_lf && in[i - 1] == '\n');

		if (!at_start || in[i] != '.') {
			buf_add_char(out, in[i]);
			continue;
		}
		if (i + 1 < n && in[i + 1] == '\n')
			return i + 2;
		if (i + 2 < n && in[i + 1] == '\r' && in[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

#endif
