/* SPDX-License-Identifier: ISC */
/*
 * wait - poll(2) until a deadline, or until a signal asks us to stop (base/stop.h).
 *
 * Deadlines are milliseconds of the monotonic clock.
 */
#ifndef MAILVERBS_NET_WAIT_H
#define MAILVERBS_NET_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

#define WAIT_FOREVER INT64_MAX

enum { WAIT_FDS_MAX = 32 };
enum wait_result { WAIT_READY, WAIT_TIMEOUT, WAIT_STOPPED };

int64_t wait_clock(void);
int64_t wait_deadline(unsigned seconds); /* that long from now; 0: WAIT_FOREVER */

/*
 * Waits for one of N descriptors, at most WAIT_FDS_MAX; N may be 0. An entry's `revents` is set as
 * by poll(2), which itself failing counts as WAIT_TIMEOUT.
 */
enum wait_result wait_fds(struct pollfd *fds, nfds_t n, int64_t deadline);

/* The same for one descriptor. */
enum wait_result wait_fd(int fd, short events, int64_t deadline);

/* The same, whatever signals come. */
enum wait_result wait_fd_anyway(int fd, short events, int64_t deadline);

/* WAIT_READY is true; else *e is ERR_TEMPORARY: WHAT (such as "no answer"), or "interrupted". */
bool wait_ok(enum wait_result result, const char *what, unsigned seconds, struct err *e);

#endif
