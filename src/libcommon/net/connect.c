/* SPDX-License-Identifier: ISC */
#include "net/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/text.h"
#include "net/resolve.h"
#include "net/socks.h"
#include "net/wait.h"

enum { ATTEMPT_DELAY_MS = 250 }; /* RFC 8305 section 5 */
enum { ADDRESSES_MAX = WAIT_FDS_MAX };
enum { KEEPALIVE_IDLE_S = 240, KEEPALIVE_INTERVAL_S = 30, KEEPALIVE_PROBES = 4 };

/* The attempts to reach one host: those still to make, and those under way. */
struct race {
	const struct addrinfo *order[ADDRESSES_MAX];
	size_t count;
	size_t next; /* in `order` */
	int64_t next_at;
	struct pollfd under_way[ADDRESSES_MAX];
	nfds_t pending;
	const struct addrinfo *source;
	int error;      /* errno of an attempt that failed */
	bool is_answer; /* that errno came from the other end */
};

static bool
set_flags(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	       fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/*
 * A connection on which nothing is said (IDLE, RFC 2177) is lost unnoticed when a router forgets
 * it. The kernel asks often enough to be remembered, and finds out within minutes.
 */
static void
keep_alive(int fd)
{
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
#if defined(TCP_KEEPIDLE) && defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){KEEPALIVE_IDLE_S}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){KEEPALIVE_INTERVAL_S}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){KEEPALIVE_PROBES}, sizeof(int));
#endif
}

static int
open_socket(int family)
{
#ifdef SOCK_CLOEXEC
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
	const int fd = socket(family, SOCK_STREAM, 0);
#endif
	const int on = 1;

	if (fd < 0)
		return -1;
	if (!set_flags(fd)) {
		close(fd);
		return -1;
	}
	if (family != AF_UNIX) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		keep_alive(fd);
	}
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
	return fd;
}

/* Takes the families in turn (RFC 8305 section 4), beginning with the one preferred. */
static void
interleave(struct race *r, const struct addrinfo *list)
{
	const struct addrinfo *one = list, *other = list;
	const int first = list->ai_family;

	while ((one || other) && r->count < ADDRESSES_MAX) {
		while (one && one->ai_family != first)
			one = one->ai_next;
		if (one) {
			r->order[r->count++] = one;
			one = one->ai_next;
		}
		while (other && other->ai_family == first)
			other = other->ai_next;
		if (other && r->count < ADDRESSES_MAX) {
			r->order[r->count++] = other;
			other = other->ai_next;
		}
	}
}

/* "No route" from this host tells less than "refused" from the other one. */
static void
note_failure(struct race *r, int error)
{
	const bool is_answer = error == ECONNREFUSED || error == ECONNRESET || error == ETIMEDOUT;

	if (!is_answer && r->is_answer)
		return;
	r->error = error;
	r->is_answer = is_answer;
}

