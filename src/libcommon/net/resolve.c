/* SPDX-License-Identifier: ISC */
#include "net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/wait.h"

/*
 * One question. It belongs to the thread and to the one who waits; the last of them frees it. The
 * thread's result is read only after its byte came through the pipe.
 */
struct question {
	atomic_int owners;
	int done[2]; /* a pipe; the thread writes one byte when it is finished */
	char *host;
	char port[8];
	struct addrinfo hints;
	struct addrinfo *found;
	int error; /* of getaddrinfo(), and errno with EAI_SYSTEM */
	int system_error;
};

static const struct {
	int error;
	enum err_code code;
	const char *text;
} failures[] = {
    {EAI_NONAME, ERR_NO_HOST, "no such host"},
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
    {EAI_NODATA, ERR_NO_HOST, "the host has no address"},
#endif
#ifdef EAI_ADDRFAMILY
    {EAI_ADDRFAMILY, ERR_NO_HOST, "the host has no address of this family"},
#endif
    {EAI_AGAIN, ERR_TEMPORARY, "the name cannot be resolved now"},
};

static void
question_release(struct question *q)
{
	if (atomic_fetch_sub(&q->owners, 1) > 1)
		return;
	if (q->found)
		freeaddrinfo(q->found);
	close(q->done[0]);
	close(q->done[1]);
	free(q->host);
	free(q);
}

static struct question *
question_new(const char *host, const char *port, const struct addrinfo *hints)
{
	struct question *q = mem_alloc(sizeof *q);

	if (pipe(q->done) != 0) {
		free(q);
		return NULL;
	}
	for (int i = 0; i < 2; i++)
		fcntl(q->done[i], F_SETFD, FD_CLOEXEC);
	atomic_init(&q->owners, 1);
	q->host = mem_strdup(host);
	snprintf(q->port, sizeof q->port, "%s", port);
	q->hints = *hints;
	return q;
}

static void *
answer(void *arg)
{
	struct question *q = arg;

	q->error = getaddrinfo(q->host, q->port, &q->hints, &q->found);
	q->system_error = errno;
	if (write(q->done[1], "", 1) < 0) {
		/* a pipe of our own with room in it: it cannot fail */
	}
	question_release(q);
	return NULL;
}

/* Signals are for the thread that waits. */
static bool
start_thread(struct question *q)
{
	sigset_t all, before;
	pthread_t thread;
	bool is_started;

	atomic_fetch_add(&q->owners, 1);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	is_started = pthread_create(&thread, NULL, answer, q) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (is_started)
		pthread_detach(thread);
	else
		atomic_fetch_sub(&q->owners, 1);
	return is_started;
}

/* The resolver calls a name unknown, too, if it could open neither a file nor a socket. */
static bool
lacks_descriptors(void)
{
	int fds[2];

	if (pipe(fds) != 0)
		return true;
	close(fds[0]);
	close(fds[1]);
	return false;
}

static bool
explain(const struct question *q, struct err *e)
{
	if (q->error != EAI_SYSTEM && lacks_descriptors())
		return err_set_errno(e, ERR_TEMPORARY, "the name cannot be resolved now");
	if (q->error == EAI_SYSTEM) {
		errno = q->system_error;
		return err_set_errno(e, ERR_TEMPORARY, "the name cannot be resolved now");
	}
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].error == q->error) {
			err_set(e, failures[i].code, "%s", failures[i].text);
			return q->hints.ai_family != AF_UNSPEC &&
			       err_hint(e, "only IPv%c was asked for",
					q->hints.ai_family == AF_INET ? '4' : '6');
		}
	return err_set(e, ERR_TEMPORARY, "the name cannot be resolved: %s", gai_strerror(q->error));
}

static bool
await_answer(struct question *q, int64_t deadline, unsigned timeout_s, struct addrinfo **list,
	     struct err *e)
{
	if (!start_thread(q))
		return err_set(e, ERR_TEMPORARY, "the name cannot be resolved: no thread");
	if (!wait_ok(wait_fd(q->done[0], POLLIN, deadline), "the name was not resolved", timeout_s,
		     e))
		return false;
	/* read() and not poll() alone, so that what the thread wrote before is seen */
	if (read(q->done[0], &(char){0}, 1) != 1 || q->error != 0)
		return explain(q, e);
	*list = q->found;
	q->found = NULL;
	return true;
}

static struct addrinfo
hints_for(int family, int flags)
{
	return (struct addrinfo){
	    .ai_family = family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV | flags,
	};
}

bool
resolve_address(const char *address, uint16_t port, int family, struct addrinfo **list)
{
	const struct addrinfo hints = hints_for(family, AI_NUMERICHOST);
	char service[8];

	snprintf(service, sizeof service, "%u", port);
	return getaddrinfo(address, service, &hints, list) == 0;
}

/* "localhost", and what ends in ".localhost"; a full stop may follow. */
static bool
is_localhost(const char *host)
{
	static const char name[] = "localhost";
	const size_t size = sizeof name - 1;
	size_t len = strlen(host);

	if (len > size && host[len - 1] == '.')
		len--;
	return len >= size && text_starts(host + len - size, size, name) &&
	       (len == size || host[len - size - 1] == '.');
}

/* RFC 6761 section 6.3: that is this host, whatever a resolver says, and also where there is
 * none. */
static bool
resolve_localhost(const char *host, uint16_t port, int family, struct addrinfo **list)
{
	return is_localhost(host) && resolve_address(NULL, port, family, list);
}

bool
resolve_host(const char *host, uint16_t port, int family, int64_t deadline, unsigned timeout_s,
	     struct addrinfo **list, struct err *e)
{
	const struct addrinfo hints = hints_for(family, 0);
	struct question *q;
	char service[8];
	bool ok;

	if (resolve_address(host, port, family, list) ||
	    resolve_localhost(host, port, family, list))
		return true;
	snprintf(service, sizeof service, "%u", port);
	q = question_new(host, service, &hints);
	if (!q)
		return err_set_errno(e, ERR_TEMPORARY, "the name cannot be resolved");
	ok = await_answer(q, deadline, timeout_s, list, e);
	question_release(q);
	return ok;
}
