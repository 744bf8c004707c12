/* SPDX-License-Identifier: ISC */
#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

/* The next name. NULL: no more, or errno. */
static const char *
next_name(DIR *directory)
{
	const struct dirent *d;

	do {
		errno = 0;
		d = readdir(directory);
	} while (d && (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0));
	return d ? d->d_name : NULL;
}

bool
directory_each(const char *path, bool (*visit)(void *ctx, const char *name), void *ctx)
{
	DIR *directory = opendir(path);
	const char *name;
	int problem;

	if (!directory)
		return false;
	while ((name = next_name(directory)) && visit(ctx, name))
		;
	problem = name ? 0 : errno;
	closedir(directory);
	errno = problem;
	return problem == 0;
}
