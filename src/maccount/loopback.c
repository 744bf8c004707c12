/* SPDX-License-Identifier: ISC */
#include "maccount/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/wait.h"

enum { PATIENCE_S = 300, REQUEST_S = 5, REQUEST_MAX = 16 * 1024, CHUNK = 4096 };

bool
loopback_open(struct loopback *l, struct err *e)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;

	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(l->fd, 8) != 0 || getsockname(l->fd, (struct sockaddr *)&address, &len) != 0) {
		err_set_errno(e, ERR_IO, "127.0.0.1");
		loopback_close(l);
		return false;
	}
	l->port = ntohs(address.sin_port);
	return true;
}

void
loopback_close(struct loopback *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* The head of a request. */
static bool
read_request(int fd, struct buf *request)
{
	const int64_t deadline = wait_deadline(REQUEST_S);

	while (request->len < REQUEST_MAX &&
	       !(request->data && strstr(request->data, "\r\n\r\n"))) {
		ssize_t n;

		if (wait_fd(fd, POLLIN, deadline) != WAIT_READY)
			return false;
		n = read(fd, buf_reserve(request, CHUNK), CHUNK - 1);
		if (n <= 0)
			return false;
		request->len += (size_t)n;
		request->data[request->len] = '\0';
	}
	return true;
}

static void
respond(int fd, const char *status, const char *text)
{
	char *answer = mem_printf(
	    "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\n"
	    "Cache-Control: no-store\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
	    status, strlen(text), text);

	file_write_all(fd, answer, strlen(answer));
	free(answer);
}

/* GET /?QUERY HTTP/1.1, with an answer in the query. NULL: it is another request. */
static char *
query_of(const char *request)
{
	const char *query = request + strlen("GET /?");
	char *copy, *code, *error;
	bool is_answer;

	if (!text_begins(request, "GET /?"))
		return NULL;
	copy = mem_strndup(query, strcspn(query, " \r\n"));
	code = loopback_parameter(copy, "code");
	error = loopback_parameter(copy, "error");
	is_answer = code || error;
	free(code);
	free(error);
	if (is_answer)
		return copy;
	free(copy);
	return NULL;
}

static char *
serve_one(int fd)
{
	static const char page[] =
	    "<!DOCTYPE html><title>maccount</title><p>The answer has arrived. "
	    "You can close this page and go back to the terminal.";
	struct buf request = {0};
	char *query = NULL;

	if (read_request(fd, &request)) {
		query = query_of(request.data);
		respond(fd, query ? "200 OK" : "404 Not Found", query ? page : "not here");
	}
	buf_wipe(&request);
	return query;
}

bool
loopback_await(struct loopback *l, char **query, struct err *e)
{
	const int64_t deadline = wait_deadline(PATIENCE_S);

	*query = NULL;
	while (!*query) {
		const enum wait_result result = wait_fd(l->fd, POLLIN, deadline);
		int fd;

		if (result == WAIT_STOPPED)
			return err_set(e, ERR_TEMPORARY, "interrupted");
		if (result == WAIT_TIMEOUT)
			return err_set(e, ERR_LOGIN, "nobody signed in within five minutes");
		fd = accept(l->fd, NULL, NULL);
		if (fd < 0)
			continue;
		*query = serve_one(fd);
		close(fd);
	}
	loopback_close(l);
	return true;
}

static char *
decoded(const char *text, size_t len)
{
	struct buf out = {0};

	buf_add_str(&out, "");
	for (size_t i = 0; i < len; i++) {
		const int high = text[i] == '%' && i + 2 < len ? text_hex_digit(text[i + 1]) : -1;
		const int low = high >= 0 ? text_hex_digit(text[i + 2]) : -1;

		if (low >= 0 && high * 16 + low >= ' ') {
			buf_add_char(&out, (char)(high * 16 + low));
			i += 2;
		} else {
			buf_add_char(&out, text[i] == '+' ? ' ' : text[i]);
		}
	}
	return buf_take(&out);
}

char *
loopback_parameter(const char *query, const char *name)
{
	const char *found = NULL;
	size_t found_len = 0;

	for (const char *p = query; *p;) {
		const size_t len = strcspn(p, "&"), key = strcspn(p, "=&");

		if (key == strlen(name) && strncmp(p, name, key) == 0 && p[key] == '=') {
			if (found)
				return NULL;
			found = p + key + 1;
			found_len = len - key - 1;
		}
		p += len + (p[len] == '&');
	}
	return found ? decoded(found, found_len) : NULL;
}
