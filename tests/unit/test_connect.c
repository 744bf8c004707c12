/* SPDX-License-Identifier: ISC */
/*
 * The resolver is this program's own getaddrinfo(): names that end in ".test" have the addresses,
 * failures and delays that a test wants, and nothing leaves the loopback interface.
 */
#include "net/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/mem.h"
#include "base/stop.h"
#include "net/stream.h"
#include "tap.h"

enum { PORTS_MAX = 8 };

/* What "many.test" resolves to: 127.0.0.1 or ::1, and a port for each. */
static struct {
	int family;
	uint16_t port;
} places[PORTS_MAX];
static size_t place_count;

/* Pipes: "slow.test" is resolved when a byte is in the first; then one is in the second. */
static int slow_released[2], slow_done[2];

static void
post(const int ends[2])
{
	if (write(ends[1], "", 1) != 1)
		abort();
}

static void
await(const int ends[2])
{
	if (read(ends[0], &(char){0}, 1) != 1)
		abort();
}

static struct addrinfo *
new_address(int family, const char *text, uint16_t port, const struct addrinfo *hints)
{
	struct {
		struct addrinfo info;
		union {
			struct sockaddr any;
			struct sockaddr_in v4;
			struct sockaddr_in6 v6;
		} address;
	} *both = mem_alloc(sizeof *both);

	both->info = *hints;
	both->info.ai_flags = 0;
	both->info.ai_next = NULL;
	both->info.ai_family = family;
	both->info.ai_addr = &both->address.any;
	both->address.any.sa_family = (sa_family_t)family;
	both->info.ai_addrlen =
	    family == AF_INET ? sizeof both->address.v4 : sizeof both->address.v6;
	if (family == AF_INET) {
		both->address.v4.sin_port = htons(port);
		inet_pton(AF_INET, text, &both->address.v4.sin_addr);
	} else {
		both->address.v6.sin6_port = htons(port);
		inet_pton(AF_INET6, text, &both->address.v6.sin6_addr);
	}
	return &both->info;
}

/* Port 0 stands for an address that this host itself refuses to connect to. */
static const char *
address_of(size_t place)
{
	if (places[place].port == 0)
		return "255.255.255.255";
	return places[place].family == AF_INET ? "127.0.0.1" : "::1";
}

static int
look_up(const char *name, const struct addrinfo *hints, struct addrinfo **list)
{
	if (strcmp(name, "again.test") == 0)
		return EAI_AGAIN;
	if (strcmp(name, "slow.test") == 0) {
		await(slow_released);
		*list = new_address(AF_INET, "127.0.0.1", 1, hints);
		post(slow_done);
		return 0;
	}
	if (strcmp(name, "many.test") != 0)
		return EAI_NONAME;
	for (size_t i = 0; i < place_count; i++) {
		if (hints->ai_family != AF_UNSPEC && hints->ai_family != places[i].family)
			continue;
		*list = new_address(places[i].family, address_of(i), places[i].port, hints);
		list = &(*list)->ai_next;
	}
	return 0;
}

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
	    struct addrinfo **list)
{
	const uint16_t port = (uint16_t)strtoul(service, NULL, 10);
	unsigned char address[16];

	if (!name) /* this host, which "localhost" must become without a question */
		name = hints->ai_family == AF_INET6 ? "::1" : "127.0.0.1";
	for (int i = 0; i < 2; i++) {
		const int family = i == 0 ? AF_INET : AF_INET6;

		if (inet_pton(family, name, address) != 1)
			continue;
		if (hints->ai_family != AF_UNSPEC && hints->ai_family != family)
			return EAI_NONAME;
		*list = new_address(family, name, port, hints);
		return 0;
	}
	if (hints->ai_flags & AI_NUMERICHOST)
		return EAI_NONAME;
	return look_up(name, hints, list);
}

void
freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list);
		list = next;
	}
}

static int
listen_at(int family, int backlog, uint16_t *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *a =
	    new_address(family, family == AF_INET ? "127.0.0.1" : "::1", 0, &hints);
	struct sockaddr_in6 bound;
	socklen_t len = sizeof bound;
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd >= 0 && (bind(fd, a->ai_addr, a->ai_addrlen) != 0 ||
			getsockname(fd, (struct sockaddr *)&bound, &len) != 0 ||
			(backlog >= 0 && listen(fd, backlog) != 0))) {
		close(fd);
		fd = -1;
	}
	*port = fd >= 0 ? ntohs(bound.sin6_port) : 0; /* as in struct sockaddr_in */
	free(a);
	return fd;
}

