/* SPDX-License-Identifier: ISC */
#include "app/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "net/wait.h"

/* The ends are waited for by a pipe of which every process holds the other end, until it is gone.
 */
struct processes {
	pid_t *pids;
	size_t count;
	int alive[2];
};

/* If the parent is ended by a signal that it cannot pass on (SIGKILL), its children must end
 * too. */
static void
end_with_parent(pid_t parent)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
	if (getppid() != parent)
		raise(SIGTERM);
}

/* The child: its exit status is the worst err_code, for its parent only. */
_Noreturn static void
work(const struct workers *w, const char *name)
{
	struct err e;

	if (name)
		w->run->program = mem_printf("%s: %s", w->run->program, name);
	if (!w->job(w->run, name, w->ctx, &e))
		run_complain(w->run, &e);
	fflush(stdout);
	_exit((int)w->run->worst);
}

/* A signal that comes between fork(2) and the child's own stop_renew() waits until then. */
static pid_t
start(const struct workers *w, const char *name, struct processes *h)
{
	const pid_t parent = getpid();
	sigset_t all, before;
	pid_t pid;

	fflush(NULL);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0) {
		stop_renew();
		end_with_parent(parent);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid != 0)
		return pid;
	close(h->alive[0]);
	work(w, name);
}

/* How the worker PID ended, as work() reports it. False: *e; nothing is known of what it did. */
static bool
reap(pid_t pid, enum err_code *worst, struct err *e)
{
	int how;

	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return err_set_errno(e, ERR_BUG, "the status of its process was lost");
	if (!WIFEXITED(how))
		return err_set(e, ERR_BUG, "its process was ended by signal %d", WTERMSIG(how));
	if (WEXITSTATUS(how) >= ERR_CODES)
		return err_set(e, ERR_BUG, "its process ended with exit status %d",
			       WEXITSTATUS(how));
	*worst = (enum err_code)WEXITSTATUS(how);
	return true;
}

static void
wait_for(const struct workers *w, size_t i, pid_t pid)
{
	enum err_code worst = ERR_NONE;
	struct err e;

	if (reap(pid, &worst, &e)) {
		w->run->worst = err_worse(w->run->worst, worst);
		return;
	}
	if (w->names)
		err_prefix(&e, "%s", w->names[i]);
	else
		err_prefix(&e, "%s %zu", w->kind, i + 1);
	run_complain(w->run, &e);
}

static void
signal_all(const struct processes *h, int signal_number)
{
	for (size_t i = 0; i < h->count; i++)
		kill(h->pids[i], signal_number);
}

static void
wait_for_all(const struct workers *w, size_t first, struct processes *h)
{
	close(h->alive[1]);
	if (wait_fd(h->alive[0], POLLIN, WAIT_FOREVER) == WAIT_STOPPED)
		signal_all(h, stop_signal());
	for (size_t i = 0; i < h->count; i++)
		wait_for(w, first + i, h->pids[i]);
	close(h->alive[0]);
}

/* If not all can be started, those that were are ended: they might never end by themselves. */
static bool
start_all(const struct workers *w, size_t first, size_t count, struct processes *h, struct err *e)
{
	for (; h->count < count; h->count++) {
		const char *name = w->names ? w->names[first + h->count] : NULL;

		h->pids[h->count] = start(w, name, h);
		if (h->pids[h->count] < 0) {
			err_set_errno(e, ERR_TEMPORARY, "no process for '%s'",
				      name ? name : w->kind);
			signal_all(h, SIGTERM);
			return false;
		}
	}
	return true;
}

static bool
run_some(const struct workers *w, size_t first, size_t count, struct err *e)
{
	struct processes h = {0};
	bool ok;

	if (pipe(h.alive) != 0)
		return err_set_errno(e, ERR_TEMPORARY, "no pipe to the processes");
	for (int i = 0; i < 2; i++)
		fcntl(h.alive[i], F_SETFD, FD_CLOEXEC);
	h.pids = mem_alloc(count * sizeof *h.pids);
	ok = start_all(w, first, count, &h, e) && (!w->meanwhile || w->meanwhile(w->ctx, e));
	wait_for_all(w, first, &h);
	free(h.pids);
	return ok;
}

bool
workers_run(const struct workers *w, struct err *e)
{
	if (w->side_by_side)
		return run_some(w, 0, w->count, e);
	for (size_t i = 0; i < w->count && stop_signal() == 0; i++)
		if (!run_some(w, i, 1, e))
			return false;
	return true;
}
