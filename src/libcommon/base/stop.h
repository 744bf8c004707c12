/* SPDX-License-Identifier: ISC */
/*
 * stop - SIGINT, SIGTERM and SIGHUP as a flag, and as a descriptor that becomes readable.
 *
 * Work goes on until the next place where it can end in order. Callers of poll(2) add stop_fd() to
 * their set, so a wait ends at once.
 */
#ifndef MAILVERBS_BASE_STOP_H
#define MAILVERBS_BASE_STOP_H

/* Sets SIGCHLD to its default, whatever the parent left it at: child_wait() needs it. Installs the
 * handlers (that of SIGALRM too, by which a call that blocks is interrupted in any
 * case, a second after the signal at the latest), and ignores SIGPIPE and SIGXFSZ (ulimit -f): the
 * write that fails tells. A signal that was ignored at the start (nohup) stays so. */
void stop_install(void);

/* In a new process (fork(2)), with signals still blocked: its descriptor is its own from now on. */
void stop_renew(void);

/* The signal that asked to stop, or 0. */
int stop_signal(void);

/* Readable for ever once a signal came; -1 before stop_install(). */
int stop_fd(void);

#endif
