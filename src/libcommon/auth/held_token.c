/* SPDX-License-Identifier: ISC */
#include "auth/held_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

enum { FILE_SIZE_MAX = 1024 * 1024, CLOCK_MARGIN_S = 60 };

static const struct {
	const char *word;
	size_t offset;
} texts[] = {
    {"account", offsetof(struct held_token, account)},
    {"server", offsetof(struct held_token, server)},
    {"client", offsetof(struct held_token, client)},
    {"client-secret", offsetof(struct held_token, client_secret)},
    {"revoke", offsetof(struct held_token, revoke)},
    {"scope", offsetof(struct held_token, scope)},
    {"access", offsetof(struct held_token, access)},
    {"refresh", offsetof(struct held_token, refresh)},
    {"kept", offsetof(struct held_token, kept)},
};

enum { TEXTS = sizeof texts / sizeof texts[0] };

static char **
text_at(struct held_token *t, size_t i)
{
	return (char **)((char *)t + texts[i].offset);
}

void
held_token_free(struct held_token *t)
{
	for (size_t i = 0; i < TEXTS; i++)
		mem_free_secret(*text_at(t, i));
	*t = (struct held_token){0};
}

static void
take_line(struct held_token *t, const char *line)
{
	const size_t len = strcspn(line, " ");
	const char *value = line[len] ? line + len + 1 : "";
	uint64_t number;

	for (size_t i = 0; i < TEXTS; i++)
		if (strlen(texts[i].word) == len && strncmp(texts[i].word, line, len) == 0 &&
		    !*text_at(t, i))
			*text_at(t, i) = mem_strdup(value);
	t->is_whole = strcmp(line, "end") == 0;
	if (!text_number(value, INT64_MAX, &number))
		return;
	if (strncmp(line, "issued ", 7) == 0)
		t->issued = (int64_t)number;
	if (strncmp(line, "expires ", 8) == 0)
		t->expires = (int64_t)number;
}

bool
held_token_parse(struct held_token *t, char *text, const char *place, const char *account,
		 struct err *e)
{
	char *rest = text, *line = strtok_r(rest, "\n", &rest);

	*t = (struct held_token){0};
	if (!line || strcmp(line, "mailverbs-token 1") != 0)
		return err_set(e, ERR_CONFIG, "%s: not written by maccount", place);
	while ((line = strtok_r(rest, "\n", &rest)))
		take_line(t, line);
	if (!t->account || strcmp(t->account, account) != 0)
		return err_set(e, ERR_CONFIG, "%s: it is not for the account '%s'", place, account);
	return true;
}

static bool
read_all(int fd, const char *path, struct buf *text, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set_errno(e, ERR_IO, "%s", path);
	if (!file_check_private(path, st.st_mode, S_IRWXG | S_IRWXO, e))
		return false;
	if (!file_read_all(fd, text, FILE_SIZE_MAX, e))
		return err_prefix(e, "%s", path);
	buf_add(text, "", 1);
	return true;
}

bool
held_token_read(const char *path, const char *account, struct held_token *t, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf text = {0};
	bool ok;

	*t = (struct held_token){0};
	if (fd < 0)
		return err_set_errno(e, errno == ENOENT ? ERR_NO_INPUT : ERR_CONFIG, "%s", path);
	ok = read_all(fd, path, &text, e) && held_token_parse(t, text.data, path, account, e);
	close(fd);
	buf_wipe(&text);
	return ok;
}

/* A token from the future means that the clock was set back: its end says nothing then. */
bool
held_token_is_fresh(const struct held_token *t, int64_t now)
{
	return t->access && t->access[0] && t->issued <= now + CLOCK_MARGIN_S &&
	       now + HELD_TOKEN_MARGIN_S < t->expires;
}
