/* SPDX-License-Identifier: ISC */
#include "net/socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/wait.h"

enum { VERSION = 5, LOGIN_VERSION = 1, COMMAND_CONNECT = 1, FIELD_MAX = 255 };
enum { METHOD_NONE = 0, METHOD_LOGIN = 2, METHOD_REFUSED = 0xff };
enum { ADDRESS_IPV4 = 1, ADDRESS_NAME = 3, ADDRESS_IPV6 = 4 };

/* The state of the conversation. */
struct talk {
	int fd;
	int64_t deadline;
	unsigned timeout_s;
};

/* RFC 1928 section 6. */
static const struct {
	enum err_code code;
	const char *text;
} replies[] = {
    [1] = {ERR_TEMPORARY, "general failure"},
    [2] = {ERR_UNAVAILABLE, "not allowed by its rules"},
    [3] = {ERR_TEMPORARY, "network unreachable"},
    [4] = {ERR_TEMPORARY, "host unreachable"},
    [5] = {ERR_TEMPORARY, "connection refused"},
    [6] = {ERR_TEMPORARY, "TTL expired"},
    [7] = {ERR_UNAVAILABLE, "command not supported"},
    [8] = {ERR_UNAVAILABLE, "address type not supported"},
};

/* The text from S to END without its percent-encoding, or NULL: it has a bad one. */
static char *
percent_decode(const char *s, const char *end)
{
	char *decoded = mem_alloc((size_t)(end - s) + 1);
	size_t n = 0;

	while (s < end) {
		const bool is_encoded = *s == '%';
		const int high = is_encoded && end - s > 2 ? text_hex_digit(s[1]) : -1;
		const int low = high >= 0 ? text_hex_digit(s[2]) : -1;

		if (is_encoded && (low < 0 || (high == 0 && low == 0))) {
			mem_wipe(decoded, n);
			free(decoded);
			return NULL;
		}
		decoded[n] = *s;
		if (is_encoded)
			decoded[n] = (char)(high << 4 | low);
		n++;
		s += is_encoded ? 3 : 1;
	}
	return decoded;
}

/* "USER[:PASSWORD]" from S to END. */
static bool
parse_login(const char *s, const char *end, struct socks_proxy *proxy)
{
	const char *colon = memchr(s, ':', (size_t)(end - s));

	proxy->user = percent_decode(s, colon ? colon : end);
	proxy->password = percent_decode(colon ? colon + 1 : end, end);
	return proxy->user && proxy->password && strlen(proxy->user) <= FIELD_MAX &&
	       strlen(proxy->password) <= FIELD_MAX;
}

/* "HOST[:PORT]", "[IPV6][:PORT]", and a slash that people leave at the end. */
static bool
parse_place(const char *s, struct socks_proxy *proxy)
{
	const bool in_brackets = *s == '[';
	const size_t len = in_brackets ? strcspn(++s, "]") : strcspn(s, ":/");
	const char *rest = s + len;
	uint64_t port = SOCKS_PORT;
	size_t port_len;

	proxy->host = mem_strndup(s, len);
	if (len == 0 || (in_brackets && *rest++ != ']'))
		return false;
	if (*rest == ':') {
		port_len = strcspn(++rest, "/");
		if (!text_number_n(rest, port_len, UINT16_MAX, &port) || port == 0)
			return false;
		rest += port_len;
	}
	proxy->port = (uint16_t)port;
	return strcmp(rest, "") == 0 || strcmp(rest, "/") == 0;
}

bool
socks_parse(const char *url, struct socks_proxy *proxy, struct err *e)
{
	const char *place = strstr(url, "://");
	const char *at = strrchr(url, '@');
	bool ok;

	*proxy = (struct socks_proxy){0};
	ok = place && (text_starts(url, (size_t)(place - url) + 3, "socks5://") ||
		       text_starts(url, (size_t)(place - url) + 3, "socks5h://"));
	place = ok ? place + 3 : url;
	if (ok && at) {
		ok = parse_login(place, at, proxy);
		place = at + 1;
	}
	if (!ok || !parse_place(place, proxy))
		return err_set(e, ERR_CONFIG,
			       "the proxy is not of the form socks5://[USER:PASSWORD@]HOST[:PORT]");
	return true;
}

void
socks_free(struct socks_proxy *proxy)
{
	mem_free_secret(proxy->password);
	free(proxy->user);
	free(proxy->host);
	*proxy = (struct socks_proxy){0};
}

static bool
await(const struct talk *t, short events, struct err *e)
{
	return wait_ok(wait_fd(t->fd, events, t->deadline), "no answer", t->timeout_s, e);
}

static bool
send_all(const struct talk *t, const struct buf *b, struct err *e)
{
	for (size_t sent = 0; sent < b->len;) {
		const ssize_t n = write(t->fd, b->data + sent, b->len - sent);

		if (n > 0)
			sent += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_set_errno(e, ERR_TEMPORARY, "cannot write");
		else if (!await(t, POLLOUT, e))
			return false;
	}
	return true;
}

