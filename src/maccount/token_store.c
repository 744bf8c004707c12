/* SPDX-License-Identifier: ISC */
#include "maccount/token_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/paths.h"
#include "maccount/token_command.h"
#include "net/wait.h"

enum { LOCK_WAIT_S = 60, LOCK_STEP_MS = 50, ROOM_MORE = 8 * 1024 };

bool
token_store_open(struct token_store *s, const char *account, const char *command, struct err *e)
{
	*s = (struct token_store){.path = paths_token(account),
				  .account = mem_strdup(account),
				  .command = mem_strdup(command),
				  .lock = -1};
	return s->path || err_set(e, ERR_CONFIG, "there is no home directory to keep tokens in");
}

/* The file that takes the place of the old one. The caller's to free(). */
static char *
path_of_new(const struct token_store *s)
{
	return mem_printf("%s.new", s->path);
}

static void
give_up_room(struct token_store *s)
{
	char *path = path_of_new(s);

	if (s->is_reserved)
		unlink(path);
	s->is_reserved = false;
	free(path);
}

void
token_store_close(struct token_store *s)
{
	give_up_room(s);
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	free(s->account);
	free(s->command);
	*s = (struct token_store){.lock = -1};
}

static bool
make_directory(const struct token_store *s, struct err *e)
{
	char *directory = file_directory(s->path);
	const bool ok = file_make_directory(directory, e);

	free(directory);
	return ok;
}

static bool
is_whole(const char *path, const char *account)
{
	struct held_token t;
	struct err unused; /* a file that cannot be read is of no use */
	const bool ok = held_token_read(path, account, &t, &unused) && t.is_whole;

	held_token_free(&t);
	return ok;
}

/* A process that was killed before it renamed its file may have had the only refresh token that the
 * server still takes. */
static bool
settle(const struct token_store *s, struct err *e)
{
	char *path = path_of_new(s);
	bool ok = true;

	if (is_whole(path, s->account))
		ok = file_move(path, s->path, e);
	else
		unlink(path);
	free(path);
	return ok;
}

bool
token_store_lock(struct token_store *s, struct err *e)
{
	const int64_t deadline = wait_deadline(LOCK_WAIT_S);
	char *path = mem_printf("%s.lock", s->path);
	bool may_wait = make_directory(s, e);

	while (may_wait) {
		*e = (struct err){0};
		s->lock = file_lock(path, "another process renews the token", e);
		may_wait = s->lock < 0 && e->code == ERR_TEMPORARY && wait_clock() < deadline &&
			   wait_fds(NULL, 0, wait_clock() + LOCK_STEP_MS) != WAIT_STOPPED;
	}
	free(path);
	return s->lock >= 0 && settle(s, e);
}

bool
token_store_peek(const struct token_store *s, struct held_token *t, struct err *e)
{
	if (held_token_read(s->path, s->account, t, e))
		return true;
	if (e->code == ERR_NO_INPUT) {
		err_set(e, ERR_NO_INPUT, "no token is held for %s", s->account);
		err_hint(e, "maccount login %s", s->account);
	}
	return false;
}

static void
add(struct buf *text, const char *word, const char *value)
{
	if (!value)
		return;
	buf_add_str(text, word);
	buf_add_char(text, ' ');
	buf_add_str(text, value);
	buf_add_char(text, '\n');
}

static bool
load_kept(const struct token_store *s, struct held_token *t, struct err *e)
{
	struct buf text = {0};
	bool ok;

	held_token_free(t);
	if (!s->command) {
		err_set(e, ERR_CONFIG,
			"a command keeps the tokens for %s, and no token-store-command is set",
			s->account);
		return err_hint(e, "maccount login %s", s->account);
	}
	ok = token_command_load(s->command, s->account, &text, e);
	buf_add(&text, "", 1);
	ok = ok && held_token_parse(t, text.data, "token-store-command: load", s->account, e);
	buf_wipe(&text);
	return ok;
}

bool
token_store_load(const struct token_store *s, struct held_token *t, struct err *e)
{
	return token_store_peek(s, t, e) && (!t->kept || load_kept(s, t, e));
}

static void
add_secrets(struct buf *text, const struct held_token *t)
{
	add(text, "client", t->client);
	add(text, "client-secret", t->client_secret);
	add(text, "revoke", t->revoke);
	add(text, "access", t->access);
	add(text, "refresh", t->refresh);
}

/* IS_STUB: for the file beside a command, which has the secrets. */
static void
compose(const struct token_store *s, const struct held_token *t, bool is_stub, struct buf *text)
{
	buf_add_str(text, "mailverbs-token 1\n");
	add(text, "account", s->account);
	add(text, "server", t->server);
	add(text, "scope", t->scope);
	buf_addf(text, "issued %" PRId64 "\nexpires %" PRId64 "\n", t->issued, t->expires);
	if (is_stub)
		add(text, "kept", t->refresh ? "renewable" : "not renewable");
	else
		add_secrets(text, t);
	buf_add_str(text, "end\n");
}

/* Empty lines, as many as the tokens may need: a killed process leaves no whole file then. */
bool
token_store_reserve(struct token_store *s, const struct held_token *t, struct err *e)
{
	char *path = path_of_new(s);
	struct buf text = {0};
	size_t len;
	bool ok;

	compose(s, t, false, &text);
	len = text.len + ROOM_MORE;
	buf_wipe(&text);
	memset(buf_reserve(&text, len), '\n', len);
	ok = make_directory(s, e) && file_write_new(path, text.data, len, e);
	s->is_reserved = ok;
	buf_free(&text);
	free(path);
	return ok;
}

static bool
write_file(struct token_store *s, const struct buf *text, struct err *e)
{
	char *temporary = path_of_new(s);
	bool ok = make_directory(s, e) && file_write_new(temporary, text->data, text->len, e);

	s->is_reserved = false;
	ok = ok && file_move(temporary, s->path, e);
	free(temporary);
	return ok;
}

bool
token_store_save(struct token_store *s, const struct held_token *t, struct err *e)
{
	struct buf text = {0};
	bool ok = true;

	compose(s, t, false, &text);
	if (s->command) {
		ok = token_command_store(s->command, s->account, &text, e);
		buf_wipe(&text);
		compose(s, t, true, &text);
	}
	ok = ok && write_file(s, &text, e);
	buf_wipe(&text);
	return ok;
}

/* The file stays if the command fails: what it keeps is not forgotten then. */
static bool
erase_kept(const struct token_store *s, struct err *e)
{
	struct held_token t;
	const bool is_kept = s->command && held_token_read(s->path, s->account, &t, e) && t.kept;
	const bool ok = !is_kept || token_command_erase(s->command, s->account, e);

	if (s->command)
		held_token_free(&t);
	return ok;
}

bool
token_store_remove(const struct token_store *s, struct err *e)
{
	if (!erase_kept(s, e))
		return false;
	if (unlink(s->path) != 0 && errno != ENOENT)
		return err_set_errno(e, ERR_IO, "%s", s->path);
	return file_sync_parent(s->path, e);
}
