/* SPDX-License-Identifier: ISC */
/*
 * sink - a place where messages are delivered: one file sink_x.c and one row in sinks[] each.
 *
 * deliver/delivery drives a sink: begin, data…, end for each message (or abandon), and settle when
 * a group of messages is to become safe. data() brings the bytes as the server has them (CRLF): a
 * sink that needs LF line ends converts them itself.
 */
#ifndef MAILVERBS_DELIVER_SINK_H
#define MAILVERBS_DELIVER_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct next_hop;
struct journal;
struct sink;

enum sink_kind {
	SINK_MBOX_STDOUT,
	SINK_RAW_STDOUT,
	SINK_MAILDIR,
	SINK_MBOX,
	SINK_COMMAND,
	SINK_LMTP,
	SINK_KINDS
};

struct sink_spec {
	enum sink_kind kind;
	/* directory, file, command or server; borrowed for as long as the sink lives */
	const char *place;
	const struct next_hop *next_hop; /* SINK_LMTP; borrowed too */
	bool nul;                        /* SINK_RAW_STDOUT: a NUL after each message */
	/* standard output: nobody waits for the reader or for the disk, because nothing is
	 * recorded or deleted */
	bool only_shows;
	const char *account; /* for the command's environment; may be "" */
};

/* A message's envelope as its header tells it: the final delivery wrote it there (RFC 5321
 * section 4.4). */
struct envelope_hint {
	const char *sender;    /* Return-Path; "" where unknown or null */
	const char *recipient; /* Delivered-To, X-Original-To or Envelope-To; "" where unknown */
};

struct sink_type {
	/* How a journal calls it: "maildir", so that "maildir /home/alice/Mail" is a destination.
	 * NULL: it has no memory. */
	const char *name;
	/* A message is safe at the end() already: settle() costs nothing and comes after each. */
	bool settles_each;
	/* For a dry run: finds the mistakes in SPEC that open() finds, and changes nothing. NULL:
	 * open() finds none. False: *e is ERR_OUTPUT. */
	bool (*check)(const struct sink_spec *spec, struct err *e);
	/*
	 * Makes the place ready and settles what a killed run left open in JOURNAL, which is
	 * borrowed for as long as the sink lives. NULL: *e is ERR_OUTPUT or ERR_TEMPORARY.
	 */
	void *(*open)(const struct sink_spec *spec, struct journal *journal, struct err *e);
	bool (*begin)(void *sink, const char *uid, const struct envelope_hint *hint, struct err *e);
	bool (*data)(void *sink, const char *bytes, size_t n, struct err *e);
	bool (*end)(void *sink, struct err *e);
	void (*abandon)(void *sink);
	/* After an end() that failed: would it fail for any other message too? NULL: never, but for
	 * what its error says. */
	bool (*is_closed)(const void *sink);
	/* After so many messages in a row that failed for the same reason the run stops; 0:
	 * never. */
	unsigned failures_max;
	/* Did the reader of what it writes go away? NULL: it has none. */
	bool (*has_lost_reader)(const void *sink);
	/*
	 * All ended messages become safe and visible: intents are journalled, bytes flushed, names
	 * given. "Done" is the delivery's to write afterwards. False: *e; none of them is safe.
	 */
	bool (*settle)(void *sink, struct err *e);
	void (*close)(void *sink); /* what was not settled is taken back */
};

extern const struct sink_type *const sinks[SINK_KINDS];

/* Is its place a path? */
bool sink_is_path(const struct sink_spec *spec);

/* For a dry run: could SPEC be delivered to? Changes nothing. False: *e. */
bool sink_check(const struct sink_spec *spec, struct err *e);

/* The destination's name in the journal, the caller's to free(). Paths are absolute, without
 * symbolic links, and spelled in one way. NULL: *e is ERR_OUTPUT. */
char *sink_destination(const struct sink_spec *spec, struct err *e);

/* The same as version 0.1 named it: with symbolic links. */
char *sink_former_destination(const struct sink_spec *spec, struct err *e);

#endif
