/* SPDX-License-Identifier: ISC */
#include "net/wait.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/stop.h"

int64_t
wait_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
wait_deadline(unsigned seconds)
{
	return seconds ? wait_clock() + (int64_t)seconds * 1000 : WAIT_FOREVER;
}

/* The timeout for poll(2): -1 waits for ever. */
static int
time_left(int64_t deadline)
{
	int64_t left;

	if (deadline == WAIT_FOREVER)
		return -1;
	left = deadline - wait_clock();
	if (left < 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

enum wait_result
wait_fds(struct pollfd *fds, nfds_t n, int64_t deadline)
{
	struct pollfd all[WAIT_FDS_MAX + 1];
	int ready;

	if (n > 0)
		memcpy(all, fds, n * sizeof *fds);
	all[n] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
	do
		ready = poll(all, n + 1, time_left(deadline));
	while ((ready < 0 && errno == EINTR) || (ready == 0 && time_left(deadline) != 0));
	if (ready > 0 && all[n].revents)
		return WAIT_STOPPED;
	if (n > 0)
		memcpy(fds, all, n * sizeof *fds);
	return ready > 0 ? WAIT_READY : WAIT_TIMEOUT;
}

enum wait_result
wait_fd(int fd, short events, int64_t deadline)
{
	struct pollfd one = {.fd = fd, .events = events};

	return wait_fds(&one, 1, deadline);
}

enum wait_result
wait_fd_anyway(int fd, short events, int64_t deadline)
{
	struct pollfd one = {.fd = fd, .events = events};
	int ready;

	do
		ready = poll(&one, 1, time_left(deadline));
	while ((ready < 0 && errno == EINTR) || (ready == 0 && time_left(deadline) != 0));
	return ready > 0 ? WAIT_READY : WAIT_TIMEOUT;
}

bool
wait_ok(enum wait_result result, const char *what, unsigned seconds, struct err *e)
{
	if (result == WAIT_STOPPED)
		return err_set(e, ERR_TEMPORARY, "interrupted");
	if (result == WAIT_TIMEOUT)
		return err_set(e, ERR_TEMPORARY, "timed out: %s within %u second%s", what, seconds,
			       seconds == 1 ? "" : "s");
	return true;
}
