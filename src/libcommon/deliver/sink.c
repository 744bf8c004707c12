/* SPDX-License-Identifier: ISC */
#include "deliver/sink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "deliver/sinks.h"

const struct sink_type *const sinks[SINK_KINDS] = {
    [SINK_MBOX_STDOUT] = &sink_stdout, [SINK_RAW_STDOUT] = &sink_stdout,
    [SINK_MAILDIR] = &sink_maildir,    [SINK_MBOX] = &sink_mbox,
    [SINK_COMMAND] = &sink_command,    [SINK_LMTP] = &sink_lmtp,
};

/* Drops what changes nothing in a path: "//", "/." and a slash at the end. Symbolic links and ".."
 * stay: what they mean may change, what the user calls his Maildir does not. */
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

char *
sink_destination(const struct sink_spec *spec, struct err *e)
{
	const char *name = sinks[spec->kind]->name;
	const bool is_path = spec->kind == SINK_MAILDIR || spec->kind == SINK_MBOX;
	char *cwd, *destination;

	if (!spec->place)
		return mem_strdup(name);
	if (!is_path)
		return mem_printf("%s %s", name, spec->place);
	cwd = spec->place[0] == '/' ? mem_strdup("") : getcwd(NULL, 0);
	if (!cwd) {
		err_set_errno(e, ERR_OUTPUT, "%s", spec->place);
		return NULL;
	}
	destination = mem_printf("%s %s/%s", name, cwd, spec->place);
	tidy_path(destination + strlen(name) + 1);
	free(cwd);
	return destination;
}
