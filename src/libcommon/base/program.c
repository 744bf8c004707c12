/* SPDX-License-Identifier: ISC */
#include "base/program.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"

enum { PATH_SIZE = 4096 };

void
program_add_word(struct buf *command, const char *word)
{
	if (command->len > 0)
		buf_add_char(command, ' ');
	if (word[0] && strspn(word, PLAIN) == strlen(word)) {
		buf_add_str(command, word);
		return;
	}
	buf_add_char(command, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_add_str(command, "'\\''");
		else
			buf_add_char(command, *word);
	}
	buf_add_char(command, '\'');
}

/* The name of our program NAME with what OWN, the name of this one, has before and after it
 * (configure's --program-prefix, --program-suffix). The caller's to free(). */
static char *
as_installed(const char *own, const char *name)
{
	static const char *const tools[] = {"msend", "mfetch", "mlist",
					    "mdel",  "mmark",  "maccount"};

	for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
		const char *at = strstr(own, tools[i]);

		if (at)
			return mem_printf("%.*s%s%s", (int)(at - own), own, name,
					  at + strlen(tools[i]));
	}
	return mem_strdup(name);
}

/* The path of this program, "" if it is not known. */
static void
find_own(char path[static PATH_SIZE])
{
	const ssize_t n = readlink("/proc/self/exe", path, PATH_SIZE - 1);

	path[n > 0 ? n : 0] = '\0';
}

void
program_add(struct buf *command, const char *name)
{
	char own[PATH_SIZE], *slash, *full, *path;

	find_own(own);
	slash = strrchr(own, '/');
	full = as_installed(slash ? slash + 1 : "", name);
	path = mem_printf("%.*s/%s", slash ? (int)(slash - own) : 0, own, full);
	if (!slash || access(path, X_OK) != 0) {
		free(path);
		path = mem_printf("%s/%s", BINDIR, full);
	}
	program_add_word(command, access(path, X_OK) == 0 ? path : full);
	free(path);
	free(full);
}
