/* SPDX-License-Identifier: ISC */
#include "net/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"
#include "net/wait.h"

enum { ROOM_MIN = 17 * 1024 }; /* a line or a TLS record, with what is around it */

static int
socket_type(int fd)
{
	int type = 0;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 ? type : -1;
}

static bool
is_internet(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof address;

	return getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	       (address.ss_family == AF_INET || address.ss_family == AF_INET6);
}

void
wire_init(struct wire *w, int in, int out, unsigned timeout_s)
{
	const int type = socket_type(out);

	*w = (struct wire){
	    .in = in,
	    .out = out,
	    .is_socket = type >= 0,
	    .is_tcp = type == SOCK_STREAM && is_internet(out),
	    .timeout_s = timeout_s,
	    .input.bytes = mem_alloc(WIRE_BUFFER),
	    .output = mem_alloc(WIRE_BUFFER),
	};
	wire_start_answer(w);
}

/* Forgets what is collected, and overwrites it where that matters. */
static void
drop_output(struct wire *w)
{
	if (w->has_secret)
		mem_wipe(w->output, WIRE_BUFFER);
	w->has_secret = false;
	w->output_len = 0;
}

void
wire_free(struct wire *w)
{
	drop_output(w);
	if (w->out != w->in)
		close(w->out);
	close(w->in);
	free(w->output);
	free(w->input.bytes);
}

size_t
input_unread(const struct input *in)
{
	return in->end - in->at;
}

void
input_make_room(struct input *in)
{
	if (in->at == in->end) {
		in->at = in->end = 0;
	} else if (WIRE_BUFFER - in->end < ROOM_MIN && in->at > 0) {
		memmove(in->bytes, in->bytes + in->at, in->end - in->at);
		in->end -= in->at;
		in->at = 0;
	}
}

/*
 * Postfix and others leave Nagle's algorithm on: their next segment waits for our ACK, which would
 * be delayed by 40 ms. Linux forgets the option by itself, so it is set before each wait.
 */
