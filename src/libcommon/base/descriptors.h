/* SPDX-License-Identifier: ISC */
/*
 * descriptors - the ends of pipes and sockets for other processes; packets with open files
 * (SCM_RIGHTS of unix(7)) over a socket of SOCK_SEQPACKET.
 */
#ifndef MAILVERBS_BASE_DESCRIPTORS_H
#define MAILVERBS_BASE_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Moves LOW, two new descriptors, which are closed, to ENDS: close-on-exec, and clear of 0 to 2,
 * for one that was closed there would be handed on as a standard descriptor. False: errno; none is
 * open. */
bool descriptors_lift(const int low[2], int ends[2]);

enum { DESCRIPTORS_MAX = 3 }; /* in one packet */

/* Sends N bytes and COUNT files, which stay open here. As sendmsg(2), without SIGPIPE. */
ssize_t descriptors_send(int socket, const void *bytes, size_t n, const int fds[], size_t count);

/* Receives at most N bytes; FDS gets the files, close-on-exec and the caller's to close, *COUNT
 * their number. FLAGS and result as of recvmsg(2). */
ssize_t descriptors_receive(int socket, void *bytes, size_t n, int fds[DESCRIPTORS_MAX],
			    size_t *count, int flags);

#endif
