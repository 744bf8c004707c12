/* SPDX-License-Identifier: ISC */
#include "app/login_delay.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/mailbox_name.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/account.h"
#include "config/paths.h"
#include "journal/journal.h"
#include "net/wait.h"

/* No server has a reason for more, and one that is out of order must not lock its users out. */
enum { DELAY_MAX_S = 24 * 60 * 60 };

/* One line: when, and the seconds that are to pass from then on. */
struct login {
	uint64_t when;
	uint64_t delay_s;
};

/* The mailbox's directory, the caller's to free(). NULL: no directory, or no server. */
static char *
directory_of(const struct account *a)
{
	struct err unused; /* without a server nothing was recorded of it */
	char *state = mailbox_journal_directory();
	char *mailbox = mailbox_name(a, "INBOX", &unused);
	char *directory = state && mailbox ? journal_directory(state, mailbox) : NULL;

	free(state);
	free(mailbox);
	return directory;
}

/* Hidden, because what else is in that directory is a journal. */
static char *
path_in(const char *directory)
{
	return directory ? mem_printf("%s/.login", directory) : NULL;
}

static bool
read_login(const struct account *a, struct login *login)
{
	char *directory = directory_of(a), *path = path_in(directory);
	char *line = path ? file_noted_line(path) : NULL;
	const bool ok = line &&
			sscanf(line, "%" SCNu64 " %" SCNu64, &login->when, &login->delay_s) == 2 &&
			login->delay_s <= DELAY_MAX_S;

	free(line);
	free(directory);
	free(path);
	return ok;
}

/* Too early? Then *LOGIN is the last one. A login in the future: the clock was wrong then, or is
 * now. */
static bool
is_early(const struct account *a, struct login *login)
{
	const uint64_t now = (uint64_t)time(NULL);

	return read_login(a, login) && login->when <= now && now - login->when < login->delay_s;
}

static bool
refuse(const struct login *login, const char *host, struct err *e)
{
	const time_t then = (time_t)(login->when + login->delay_s);
	char text[64];
	struct tm tm;

	if (!localtime_r(&then, &tm) || strftime(text, sizeof text, "%F %T", &tm) == 0)
		text[0] = '\0';
	err_set(e, ERR_TEMPORARY,
		"%s: the server wants %" PRIu64 " seconds between two logins, so not before %s",
		host, login->delay_s, text);
	return err_hint(e, "--login-delay=wait waits until then");
}

/* Until the whole delay has passed, by the monotonic clock: seconds are cut off in WHEN. */
static bool
wait_until_due(const struct login *login, struct err *e)
{
	const uint64_t passed = (uint64_t)time(NULL) - login->when;
	const uint64_t left = passed < login->delay_s ? login->delay_s - passed : 0;

	return wait_fds(NULL, 0, wait_deadline((unsigned)left + 1)) != WAIT_STOPPED ||
	       err_set(e, ERR_TEMPORARY, "interrupted");
}

bool
login_delay_check(const struct account *a, bool may_wait, struct err *e)
{
	const enum login_delay policy = a->settings.mailbox.login_delay;
	const struct url *url = account_server(a, e);
	struct login login;

	if (policy == LOGIN_DELAY_IGNORE || !is_early(a, &login) || !url)
		return true;
	if (policy == LOGIN_DELAY_WAIT)
		return !may_wait || wait_until_due(&login, e);
	return refuse(&login, url->host, e);
}

void
login_delay_record(const struct account *a, unsigned seconds)
{
	char *directory = directory_of(a), *path = path_in(directory);
	char *line = mem_printf("%" PRIu64 " %u\n", (uint64_t)time(NULL),
				seconds < DELAY_MAX_S ? seconds : DELAY_MAX_S);
	struct err unused; /* without the record the server itself refuses a login that is early */

	if (path && seconds == 0)
		unlink(path);
	else if (path && file_make_directory(directory, &unused))
		file_note(path, line, strlen(line));
	free(directory);
	free(path);
	free(line);
}

unsigned
login_delay_seconds(const struct account *a)
{
	struct login login;

	return a->settings.mailbox.login_delay != LOGIN_DELAY_IGNORE && read_login(a, &login)
		   ? (unsigned)login.delay_s
		   : 0;
}
