/* SPDX-License-Identifier: ISC */
#include "config/paths.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

/* A service of the system, and what cron runs somewhere else than here, may have no HOME. */
const char *
paths_home_directory(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home && home[0] == '/')
		return home;
	user = getpwuid(geteuid());
	return user && user->pw_dir && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

char *
paths_home(const char *file)
{
	const char *home = paths_home_directory();

	return home ? mem_printf("%s/%s", home, file) : NULL;
}

/* A variable that is not an absolute path is to be ignored, says the specification. */
static char *
xdg(const char *variable, const char *under_home, const char *file)
{
	const char *dir = getenv(variable);
	char *relative, *path;

	if (dir && dir[0] == '/')
		return mem_printf("%s/mailverbs/%s", dir, file);
	relative = mem_printf("%s/mailverbs/%s", under_home, file);
	path = paths_home(relative);
	free(relative);
	return path;
}

char *
paths_config(const char *file)
{
	return xdg("XDG_CONFIG_HOME", ".config", file);
}

char *
paths_state(const char *file)
{
	return xdg("XDG_STATE_HOME", ".local/state", file);
}

/* The account's name may hold any character; as a file it is one name that does not begin with a
 * dot. */
char *
paths_token(const char *account)
{
	struct buf escaped = {0}, name = {0};
	char *path;

	text_escape(&escaped, account);
	buf_add_str(&name, "tokens/");
	for (const char *p = escaped.data ? escaped.data : ""; *p; p++) {
		if (*p == '/' || (*p == '.' && p == escaped.data))
			buf_addf(&name, "%%%02X", (unsigned)*p);
		else
			buf_add_char(&name, *p);
	}
	path = paths_state(name.data);
	buf_free(&escaped);
	buf_free(&name);
	return path;
}

char *
paths_system_config(const char *file)
{
	return mem_printf("%s/mailverbs/%s", SYSCONFDIR, file);
}

char *
paths_data(const char *file)
{
	const char *dir = getenv("MAILVERBS_DATADIR");

	return mem_printf("%s/%s", dir && dir[0] == '/' ? dir : PKGDATADIR, file);
}