/* A port that refuses: bound by nobody else, for FD holds it, and not listened at. */
static int
refusing_port(uint16_t *port)
{
	return listen_at(AF_INET, -1, port);
}

/* A port where a connection is never completed: its queue is full (Linux drops the SYN). */
static int
silent_port(int family, uint16_t *port, int clients[8])
{
	const int fd = listen_at(family, 0, port);
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *to =
	    new_address(family, family == AF_INET ? "127.0.0.1" : "::1", *port, &hints);

	for (int i = 0; i < 8; i++) {
		clients[i] = socket(family, SOCK_STREAM, 0);
		fcntl(clients[i], F_SETFL, O_NONBLOCK);
		if (connect(clients[i], to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)
			abort();
	}
	free(to);
	return fd;
}

static void
resolve_to(size_t n, const int families[], const uint16_t ports[])
{
	place_count = n;
	for (size_t i = 0; i < n; i++) {
		places[i].family = families[i];
		places[i].port = ports[i];
	}
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint16_t
peer_port(int fd)
{
	struct sockaddr_in6 peer = {0};
	socklen_t len = sizeof peer;

	getpeername(fd, (struct sockaddr *)&peer, &len);
	return ntohs(peer.sin6_port);
}

static void
fails(const struct connect_params *p, enum err_code code, const char *text, const char *name)
{
	struct connection c;
	struct err e = {0};

	ok(!connect_open(p, &c, &e) && e.code == code, "%s (%d)", name, e.code);
	is_str(e.text, text, name);
}

/* Connects; gives the descriptor and how long it took. */
static int
connects(const struct connect_params *p, double *took, const char *name)
{
	const double start = seconds_now();
	struct connection c = {.in = -1};
	struct err e = {0};

	if (!ok(connect_open(p, &c, &e), "%s", name))
		diag("%s", e.text);
	*took = seconds_now() - start;
	return c.in;
}

static void
test_simple(void)
{
	uint16_t port, refusing;
	const int listener = listen_at(AF_INET, 5, &port), refuser = refusing_port(&refusing);
	struct connect_params p = {.host = "127.0.0.1", .port = port, .timeout_s = 5};
	struct connection c;
	struct err e = {0};
	int on = 0;
	socklen_t len = sizeof on;
	/* names of this host, and names that only look like them */
	const char *const own[] = {"localhost", "LocalHost.", "mail.localhost", "a.b.LOCALHOST."},
			  *const others[] = {"localhost.example", "xlocalhost", "x-localhost",
					     "localhost..", "local.host"};

	ok(connect_open(&p, &c, &e), "an address");
	ok(c.in == c.out && c.child.pid == -1 && c.is_local, "is one socket, and local");
	ok(fcntl(c.in, F_GETFL) & O_NONBLOCK && fcntl(c.in, F_GETFD) & FD_CLOEXEC,
	   "non-blocking and close-on-exec");
	getsockopt(c.in, IPPROTO_TCP, TCP_NODELAY, &on, &len);
	ok(on != 0, "with TCP_NODELAY");
	on = 0;
	getsockopt(c.in, SOL_SOCKET, SO_KEEPALIVE, &on, &len);
	ok(on != 0, "and kept alive, so that the end of a silent one is noticed");
	close(c.in);
	p.port = refusing;
	fails(&p, ERR_TEMPORARY, "cannot connect: Connection refused", "a port that refuses");
	p.host = "none.test";
	fails(&p, ERR_NO_HOST, "no such host", "a name that is not there");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		p.host = others[i];
		fails(&p, ERR_NO_HOST, "no such host", others[i]);
	}
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		p.host = own[i];
		fails(&p, ERR_TEMPORARY, "cannot connect: Connection refused", own[i]);
	}
	p.host = "again.test";
	fails(&p, ERR_TEMPORARY, "the name cannot be resolved now", "a resolver in trouble");
	p.host = "127.0.0.1";
	p.family = AF_INET6;
	fails(&p, ERR_NO_HOST, "no such host", "an address of the other family");
	ok(!stream_open(&p, &e), "a stream that is not");
	ok(strncmp(e.text, "127.0.0.1:", 10) == 0, "says where");
	close(refuser);
	close(listener);
}

