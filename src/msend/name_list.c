/* SPDX-License-Identifier: ISC */
#include "msend/name_list.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "message/spool.h"

enum { PIECE = 4096, NAME_LEN_MAX = 64 * 1024 };

static bool
read_more(struct name_list *n, struct err *e)
{
	size_t got;

	buf_drop(&n->bytes, n->at);
	n->at = 0;
	if (!spool_read(STDIN_FILENO, buf_reserve(&n->bytes, PIECE), PIECE, &got, e))
		return false;
	n->bytes.len += got;
	n->is_ended = got == 0;
	return true;
}

/* Reads until a whole line has come, or the end. */
static bool
have_line(struct name_list *n, size_t *len, struct err *e)
{
	for (;;) {
		const size_t left = n->bytes.len - n->at;
		const char *lf = left > 0 ? memchr(n->bytes.data + n->at, '\n', left) : NULL;

		*len = lf ? (size_t)(lf - (n->bytes.data + n->at)) : left;
		if (lf || n->is_ended)
			return true;
		if (left > NAME_LEN_MAX)
			return err_set(e, ERR_NO_INPUT, "a file name is longer than 64 KiB");
		if (!read_more(n, e))
			return false;
	}
}

/* The line at hand, of LEN octets, as a text. */
static char *
take_line(struct name_list *n, size_t len)
{
	char *line;

	if (n->at + len == n->bytes.len)
		buf_add_char(&n->bytes, '\n'); /* the last one has no line end */
	line = n->bytes.data + n->at;
	line[len] = '\0';
	n->at += len + 1;
	return line;
}

bool
name_list_next(struct name_list *n, const char **name, struct err *e)
{
	size_t len;

	*e = (struct err){0};
	while (have_line(n, &len, e)) {
		if (len == 0 && n->at == n->bytes.len)
			return false;
		*name = take_line(n, len);
		if (strlen(*name) != len)
			return err_set(e, ERR_NO_INPUT, "a file name contains NUL");
		if (len > 0)
			return true;
	}
	return false;
}

void
name_list_free(struct name_list *n)
{
	buf_free(&n->bytes);
}
