/* SPDX-License-Identifier: ISC */
#include "deliver/sink.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "deliver/sinks.h"

const struct sink_type *const sinks[SINK_KINDS] = {
    [SINK_MBOX_STDOUT] = &sink_mbox_stdout, [SINK_RAW_STDOUT] = &sink_raw_stdout,
    [SINK_MAILDIR] = &sink_maildir,         [SINK_MBOX] = &sink_mbox,
    [SINK_COMMAND] = &sink_command,
};

char *
sink_destination(const struct sink_spec *spec, struct err *e)
{
	const char *name = sinks[spec->kind]->name;
	const bool is_path = spec->kind == SINK_MAILDIR || spec->kind == SINK_MBOX;
	char *cwd, *destination;

	if (!spec->place)
		return mem_strdup(name);
	if (!is_path || spec->place[0] == '/')
		return mem_printf("%s %s", name, spec->place);
	cwd = getcwd(NULL, 0);
	if (!cwd) {
		err_set_errno(e, ERR_OUTPUT, "%s", spec->place);
		return NULL;
	}
	destination = mem_printf("%s %s/%s", name, cwd, spec->place);
	free(cwd);
	return destination;
}
