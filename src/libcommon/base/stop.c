/* SPDX-License-Identifier: ISC */
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sysexits.h>
#include <unistd.h>

static volatile sig_atomic_t stop_received;
static int stop_pipe[2] = {-1, -1};

/*
 * A signal that comes right before a call that blocks (write(2) to a pipe, waitpid(2)) would find
 * nothing to interrupt. So once one came there is another every second; nobody has to look at it.
 */
static void
on_alarm(int number)
{
	(void)number;
	alarm(1);
}

static void
on_signal(int number)
{
	const int saved = errno;

	stop_received = number;
	if (write(stop_pipe[1], "", 1) < 0) {
		/* the pipe is full: then it is readable already */
	}
	alarm(1);
	errno = saved;
}

static void
handle(int number)
{
	struct sigaction action;

	sigaction(number, NULL, &action);
	if (action.sa_handler == SIG_IGN)
		return;
	action = (struct sigaction){.sa_handler = on_signal};
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static bool
open_pipe(void)
{
	if (pipe(stop_pipe) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC);
		fcntl(stop_pipe[i], F_SETFL, O_NONBLOCK);
	}
	return true;
}

void
stop_install(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN}, again = {.sa_handler = on_alarm};
	const struct sigaction usual = {.sa_handler = SIG_DFL};

	/* A parent that ignores SIGCHLD hands that on; then the kernel would throw away how each of
	 * our children ended. */
	sigaction(SIGCHLD, &usual, NULL);
	if (stop_pipe[0] >= 0 || !open_pipe())
		return;
	handle(SIGINT);
	handle(SIGTERM);
	handle(SIGHUP);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
	sigaction(SIGALRM, &again, NULL);
}

void
stop_renew(void)
{
	if (stop_pipe[0] < 0)
		return;
	close(stop_pipe[0]);
	close(stop_pipe[1]);
	/* A signal from before the fork counts for the child too; without a pipe nothing could end
	 * the wait. */
	if (!open_pipe() || (stop_received != 0 && write(stop_pipe[1], "", 1) < 0))
		_exit(EX_OSERR);
}

int
stop_signal(void)
{
	return stop_received;
}

int
stop_fd(void)
{
	return stop_pipe[0];
}