static void
test_ipv6(void)
{
	uint16_t port;
	const int listener = listen_at(AF_INET6, 5, &port);
	const struct connect_params p = {.host = "::1", .port = port, .timeout_s = 5};
	struct err e = {0};
	struct stream *s;
	char want[32];

	if (listener < 0) {
		diag("no IPv6 here");
		return;
	}
	s = stream_open(&p, &e);
	snprintf(want, sizeof want, "[::1]:%u", port);
	is_str(s ? stream_name(s) : "", want, "an IPv6 address is named in brackets");
	ok(s && stream_is_local(s), "::1 is local");
	stream_close(s);
	close(listener);
}

static void
test_race(void)
{
	static const int families[] = {AF_INET, AF_INET, AF_INET};
	int clients[8];
	uint16_t good, refusing, silent;
	const int listener = listen_at(AF_INET, 5, &good), refuser = refusing_port(&refusing);
	const int black_hole = silent_port(AF_INET, &silent, clients);
	struct connect_params p = {.host = "many.test", .port = 25, .timeout_s = 5};
	double took;
	int fd;

	resolve_to(2, families, (uint16_t[]){refusing, good});
	fd = connects(&p, &took, "after a refusal the next address is tried");
	ok(took < 0.2 && peer_port(fd) == good, "at once (%.3f s)", took);
	close(fd);
	resolve_to(3, families, (uint16_t[]){silent, silent, good});
	fd = connects(&p, &took, "a silent address doesn't hold us");
	ok(took >= 0.49 && took < 0.75 && peer_port(fd) == good,
	   "each gets 250 ms before the next is tried (%.3f s)", took);
	close(fd);
	resolve_to(3, families, (uint16_t[]){silent, refusing, good});
	fd = connects(&p, &took, "a refusal behind a silent address");
	ok(took >= 0.24 && took < 0.45, "brings the next one at once (%.3f s)", took);
	close(fd);
	resolve_to(2, families, (uint16_t[]){refusing, 0});
	fails(&p, ERR_TEMPORARY, "cannot connect: Connection refused",
	      "what the other end said counts more than what this one did");
	resolve_to(2, families, (uint16_t[]){silent, refusing});
	p.timeout_s = 1;
	took = seconds_now();
	fails(&p, ERR_TEMPORARY, "timed out: no connection within 1 second", "silence");
	took = seconds_now() - took;
	ok(took >= 0.99 && took < 1.5, "one deadline for all (%.3f s)", took);
	for (int i = 0; i < 8; i++)
		close(clients[i]);
	close(black_hole);
	close(refuser);
	close(listener);
}

static void
test_families(void)
{
	static const int families[] = {AF_INET6, AF_INET6, AF_INET6, AF_INET};
	uint16_t good, six;
	const int listener = listen_at(AF_INET, 5, &good), other = listen_at(AF_INET6, 5, &six);
	struct connect_params p = {.host = "many.test", .port = 25, .timeout_s = 5};
	int clients[8], clients6[8], black_hole6;
	uint16_t silent, silent6;
	const int black_hole = silent_port(AF_INET, &silent, clients);
	double took;
	int fd;

	if (other >= 0) {
		resolve_to(2, families + 2, (uint16_t[]){six, good});
		fd = connects(&p, &took, "the first family is preferred");
		ok(peer_port(fd) == six, "IPv6 here");
		close(fd);
		p.family = AF_INET;
		fd = connects(&p, &took, "-4");
		ok(peer_port(fd) == good, "takes the IPv4 address");
		close(fd);
		/* silent ones first, and an IPv6 one at the end: the families alternate */
		resolve_to(4, (const int[]){AF_INET, AF_INET, AF_INET, AF_INET6},
			   (uint16_t[]){silent, silent, silent, six});
		p.family = AF_UNSPEC;
		fd = connects(&p, &took, "the other family is tried second");
		ok(peer_port(fd) == six && took < 0.45, "after 250 ms (%.3f s)", took);
		close(fd);
		black_hole6 = silent_port(AF_INET6, &silent6, clients6);
		resolve_to(4, (const int[]){AF_INET, AF_INET6, AF_INET6, AF_INET},
			   (uint16_t[]){silent, silent6, silent6, good});
		fd = connects(&p, &took, "and the first one again third");
		ok(took >= 0.49 && took < 0.7, "after 500 ms (%.3f s)", took);
		close(fd);
		for (int i = 0; i < 8; i++)
			close(clients6[i]);
		close(black_hole6);
		close(other);
	}
	for (int i = 0; i < 8; i++)
		close(clients[i]);
	close(black_hole);
	close(listener);
}

