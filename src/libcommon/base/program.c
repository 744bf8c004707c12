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

/* The caller's to free(). */
static char *
beside_us(const char *name)
{
	char path[PATH_SIZE];
	const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	return slash ? mem_printf("%.*s/%s", (int)(slash - path), path, name) : NULL;
}

void
program_add(struct buf *command, const char *name)
{
	char *path = beside_us(name);

	if (!path || access(path, X_OK) != 0) {
		free(path);
		path = mem_printf("%s/%s", BINDIR, name);
	}
	program_add_word(command, access(path, X_OK) == 0 ? path : name);
	free(path);
}
