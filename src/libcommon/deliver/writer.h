/* SPDX-License-Identifier: ISC */
/*
 * writer - a message in the form of local files and pipes, collected in 64 KiB blocks: LF line
 * ends, or the mbox form.
 *
 * A destination whose bytes cannot be withdrawn (a pipe) gets whole messages only: a writer that
 * holds keeps the current message in memory, up to 1 MiB, and the rest in a spill file.
 */
#ifndef MAILVERBS_DELIVER_WRITER_H
#define MAILVERBS_DELIVER_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "message/eol.h"

struct envelope_hint;
struct err;

enum { WRITER_BLOCK = 64 * 1024 };

struct writer {
	int fd;
	const char *name; /* for errors; borrowed */
	struct buf block; /* not yet written */
	uint64_t written; /* to fd, since writer_start() */
	struct eol_to_lf filter;
	const char *spill_path; /* borrowed; NULL: nothing is held */
	int spill;              /* what is held but the block's part of it; -1: nothing yet */
	uint64_t spilled;       /* bytes there */
	size_t whole;           /* bytes of the block that are no longer held */
	bool is_terminal;       /* control characters are escaped (base/screen.h) */
	struct buf unshown;     /* of a terminal: the bytes of a character that is not whole yet */
	bool heeds_stop;        /* a signal ends the wait for a reader that takes nothing */
	bool is_broken;         /* a write failed: errno is in `failure` */
	int failure;
};

void writer_start(struct writer *w, int fd, const char *name);
void writer_free(struct writer *w);

/* Before the first writer_start(): each message is held until it is released or dropped. */
void writer_hold(struct writer *w, const char *spill_path);
bool writer_release(struct writer *w, struct err *e);
void writer_drop(struct writer *w);

/* The held message, which is whole, as a file without a name, to be read from its beginning; the
 * caller's to close(). Nothing is held any more. -1: *e (ERR_IO). */
int writer_take_file(struct writer *w, struct err *e);

/* A message begins. */
void writer_begin(struct writer *w);

/* One of an mbox (mboxrd): its From_ line, made of HINT, is written, and what follows is quoted and
 * separated from the next one. */
void writer_begin_mbox(struct writer *w, const struct envelope_hint *hint);
bool writer_data(struct writer *w, const char *bytes, size_t n, struct err *e);
bool writer_end(struct writer *w, struct err *e);

/* Bytes as they are. */
bool writer_put(struct writer *w, const char *bytes, size_t n, struct err *e);

/* Writes out what is collected. False: *e is ERR_IO. */
bool writer_flush(struct writer *w, struct err *e);

#endif