/* The descriptor, connected or about to be; -1: failed at once, errno. */
static int
begin_connect(const struct addrinfo *to, const struct addrinfo *source)
{
	const int fd = open_socket(to->ai_family);
	int error;

	if (fd < 0)
		return -1;
	if ((!source || bind(fd, source->ai_addr, source->ai_addrlen) == 0) &&
	    (connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void
start_next(struct race *r)
{
	const int fd = begin_connect(r->order[r->next++], r->source);

	if (fd < 0) {
		note_failure(r, errno);
		return;
	}
	r->under_way[r->pending++] = (struct pollfd){.fd = fd, .events = POLLOUT};
	r->next_at = wait_clock() + ATTEMPT_DELAY_MS;
}

/* Checks the attempts that poll(2) reports: returns the winner's descriptor, or -1. */
static int
settle(struct race *r)
{
	for (nfds_t i = 0; i < r->pending;) {
		const int fd = r->under_way[i].fd;
		int error = 0;
		socklen_t len = sizeof error;

		if (r->under_way[i].revents == 0) {
			i++;
			continue;
		}
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
			error = errno;
		r->under_way[i] = r->under_way[--r->pending];
		if (error == 0)
			return fd;
		close(fd);
		note_failure(r, error);
		r->next_at = 0;
	}
	return -1;
}

/* The first address to answer; -1: *e. */
static int
run(struct race *r, int64_t deadline, unsigned timeout_s, struct err *e)
{
	enum wait_result result;
	int fd;

	while (r->next < r->count || r->pending > 0) {
		const bool has_next = r->next < r->count;

		if (has_next && (r->pending == 0 || wait_clock() >= r->next_at)) {
			start_next(r);
			continue;
		}
		result = wait_fds(r->under_way, r->pending,
				  has_next && r->next_at < deadline ? r->next_at : deadline);
		if (result == WAIT_TIMEOUT && has_next && wait_clock() < deadline)
			continue;
		if (!wait_ok(result, "no connection", timeout_s, e))
			return -1;
		fd = settle(r);
		if (fd >= 0)
			return fd;
	}
	errno = r->error;
	err_set_errno(e, ERR_TEMPORARY, "cannot connect");
	return -1;
}

static int
race(const struct addrinfo *list, const struct addrinfo *source, int64_t deadline,
     unsigned timeout_s, struct err *e)
{
	struct race r = {.source = source};
	int fd;

	interleave(&r, list);
	fd = run(&r, deadline, timeout_s, e);
	for (nfds_t i = 0; i < r.pending; i++)
		close(r.under_way[i].fd);
	return fd;
}

/* Can a socket be bound to SOURCE on this machine? If not, it is the user's mistake, not the
 * network's. */
static bool
check_source(const char *text, const struct addrinfo *source, struct err *e)
{
	const int fd = open_socket(source->ai_family);
	bool ok = fd >= 0 && bind(fd, source->ai_addr, source->ai_addrlen) == 0;

	if (!ok)
		err_set_errno(e, ERR_CONFIG, "the source address %s cannot be used", text);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* *SOURCE: the address to connect from, NULL: any; for freeaddrinfo() in any case. */
static bool
find_source(const struct connect_params *p, struct addrinfo **source, struct err *e)
{
	*source = NULL;
	if (!p->source_ip)
		return true;
	if (!resolve_address(p->source_ip, 0, p->family, source))
		return err_set(e, ERR_CONFIG, "the source address %s is not a valid address",
			       p->source_ip);
	return check_source(p->source_ip, *source, e);
}

/* Connects to HOST itself, in ASCII. */
static int
connect_host(const struct connect_params *p, const char *host, uint16_t port, int64_t deadline,
	     struct err *e)
{
	struct addrinfo *source = NULL, *list = NULL;
	int fd = -1;

	if (find_source(p, &source, e) &&
	    resolve_host(host, port, source ? source->ai_family : p->family, deadline, p->timeout_s,
			 &list, e))
		fd = race(list, source, deadline, p->timeout_s, e);
	if (list)
		freeaddrinfo(list);
	if (source)
		freeaddrinfo(source);
	return fd;
}

static int
connect_by_proxy(const struct connect_params *p, const char *host, int64_t deadline, struct err *e)
{
	struct socks_proxy proxy;
	int fd = -1;

	if (socks_parse(p->proxy, &proxy, e)) {
		fd = connect_host(p, proxy.host, proxy.port, deadline, e);
		if (fd >= 0 &&
		    !socks_connect(fd, &proxy, host, p->port, deadline, p->timeout_s, e)) {
			close(fd);
			fd = -1;
		}
		if (fd < 0)
			err_prefix(e, "proxy %s:%u", proxy.host, proxy.port);
	}
	socks_free(&proxy);
	return fd;
}

static bool
is_loopback(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} peer = {0};
	socklen_t len = sizeof peer;

	if (getpeername(fd, &peer.any, &len) != 0)
		return false;
	if (peer.any.sa_family == AF_INET)
		return ntohl(peer.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (peer.any.sa_family != AF_INET6)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&peer.v6.sin6_addr) ||
	       (IN6_IS_ADDR_V4MAPPED(&peer.v6.sin6_addr) &&
		peer.v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
}

static bool
open_host(const struct connect_params *p, struct connection *c, struct err *e)
{
	const int64_t deadline = wait_deadline(p->timeout_s);
	struct buf host = {0};
	int fd = -1;

	if (idna_to_ascii(p->host, &host, e))
		fd = p->proxy ? connect_by_proxy(p, host.data, deadline, e)
			      : connect_host(p, host.data, p->port, deadline, e);
	buf_free(&host);
	*c = (struct connection){
	    .in = fd,
	    .out = fd,
	    .child = {.pid = -1, .to = -1, .from = -1},
	    .is_local = fd >= 0 && !p->proxy && is_loopback(fd),
	};
	return fd >= 0;
}

static bool
set_path(struct sockaddr_un *address, const char *path, struct err *e)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address->sun_path)
		return err_set(e, ERR_CONFIG, "the path of the socket is too long");
	memcpy(address->sun_path, path, strlen(path) + 1);
	return true;
}

static bool
open_unix(const char *path, struct connection *c, struct err *e)
{
	struct sockaddr_un address;
	int fd;

	if (!set_path(&address, path, e))
		return false;
	fd = open_socket(AF_UNIX);
	*c = (struct connection){
	    .in = fd, .out = fd, .child = {.pid = -1, .to = -1, .from = -1}, .is_local = true};
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return true;
	err_set_errno(e, ERR_TEMPORARY, "cannot connect");
	if (fd >= 0)
		close(fd);
	return false;
}

/* Only a command knows where its tunnel ends; the name it was given tells whether that is far away.
 */
static bool
names_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (!host || *host == '\0' || text_equal_case(host, "localhost") ||
	    text_equal_case(host, "localhost."))
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool
open_tunnel(const struct connect_params *p, struct connection *c, struct err *e)
{
	struct child child;

	if (!child_start(&child, p->tunnel, CHILD_STDIN_PIPE, CHILD_STDOUT_PIPE, NULL, e))
		return false;
	*c = (struct connection){
	    .in = child.from,
	    .out = child.to,
	    .child = child,
	    .is_local = names_loopback(p->host),
	};
	if (set_flags(c->in) && set_flags(c->out))
		return true;
	err_set_errno(e, ERR_TEMPORARY, "cannot use the tunnel");
	child_end(&child);
	return false;
}

static bool
check_proxy(const char *text, struct err *e)
{
	struct socks_proxy proxy;
	const bool ok = socks_parse(text, &proxy, e);

	socks_free(&proxy);
	return ok;
}

static bool
check_host(const struct connect_params *p, struct err *e)
{
	struct addrinfo *source = NULL;
	struct buf host = {0};
	const bool ok = idna_to_ascii(p->host, &host, e) &&
			(!p->proxy || check_proxy(p->proxy, e)) && find_source(p, &source, e);

	if (source)
		freeaddrinfo(source);
	buf_free(&host);
	return ok;
}

bool
connect_check(const struct connect_params *p, struct err *e)
{
	struct sockaddr_un address;

	if (p->tunnel)
		return true;
	if (p->unix_path)
		return set_path(&address, p->unix_path, e);
	return check_host(p, e);
}

bool
connect_open(const struct connect_params *p, struct connection *c, struct err *e)
{
	if (p->tunnel)
		return open_tunnel(p, c, e);
	if (p->unix_path)
		return open_unix(p->unix_path, c, e);
	return open_host(p, c, e);
}