static void
test_slow_resolver(void)
{
	const struct connect_params p = {.host = "slow.test", .port = 25, .timeout_s = 1};
	double took = seconds_now();

	fails(&p, ERR_TEMPORARY, "timed out: the name was not resolved within 1 second",
	      "a resolver that doesn't answer");
	took = seconds_now() - took;
	ok(took >= 0.99 && took < 1.5, "holds us for the timeout (%.3f s)", took);
	post(slow_released);
	await(slow_done); /* it is late, and must not disturb anybody */
}

static void
test_source(void)
{
	uint16_t port;
	const int listener = listen_at(AF_INET, 5, &port);
	struct connect_params p = {
	    .host = "127.0.0.1", .port = port, .timeout_s = 5, .source_ip = "127.0.0.1"};
	double took;

	close(connects(&p, &took, "a source address of ours"));
	p.source_ip = "192.0.2.77";
	fails(&p, ERR_CONFIG,
	      "the source address 192.0.2.77 cannot be used: Cannot assign requested address",
	      "one that is not ours");
	p.source_ip = "localhost";
	fails(&p, ERR_CONFIG, "the source address localhost is not a valid address", "a name");
	p.source_ip = "::1";
	p.family = AF_INET;
	fails(&p, ERR_CONFIG, "the source address ::1 is not a valid address",
	      "an address of the other family");
	close(listener);
}

struct answer {
	const char *bytes;
	size_t n;
};

/* A SOCKS server that says each part of ANSWERS after it has read as many bytes as WANTED says. */
struct proxy {
	int listener;
	size_t steps;
	size_t wanted[3];
	struct answer answers[3];
	long pause_ms; /* before each byte of the answers */
	unsigned char got[3][300];
};

static bool
say_slowly(const struct proxy *x, int fd, const struct answer *a)
{
	for (size_t i = 0; i < a->n; i++) {
		nanosleep(&(struct timespec){.tv_nsec = x->pause_ms * 1000000}, NULL);
		if (send(fd, a->bytes + i, 1, MSG_NOSIGNAL) < 0)
			return false;
	}
	return true;
}

static void *
run_proxy(void *arg)
{
	struct proxy *x = arg;
	const int fd = accept(x->listener, NULL, NULL);

	for (size_t i = 0; i < x->steps; i++)
		if (recv(fd, x->got[i], x->wanted[i], MSG_WAITALL) != (ssize_t)x->wanted[i] ||
		    !say_slowly(x, fd, &x->answers[i]))
			break;
	close(fd);
	return NULL;
}

/* WANT: the error's text behind "proxy 127.0.0.1:PORT: ", or NULL. */
static void
by_proxy(const char *name, struct proxy *x, const char *login, const char *host, enum err_code code,
	 const char *want)
{
	uint16_t port;
	char url[100], text[200];
	struct connect_params p = {
	    .host = host, .port = 0x1234, .timeout_s = x->pause_ms > 0 ? 1 : 5, .proxy = url};
	struct connection c;
	struct err e = {0};
	pthread_t thread;
	bool done;

	x->listener = listen_at(AF_INET, 5, &port);
	snprintf(url, sizeof url, "socks5://%s127.0.0.1:%u", login, port);
	pthread_create(&thread, NULL, run_proxy, x);
	done = connect_open(&p, &c, &e);
	if (want) {
		snprintf(text, sizeof text, "proxy 127.0.0.1:%u: %s", port, want);
		ok(!done && e.code == code, "%s (%d)", name, e.code);
		is_str(e.text, text, name);
	} else if (ok(done, "%s", name)) {
		char hello[6] = "";

		fcntl(c.in, F_SETFL, 0);
		ok(recv(c.in, hello, 5, MSG_WAITALL) == 5 && strcmp(hello, "hello") == 0,
		   "%s: the server's first bytes stay", name);
		ok(!c.is_local, "%s: it is not local, though the proxy is", name);
	} else {
		diag("%s", e.text);
	}
	if (done)
		close(c.in);
	pthread_join(thread, NULL);
	close(x->listener);
}

#define DONE_V4 "\5\0\0\1\1\2\3\4\5\6"
#define ANSWER(s) ((struct answer){s, sizeof(s) - 1})

