/* SPDX-License-Identifier: ISC */
#include "maccount/token_command.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "message/spool.h"

enum { TEXT_SIZE_MAX = 256 * 1024, CHUNK = 4096 };

static bool
start(const char *command, const char *account, const char *action, struct child *c, struct err *e)
{
	const bool loads = strcmp(action, "load") == 0, stores = strcmp(action, "store") == 0;
	char *for_action = mem_printf("ACTION=%s", action);
	char *for_account = mem_printf("ACCOUNT=%s", account);
	const char *const environment[] = {for_action, for_account, NULL};
	const bool ok = child_start(c, command, stores ? CHILD_STDIN_PIPE : CHILD_STDIN_EMPTY,
				    loads ? CHILD_STDOUT_PIPE : CHILD_STDOUT_NONE, environment, e);

	free(for_action);
	free(for_account);
	return ok;
}

static bool
finish(struct child *c, const char *action, struct err *e)
{
	const int status = child_wait(c);
	char words[40];

	return status == 0 ||
	       err_set(e, status == err_exit_status(ERR_TEMPORARY) ? ERR_TEMPORARY : ERR_LOGIN,
		       "token-store-command: %s: %s", action, child_status_text(status, words));
}

static bool
read_text(struct child *c, struct buf *text, struct err *e)
{
	char chunk[CHUNK];
	size_t n;
	bool ok;

	while ((ok = spool_read(c->from, chunk, sizeof chunk, &n, e)) && n > 0) {
		buf_add(text, chunk, n);
		if (text->len > TEXT_SIZE_MAX) {
			ok = err_set(e, ERR_LOGIN, "endless output");
			break;
		}
	}
	mem_wipe(chunk, sizeof chunk);
	return ok || err_prefix(e, "token-store-command: load");
}

bool
token_command_load(const char *command, const char *account, struct buf *text, struct err *e)
{
	struct child c;

	if (!start(command, account, "load", &c, e))
		return false;
	if (read_text(&c, text, e))
		return finish(&c, "load", e);
	child_end(&c);
	return false;
}

/* Some keepers drop the line end, or add one. */
static bool
is_same(const struct buf *one, const struct buf *other)
{
	size_t n = one->len, m = other->len;

	while (n > 0 && one->data[n - 1] == '\n')
		n--;
	while (m > 0 && other->data[m - 1] == '\n')
		m--;
	return n == m && memcmp(one->data, other->data, n) == 0;
}

static bool
check(const char *command, const char *account, const struct buf *text, struct err *e)
{
	struct buf now = {0};
	const bool ok =
	    token_command_load(command, account, &now, e) &&
	    (is_same(text, &now) || err_set(e, ERR_IO,
					    "token-store-command: load printed something else than "
					    "was stored"));

	buf_wipe(&now);
	return ok;
}

/* A command that does not read its input says why by its status. */
bool
token_command_store(const char *command, const char *account, const struct buf *text, struct err *e)
{
	struct child c;
	bool is_given;

	if (!start(command, account, "store", &c, e))
		return false;
	is_given = file_write_all(c.to, text->data, text->len);
	if (!finish(&c, "store", e))
		return false;
	if (!is_given)
		return err_set(e, ERR_IO, "token-store-command: store: it did not read the tokens");
	return check(command, account, text, e);
}

bool
token_command_erase(const char *command, const char *account, struct err *e)
{
	struct child c;

	return start(command, account, "erase", &c, e) && finish(&c, "erase", e);
}