static bool
receive(const struct talk *t, unsigned char *bytes, size_t n, struct err *e)
{
	while (n > 0) {
		const ssize_t got = read(t->fd, bytes, n);

		if (got == 0)
			return err_set(e, ERR_TEMPORARY, "it closed the connection");
		if (got > 0) {
			bytes += got;
			n -= (size_t)got;
		} else if (errno != EAGAIN && errno != EINTR) {
			return err_set_errno(e, ERR_TEMPORARY, "cannot read");
		} else if (!await(t, POLLIN, e)) {
			return false;
		}
	}
	return true;
}

static void
add_byte(struct buf *b, int byte)
{
	buf_add_char(b, (char)byte);
}

/* A string, preceded by its length in one byte. */
static void
add_field(struct buf *b, const char *s)
{
	add_byte(b, (int)strlen(s));
	buf_add_str(b, s);
}

/* RFC 1929. */
static bool
log_in(const struct talk *t, const struct socks_proxy *proxy, struct err *e)
{
	struct buf b = {0};
	unsigned char answer[2];
	bool ok;

	add_byte(&b, LOGIN_VERSION);
	add_field(&b, proxy->user);
	add_field(&b, proxy->password);
	ok = send_all(t, &b, e);
	buf_wipe(&b);
	if (!ok || !receive(t, answer, sizeof answer, e))
		return false;
	if (answer[1] != 0)
		return err_set(e, ERR_LOGIN, "it refused the user name or password");
	return true;
}

/* RFC 1928 section 3: which way to log in, and doing so. */
static bool
greet(const struct talk *t, const struct socks_proxy *proxy, struct err *e)
{
	const bool has_login = proxy->user && *proxy->user;
	struct buf b = {0};
	unsigned char answer[2];
	bool ok;

	add_byte(&b, VERSION);
	add_byte(&b, has_login ? 2 : 1);
	add_byte(&b, METHOD_NONE);
	if (has_login)
		add_byte(&b, METHOD_LOGIN);
	ok = send_all(t, &b, e);
	buf_free(&b);
	if (!ok || !receive(t, answer, sizeof answer, e))
		return false;
	if (answer[0] != VERSION)
		return err_set(e, ERR_PROTOCOL, "it does not speak SOCKS5");
	if (answer[1] == METHOD_LOGIN && has_login)
		return log_in(t, proxy, e);
	if (answer[1] != METHOD_NONE)
		return err_set(e, ERR_LOGIN, "it wants a login%s",
			       has_login ? " of another kind" : "");
	return true;
}

/* RFC 1928 section 4: the address, as it was given. */
static void
add_address(struct buf *b, const char *host, uint16_t port)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1) {
		add_byte(b, ADDRESS_IPV4);
		buf_add(b, address, sizeof(struct in_addr));
	} else if (inet_pton(AF_INET6, host, address) == 1) {
		add_byte(b, ADDRESS_IPV6);
		buf_add(b, address, sizeof(struct in6_addr));
	} else {
		add_byte(b, ADDRESS_NAME);
		add_field(b, host);
	}
	add_byte(b, port >> 8);
	add_byte(b, port & 0xff);
}

/* Skips the address in the reply: its first byte has been read already. */
static bool
skip_address(const struct talk *t, unsigned char type, unsigned char first, struct err *e)
{
	unsigned char rest[FIELD_MAX + sizeof(uint16_t)];
	const size_t len = type == ADDRESS_IPV4   ? sizeof(struct in_addr) - 1
			   : type == ADDRESS_IPV6 ? sizeof(struct in6_addr) - 1
						  : first;

	return receive(t, rest, len + sizeof(uint16_t), e);
}

bool
socks_connect(int fd, const struct socks_proxy *proxy, const char *host, uint16_t port,
	      int64_t deadline, unsigned timeout_s, struct err *e)
{
	const struct talk t = {.fd = fd, .deadline = deadline, .timeout_s = timeout_s};
	struct buf b = {0};
	unsigned char reply[5]; /* version, reply, reserved, address type, its first byte */
	bool ok;

	if (strlen(host) > FIELD_MAX)
		return err_set(e, ERR_NO_HOST, "the host name is too long");
	if (!greet(&t, proxy, e))
		return false;
	buf_add(&b, (const char[]){VERSION, COMMAND_CONNECT, 0}, 3);
	add_address(&b, host, port);
	ok = send_all(&t, &b, e);
	buf_free(&b);
	if (!ok || !receive(&t, reply, 4, e))
		return false;
	if (reply[1] >= sizeof replies / sizeof *replies)
		return err_set(e, ERR_TEMPORARY, "reply %u", reply[1]);
	if (reply[1] != 0)
		return err_set(e, replies[reply[1]].code, "%s", replies[reply[1]].text);
	return receive(&t, reply + 4, 1, e) && skip_address(&t, reply[3], reply[4], e);
}
