/* SPDX-License-Identifier: ISC */
/*
 * wire - raw bytes to and from descriptors, buffered in both directions: the layer below
 * net/stream.
 *
 * Output gathers and goes out in one write(2) at wire_send(), or when 64 KiB have come together.
 * While a write has to wait, input is read as far as the buffer has room after its content: so two
 * sides that both write don't block each other, and nothing that somebody borrowed moves.
 *
 * A failed write is kept in `failed` and turns all further output into nothing; reading goes on,
 * because what the peer said before it hung up is worth more than "Broken pipe".
 */
#ifndef MAILVERBS_NET_WIRE_H
#define MAILVERBS_NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/pace.h"

enum { WIRE_BUFFER = 64 * 1024 };

/* Bytes that came: those from `at` to `end` nobody has used yet. */
struct input {
	char *bytes; /* WIRE_BUFFER of them */
	size_t at;
	size_t end;
};

struct wire {
	int in;
	int out;
	bool is_socket;
	bool is_tcp;
	unsigned timeout_s;
	unsigned grace_s; /* for which a signal waits for input */
	struct pace pace; /* with the answer awaited; moved by the reader, who knows what is data */
	bool is_ended;    /* the peer has said its last byte */
	bool has_timed_out; /* the last wait for input did */
	bool has_secret;    /* among what is collected */
	bool has_asked;     /* bytes went out just now: no use to read before waiting */
	struct err failed;  /* the first write that failed */
	struct input input;
	char *output;
	size_t output_len;
	uint64_t put;  /* bytes that wire_put() was ever given */
	uint64_t sent; /* so many of them, from the first on, has wire_send() given to the kernel */
};

void wire_init(struct wire *w, int in, int out, unsigned timeout_s);
void wire_free(struct wire *w); /* closes the descriptors; what is collected is lost */

void wire_put(struct wire *w, const void *bytes, size_t n);

/* All that is collected goes out, however long that takes while it moves. False: `failed`. */
bool wire_send(struct wire *w);

/* As wire_send(), but only what can be written at once; the rest is lost. */
void wire_send_rest(struct wire *w);

/* An answer is awaited from now on. */
void wire_start_answer(struct wire *w);

/* Waits for more input. True: there is some, or `is_ended`. False: *e is ERR_TEMPORARY. */
bool wire_fill(struct wire *w, struct err *e);

/* Reads the available input without waiting. False: the peer has ended (*e is ERR_TEMPORARY). */
bool wire_look(struct wire *w, struct err *e);

/* Bytes that nobody has used yet. */
size_t input_unread(const struct input *in);

/* Makes room after the end; used bytes are dropped, and borrowed pointers become invalid. */
void input_make_room(struct input *in);

#endif
