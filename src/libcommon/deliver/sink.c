/* SPDX-License-Identifier: ISC */
#include "deliver/sink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "deliver/sinks.h"

const struct sink_type *const sinks[SINK_KINDS] = {
    [SINK_MBOX_STDOUT] = &sink_stdout, [SINK_RAW_STDOUT] = &sink_stdout,
    [SINK_MAILDIR] = &sink_maildir,    [SINK_MBOX] = &sink_mbox,
    [SINK_COMMAND] = &sink_command,    [SINK_LMTP] = &sink_lmtp,
};

bool
sink_check(const struct sink_spec *spec, struct err *e)
{
	return !sinks[spec->kind]->check || sinks[spec->kind]->check(spec, e);
}

/* Drops what changes nothing in a path: "//", "/." and a slash at the end. */
static void
tidy_path(char *path)
{
	char *to = path;

	for (const char *p = path; *p;) {
		const size_t word = strcspn(p + 1, "/");

		if (word > 0 && (word != 1 || p[1] != '.')) {
			memmove(to, p, word + 1);
			to += word + 1;
		}
		p += word + 1;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

bool
sink_is_path(const struct sink_spec *spec)
{
	return spec->kind == SINK_MAILDIR || spec->kind == SINK_MBOX;
}

/* The place, absolute and tidy. NULL: *e. */
static char *
absolute_path(const struct sink_spec *spec, struct err *e)
{
	char *cwd = spec->place[0] == '/' ? mem_strdup("") : getcwd(NULL, 0), *path;

	if (!cwd) {
		err_set_errno(e, ERR_OUTPUT, "%s", spec->place);
		return NULL;
	}
	path = mem_printf("%s/%s", cwd, spec->place);
	free(cwd);
	tidy_path(path);
	return path;
}

static char *
destination_at(const struct sink_spec *spec, const char *path)
{
	return mem_printf("%s %s", sinks[spec->kind]->name, path ? path : spec->place);
}

char *
sink_former_destination(const struct sink_spec *spec, struct err *e)
{
	char *path, *destination;

	if (!spec->place)
		return mem_strdup(sinks[spec->kind]->name);
	if (!sink_is_path(spec))
		return destination_at(spec, NULL);
	path = absolute_path(spec, e);
	destination = path ? destination_at(spec, path) : NULL;
	free(path);
	return destination;
}

/* One file or directory has one name, by whichever symbolic links a path leads to it. */
char *
sink_destination(const struct sink_spec *spec, struct err *e)
{
	char *path, *real, *destination;

	if (!spec->place || !sink_is_path(spec))
		return sink_former_destination(spec, e);
	path = absolute_path(spec, e);
	real = path ? file_real_path(path) : NULL;
	destination = real ? destination_at(spec, real) : NULL;
	free(path);
	free(real);
	return destination;
}
