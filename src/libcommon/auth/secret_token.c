/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/held_token.h"
#include "auth/secret_params.h"
#include "auth/secret_source.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/program.h"

/* For which a signal waits: maccount may be about to store the only refresh token that the server
 * still takes. */
enum { GRACE_MS = 6000 };

static enum secret_outcome
hint_at_login(const struct secret_params *p, struct err *e)
{
	err_hint(e, "maccount login %s", p->account);
	return SECRET_FAILED;
}

/* sysexits.h: what may pass is tried again later, as the server's own 4xx. */
static enum secret_outcome
judge(const struct secret_params *p, int status, struct err *e)
{
	if (status == 0)
		return SECRET_FOUND;
	if (status == 75 || status == 68) {
		err_set(e, ERR_TEMPORARY, "maccount could not renew it for now");
		return SECRET_FAILED;
	}
	err_set(e, ERR_LOGIN, "maccount could not renew it (exit status %d)", status);
	return hint_at_login(p, e);
}

char *
secret_token_command(const struct secret_params *p, bool is_forced)
{
	struct buf command = {0};

	program_add(&command, "maccount");
	buf_add_str(&command, is_forced ? " token --force" : " token");
	if (p->config) {
		buf_add_str(&command, " -C");
		program_add_word(&command, p->config);
	}
	buf_add_str(&command, " --");
	program_add_word(&command, p->account);
	return buf_take(&command);
}

static enum secret_outcome
run_maccount(const struct secret_params *p, bool is_forced, struct buf *text, struct err *e)
{
	char *command = secret_token_command(p, is_forced);
	struct child child;
	const bool ok = child_start(&child, command, CHILD_STDIN_EMPTY, CHILD_STDOUT_PIPE, NULL, e);

	free(command);
	if (!ok)
		return SECRET_FAILED;
	if (!secret_read_line(child.from, text, e)) {
		child_end_within(&child, GRACE_MS);
		return SECRET_FAILED;
	}
	return judge(p, child_wait(&child), e);
}

/* After a renewal it is another file, which a contained process (app/containment.h) cannot open:
 * access(2) does not know of that. */
static bool
is_out_of_reach(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return errno == EACCES && access(path, R_OK) == 0;
	close(fd);
	return false;
}

enum secret_outcome
secret_from_token(const struct secret_params *p, struct buf *text, struct err *e)
{
	enum secret_outcome outcome = SECRET_FAILED;
	struct held_token t;

	if (!p->token_file || access(p->token_file, F_OK) != 0)
		return SECRET_ABSENT;
	if (!held_token_read(p->token_file, p->account, &t, e)) {
		if (is_out_of_reach(p->token_file))
			outcome = run_maccount(p, false, text, e);
	} else if (held_token_is_fresh(&t, (int64_t)time(NULL))) {
		buf_add_str(text, t.access);
		outcome = SECRET_FOUND;
	} else {
		outcome = run_maccount(p, false, text, e);
	}
	held_token_free(&t);
	return outcome;
}

enum secret_outcome
secret_renewed_token(const struct secret_params *p, struct buf *text, struct err *e)
{
	return run_maccount(p, true, text, e);
}
