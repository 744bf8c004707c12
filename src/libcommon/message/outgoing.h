/* SPDX-License-Identifier: ISC */
/*
 * outgoing - a message on its way out: a source whose header has been put in order.
 *
 * message/received_header.h finds the header, message/sent_header.h makes the one that is sent.
 * Nothing else changes, byte for byte, except that every line ends in CRLF on the wire (CRs before
 * an LF and a bare CR end their line), and what outgoing_to_seven_bit() does. A NUL is
 * ERR_MALFORMED.
 */
#ifndef MAILVERBS_MESSAGE_OUTGOING_H
#define MAILVERBS_MESSAGE_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/eol.h"
#include "message/sent_header.h"

struct err;
struct source;
struct outgoing;

/* The capabilities that the server needs for this message. */
struct outgoing_facts {
	uint64_t size;        /* octets on the wire, CRLF and all, without dot stuffing */
	bool header_has_8bit; /* needs SMTPUTF8 (RFC 6532) */
	bool body_has_8bit;   /* needs 8BITMIME */
};

/* Reads the header of S, which stays the caller's and outlives it. NULL: *e (ERR_MALFORMED,
 * ERR_IO). */
struct outgoing *outgoing_open(struct source *s, struct err *e);
void outgoing_free(struct outgoing *o);

/*
 * One that is only handed on, because it was sent long ago, or put in order before: nothing of it
 * is looked at or put in order, but that the wire sees CRLF. It needs no outgoing_prepare(). NULL:
 * *e is ERR_IO.
 */
struct outgoing *outgoing_open_as_is(struct source *s, struct err *e);

/* The same for one that comes from a file: the From_ line of an mbox and a byte order mark before
 * the header are not part of it. */
struct outgoing *outgoing_open_file(struct source *s, struct err *e);

/* The header as it came, Bcc and all; nothing (*N is 0) after outgoing_open_as_is(). */
const char *outgoing_header(const struct outgoing *o, size_t *n);

/* Puts the header in order and measures the message (one pass over the body). False: *e. */
bool outgoing_prepare(struct outgoing *o, const struct header_defaults *d, struct err *e);

/* Known after outgoing_prepare(), of one as it is from the start. */
const struct outgoing_facts *outgoing_facts(const struct outgoing *o);

/* O was made from what a filter wrote when it read FROM: its copy (outgoing_pour_copy()) gets
 * FROM's Bcc fields, after the others. */
void outgoing_inherit_bcc(struct outgoing *o, const struct outgoing *from);

/*
 * For a server without 8BITMIME: from now on the message goes out in 7 bits, as message/seven_bit.h
 * says, and the facts are those of that (two passes over the body). False: *e (ERR_MALFORMED: it
 * cannot be; ERR_IO), and the message is as before.
 */
bool outgoing_to_seven_bit(struct outgoing *o, struct err *e);

/*
 * Puts the message as the wire wants it: CRLF everywhere, with DOTS also dot stuffing (RFC 5321
 * section 4.5.2), without the end-of-data line. May be called again. False: reading failed (*e is
 * set) or PUT said so (*e is untouched). Without DOTS exactly as many octets as were measured are
 * put; if the message is not the one that was, the last of them is not, and *e says so.
 */
bool outgoing_pour(struct outgoing *o, bool dots, eol_put put, void *ctx, struct err *e);

/* The same, without dots, for the sender's own copy: with the Bcc fields that the wire does not
 * see, in their places. A message as it is has none. */
bool outgoing_pour_copy(struct outgoing *o, eol_put put, void *ctx, struct err *e);

#endif