static void
test_proxy(void)
{
	struct proxy x = {.steps = 2, .wanted = {3, 4 + 1 + 12 + 2}};

	x.answers[0] = ANSWER("\5\0");
	x.answers[1] = ANSWER(DONE_V4 "hello");
	by_proxy("a name by a proxy", &x, "", "mail.example", ERR_NONE, NULL);
	is_bytes(x.got[0], 3, "\5\1\0", 3, "we offer no login");
	is_bytes(x.got[1], 19, "\5\1\0\3\14mail.example\22\64", 19, "the proxy resolves the name");

	x.wanted[1] = 4 + 1 + 21 + 2;
	x.answers[1] = ANSWER("\5\0\0\3\3abc\5\6hello");
	by_proxy("a name beyond ASCII", &x, "",
		 "b\xc3\xbc"
		 "cher.example",
		 ERR_NONE, NULL);
	is_bytes(x.got[1] + 5, 21, "xn--bcher-kva.example", 21, "goes as A-label");

	x.wanted[1] = 4 + 16 + 2;
	x.answers[1] = ANSWER("\5\0\0\4"
			      "0123456789abcdef\5\6hello");
	by_proxy("an address", &x, "", "2001:db8::1", ERR_NONE, NULL);
	is_bytes(x.got[1] + 3, 5, "\4\x20\1\x0d\xb8", 5, "goes as an address");

	x.wanted[1] = 4 + 4 + 2;
	x.answers[1] = ANSWER("\5\4\0\1\0\0\0\0\0\0");
	by_proxy("an unreachable host", &x, "", "192.0.2.1", ERR_TEMPORARY, "host unreachable");
	x.answers[1] = ANSWER("\5\2\0\1\0\0\0\0\0\0");
	by_proxy("a forbidden one", &x, "", "192.0.2.1", ERR_UNAVAILABLE,
		 "not allowed by its rules");
	x.answers[1] = ANSWER("\5\77\0\1\0\0\0\0\0\0");
	by_proxy("an unknown reply", &x, "", "192.0.2.1", ERR_TEMPORARY, "reply 63");
	x.answers[1] = ANSWER("\5\0\0\1\1");
	by_proxy("half a reply", &x, "", "192.0.2.1", ERR_TEMPORARY, "it closed the connection");
	x.answers[0] = ANSWER("\5\377");
	by_proxy("a proxy that wants a login", &x, "", "192.0.2.1", ERR_LOGIN, "it wants a login");
	x.answers[0] = ANSWER("HTTP");
	by_proxy("no proxy at all", &x, "", "192.0.2.1", ERR_PROTOCOL, "it does not speak SOCKS5");
	x.answers[0] = ANSWER("\5\0");
	x.answers[1] = ANSWER(DONE_V4);
	x.pause_ms = 200;
	by_proxy("a proxy that takes its time for each byte", &x, "", "192.0.2.1", ERR_TEMPORARY,
		 "timed out: no answer within 1 second");
}

static void
test_proxy_login(void)
{
	struct proxy x = {.steps = 3, .wanted = {4, 3 + 5 + 4, 10}};

	x.answers[0] = ANSWER("\5\2");
	x.answers[1] = ANSWER("\1\0");
	x.answers[2] = ANSWER(DONE_V4 "hello");
	by_proxy("a login", &x, "alice:p%40%3a%25@", "192.0.2.1", ERR_NONE, NULL);
	is_bytes(x.got[0], 4, "\5\2\0\2", 4, "is offered");
	is_bytes(x.got[1], 12, "\1\5alice\4p@:%", 12, "is percent-decoded");
	x.answers[1] = ANSWER("\1\1");
	by_proxy("a wrong login", &x, "alice:p%40%3a%25@", "192.0.2.1", ERR_LOGIN,
		 "it refused the user name or password");
}

static void
test_proxy_url(void)
{
	static const char *const bad[] = {
	    "http://p:1",     "socks5://",       "socks5://p:0",    "socks5://p:70000",
	    "socks5://p:1/x", "socks5://[::1",   "socks5://a%zz@p", "socks5://a%00@p",
	    "socks5://a%4@p", "socks5://[::1]1", "p:1080",          "socks5://@:1",
	};
	struct connect_params p = {.host = "x", .port = 25, .timeout_s = 5};
	struct connection c;
	struct err e;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		p.proxy = bad[i];
		ok(!connect_open(&p, &c, &e) && e.code == ERR_CONFIG, "'%s' is no proxy", bad[i]);
	}
}

