/* SPDX-License-Identifier: ISC */
#include "app/login_delay.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/session.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/account.h"
#include "config/paths.h"
#include "deliver/seen.h"

/* No server has a reason for more, and one that is out of order must not lock its users out. */
enum { DELAY_MAX_S = 24 * 60 * 60 };

/* One line: when, and the seconds that are to pass from then on. */
struct login {
	uint64_t when;
	uint64_t delay_s;
};

/* The mailbox's directory, the caller's to free(). NULL: there is no place, or no server. */
static char *
directory_of(const struct account *a, enum tool_id tool)
{
	struct err unused;
	char *state = paths_state("seen");
	char *mailbox = session_mailbox_name(a, tool, "INBOX", &unused);
	char *directory = state && mailbox ? seen_directory(state, mailbox) : NULL;

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
read_login(const struct account *a, enum tool_id tool, struct login *login)
{
	char *directory = directory_of(a, tool), *path = path_in(directory);
	FILE *file = path ? fopen(path, "re") : NULL;
	bool ok = false;

	if (file) {
		ok = fscanf(file, "%" SCNu64 " %" SCNu64, &login->when, &login->delay_s) == 2 &&
		     login->delay_s <= DELAY_MAX_S;
		fclose(file);
	}
	free(directory);
	free(path);
	return ok;
}

bool
login_delay_check(const struct account *a, enum tool_id tool, struct err *e)
{
	const uint64_t now = (uint64_t)time(NULL);
	struct login login;
	struct url url;
	char text[64];
	time_t then;
	struct tm tm;

	/* A login in the future: the clock was wrong then, or is now. */
	if (!read_login(a, tool, &login) || login.when > now || now - login.when >= login.delay_s ||
	    !account_server(a, tool, &url, e))
		return true;
	then = (time_t)(login.when + login.delay_s);
	if (!localtime_r(&then, &tm) || strftime(text, sizeof text, "%F %T", &tm) == 0)
		text[0] = '\0';
	return err_set(e, ERR_TEMPORARY,
		       "%s: the server wants %" PRIu64
		       " seconds between two logins, so not before %s",
		       url.host, login.delay_s, text);
}

void
login_delay_record(const struct account *a, enum tool_id tool, unsigned seconds)
{
	char *directory = directory_of(a, tool), *path = path_in(directory);
	char *line = mem_printf("%" PRIu64 " %u\n", (uint64_t)time(NULL),
				seconds < DELAY_MAX_S ? seconds : DELAY_MAX_S);
	struct err unused;
	int fd;

	if (path && seconds == 0) {
		unlink(path);
	} else if (path && file_make_directory(directory, &unused)) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd >= 0) {
			if (!file_write_all(fd, line, strlen(line))) {
				/* half a line is none, and then the server has to say it */
			}
			close(fd);
		}
	}
	free(directory);
	free(path);
	free(line);
}

unsigned
login_delay_seconds(const struct account *a, enum tool_id tool)
{
	struct login login;

	return read_login(a, tool, &login) ? (unsigned)login.delay_s : 0;
}