static void
acknowledge_quickly(const struct wire *w)
{
#ifdef TCP_QUICKACK
	const int on = 1;

	if (w->is_tcp)
		setsockopt(w->in, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#else
	(void)w;
#endif
}

/* As read(2), into the room after the end. */
static ssize_t
read_some(struct wire *w)
{
	struct input *in = &w->input;
	ssize_t n;

	do
		n = read(w->in, in->bytes + in->end, WIRE_BUFFER - in->end);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		in->end += (size_t)n;
	if (n == 0)
		w->is_ended = true;
	return n;
}

static ssize_t
write_some(const struct wire *w, const char *bytes, size_t n)
{
	ssize_t written;

	do {
#ifdef MSG_NOSIGNAL
		written =
		    w->is_socket ? send(w->out, bytes, n, MSG_NOSIGNAL) : write(w->out, bytes, n);
#else
		written = write(w->out, bytes, n);
#endif
	} while (written < 0 && errno == EINTR);
	return written;
}

/* Takes in what has come while a write waits. */
static bool
read_meanwhile(struct wire *w)
{
	const ssize_t n = read_some(w);

	if (n > 0 || (n < 0 && errno == EAGAIN))
		return true;
	if (n == 0)
		return err_set(&w->failed, ERR_TEMPORARY, "the server closed the connection");
	return err_set_errno(&w->failed, ERR_TEMPORARY, "the connection was cut");
}

static bool
wait_to_write(struct wire *w, struct pace *pace)
{
	const int64_t from = wait_clock();
	const bool can_read = !w->is_ended && w->input.end < WIRE_BUFFER;
	struct pollfd fds[2] = {
	    {.fd = w->out, .events = POLLOUT},
	    {.fd = can_read ? w->in : -1, .events = POLLIN},
	};
	const enum wait_result result = wait_fds(fds, 2, pace_deadline(pace, from));

	pace_wait(pace, wait_clock() - from);
	if (!wait_ok(result, "nothing could be sent", w->timeout_s, &w->failed))
		return false;
	return fds[1].revents == 0 || read_meanwhile(w);
}

/* False: `failed`. */
static bool
send_all(struct wire *w)
{
	struct pace pace;
	size_t sent = 0;

	pace_start(&pace, w->timeout_s);
	while (sent < w->output_len) {
		const ssize_t n = write_some(w, w->output + sent, w->output_len - sent);

		if (n > 0) {
			sent += (size_t)n;
			w->sent += (size_t)n;
			pace_move(&pace, (size_t)n);
		} else if (n < 0 && errno != EAGAIN) {
			return err_set_errno(&w->failed, ERR_TEMPORARY, "the connection was cut");
		} else if (!wait_to_write(w, &pace)) {
			return false;
		}
	}
	return true;
}

bool
wire_send(struct wire *w)
{
	if (w->failed.code == ERR_NONE && w->output_len > 0) {
		send_all(w);
		w->has_asked = true;
	}
	drop_output(w);
	return w->failed.code == ERR_NONE;
}

void
wire_send_rest(struct wire *w)
{
	if (w->failed.code == ERR_NONE && w->output_len > 0 &&
	    write_some(w, w->output, w->output_len) < 0) {
		/* the peer does not listen any more, and nobody asks */
	}
	drop_output(w);
}

void
wire_put(struct wire *w, const void *bytes, size_t n)
{
	const char *from = bytes;

	w->put += n;
	while (n > 0 && w->failed.code == ERR_NONE) {
		const size_t room = WIRE_BUFFER - w->output_len;
		const size_t take = n < room ? n : room;

		memcpy(w->output + w->output_len, from, take);
		w->output_len += take;
		from += take;
		n -= take;
		if (w->output_len == WIRE_BUFFER)
			wire_send(w);
	}
}

void
wire_start_answer(struct wire *w)
{
	pace_start(&w->pace, w->timeout_s);
}

static enum wait_result
wait_until(const struct wire *w, int64_t deadline)
{
	enum wait_result result =
	    stop_signal() != 0 ? WAIT_STOPPED : wait_fd(w->in, POLLIN, deadline);
	int64_t grace;

	if (result != WAIT_STOPPED || w->grace_s == 0)
		return result;
	grace = wait_deadline(w->grace_s);
	result = wait_fd_anyway(w->in, POLLIN, grace < deadline ? grace : deadline);
	return result == WAIT_READY ? WAIT_READY : WAIT_STOPPED;
}

static enum wait_result
wait_to_read(struct wire *w)
{
	const int64_t from = wait_clock();
	const enum wait_result result = wait_until(w, pace_deadline(&w->pace, from));

	pace_wait(&w->pace, wait_clock() - from);
	return result;
}

bool
wire_fill(struct wire *w, struct err *e)
{
	enum wait_result result;

	input_make_room(&w->input);
	while (!w->is_ended) {
		if (stop_signal() != 0 && w->grace_s == 0)
			return wait_ok(WAIT_STOPPED, "", 0, e);
		if (!w->has_asked && read_some(w) >= 0)
			break;
		if (!w->has_asked && errno != EAGAIN)
			return err_set_errno(e, ERR_TEMPORARY, "the connection was cut");
		w->has_asked = false;
		acknowledge_quickly(w);
		result = wait_to_read(w);
		w->has_timed_out = result == WAIT_TIMEOUT;
		if (!wait_ok(result, "no answer", w->timeout_s, e))
			return false;
	}
	return true;
}

bool
wire_look(struct wire *w, struct err *e)
{
	input_make_room(&w->input);
	if (!w->is_ended && read_some(w) < 0 && errno != EAGAIN)
		return err_set_errno(e, ERR_TEMPORARY, "the connection was cut");
	return !w->is_ended || err_set(e, ERR_TEMPORARY, "the server closed the connection");
}