static void
test_unix(void)
{
	char directory[] = "/tmp/test_connect.XXXXXX", path[64], long_path[300];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct connect_params p = {.unix_path = path, .timeout_s = 5};
	struct stream *s;
	struct err e = {0};
	const int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!mkdtemp(directory))
		abort();
	snprintf(path, sizeof path, "%s/socket", directory);
	memcpy(address.sun_path, path, strlen(path) + 1);
	fails(&p, ERR_TEMPORARY, "cannot connect: No such file or directory",
	      "a socket that is not there");
	if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(listener, 1) != 0)
		abort();
	s = stream_open(&p, &e);
	ok(s && stream_is_local(s), "a Unix socket is local");
	is_str(s ? stream_name(s) : "", path, "its name is its path");
	stream_close(s);
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	p.unix_path = long_path;
	fails(&p, ERR_CONFIG, "the path of the socket is too long", "a long path");
	unlink(path);
	rmdir(directory);
	close(listener);
}

static void
test_tunnel(void)
{
	struct connect_params p = {.tunnel = "cat", .host = "mail.example.org", .port = 25};
	struct connection c;
	struct err e = {0};
	struct child child;

	ok(connect_open(&p, &c, &e) && c.child.pid > 0 && c.in != c.out, "a tunnel");
	ok(!c.is_local, "its end is where its host's name is");
	ok(fcntl(c.in, F_GETFL) & O_NONBLOCK && fcntl(c.out, F_GETFL) & O_NONBLOCK,
	   "its pipes don't block");
	child = c.child;
	child_wait(&child);
	p.tunnel = "no-such-program-at-all";
	ok(!connect_open(&p, &c, &e) && e.code == ERR_CONFIG, "a tunnel that is no program");
}

/* Whether a tunnel to HOST counts as one that nobody on a wire reads. */
static void
tunnel_is_local(const char *host, bool want)
{
	struct connect_params p = {.tunnel = "cat", .host = host, .port = 25};
	struct connection c = {.child = {.pid = -1}};
	struct err e = {0};
	struct child child;

	ok(connect_open(&p, &c, &e) && c.is_local == want, "a tunnel to %s",
	   host ? host : "nowhere");
	child = c.child;
	child_wait(&child);
}

static void
test_tunnel_is_local(void)
{
	static const char *const local[] = {NULL,        "",           "localhost", "LocalHost",
					    "127.0.0.1", "127.8.9.10", "::1"};
	static const char *const far[] = {"mail.example.org", "localhost.example.org", "10.0.0.1",
					  "128.0.0.1",        "127.0.0.1.example.org", "::2"};

	for (size_t i = 0; i < sizeof local / sizeof *local; i++)
		tunnel_is_local(local[i], true);
	for (size_t i = 0; i < sizeof far / sizeof *far; i++)
		tunnel_is_local(far[i], false);
}

static void
is_ascii_name(const char *name, const char *want)
{
	struct buf b = {0};
	struct err e = {0};
	const bool done = idna_to_ascii(name, &b, &e);

	is_str(done ? b.data : NULL, want, "a name in ASCII");
	ok(done || (e.code == ERR_NO_HOST && e.text[strlen(e.text) - 1] != '.'), "%s", e.text);
	buf_free(&b);
}

/* Last, for the flag stays. */
static void
test_stop(void)
{
	const struct connect_params p = {.host = "slow.test", .port = 25, .timeout_s = 20};

	stop_install();
	raise(SIGTERM);
	fails(&p, ERR_TEMPORARY, "interrupted", "a signal ends the wait for the resolver");
	post(slow_released);
	await(slow_done);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (pipe(slow_released) != 0 || pipe(slow_done) != 0)
		abort();
	test_simple();
	test_ipv6();
	test_race();
	test_families();
	test_slow_resolver();
	test_source();
	test_proxy();
	test_proxy_login();
	test_proxy_url();
	test_unix();
	test_tunnel();
	test_tunnel_is_local();
	is_ascii_name("mail.example.org", "mail.example.org");
	is_ascii_name("b\xc3\xbc"
		      "cher.example",
		      "xn--bcher-kva.example");
	is_ascii_name("\xff\xfe.example", NULL);
	test_stop();
	return tap_done();
}
