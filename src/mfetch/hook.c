/* SPDX-License-Identifier: ISC */
#include "mfetch/hook.h"

#include <stdbool.h>
#include <stdlib.h>

#include "app/tool.h"
#include "base/child.h"
#include "base/err.h"
#include "base/mem.h"

enum { GRACE_MS = 5000 }; /* for which a signal waits for the command */

static bool
start(struct child *c, const char *command, const char *account, const char *folder, size_t count,
      struct err *e)
{
	char *environment[] = {mem_printf("ACCOUNT=%s", account), mem_printf("FOLDER=%s", folder),
			       mem_printf("COUNT=%zu", count), NULL};
	const char *const more[] = {environment[0], environment[1], environment[2], NULL};
	const bool ok = child_start(c, command, CHILD_STDIN_EMPTY, CHILD_STDOUT_STDERR, more, e);

	for (size_t i = 0; environment[i]; i++)
		free(environment[i]);
	return ok;
}

static bool
judge(const char *command, int status, struct err *e)
{
	char words[40];

	if (status == 0)
		return true;
	if (!child_check_run(status, e))
		return err_prefix(e, "hook '%s'", command);
	return err_set(e, ERR_TEMPORARY, "hook '%s': %s", command,
		       child_status_text(status, words));
}

static bool
run_command(const char *command, const char *account, const char *folder, size_t count,
	    struct err *e)
{
	struct child child;
	int status;

	if (!start(&child, command, account, folder, count, e)) {
		err_prefix(e, "hook");
		return false;
	}
	if (child_wait_stoppable(&child, GRACE_MS, &status))
		return judge(command, status, e);
	return err_set(e, ERR_TEMPORARY,
		       "hook '%s': ended while at work, for a signal asked to stop", command);
}

void
hook_run(struct run *run, const char *command, const char *account, const char *folder,
	 size_t count)
{
	struct err e;

	if (command && count > 0 && !run_command(command, account, folder, count, &e))
		run_complain(run, &e);
}
