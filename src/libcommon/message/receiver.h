/* SPDX-License-Identifier: ISC */
/*
 * receiver - the interface that takes a fetched message.
 *
 * Per message: begin(), data() as often as bytes come, in pieces of any size, then end(). The bytes
 * are the message as the server holds it, its lines ended by CRLF (as far as the server keeps to
 * that), with the protocol's dot stuffing or literal framing already taken off.
 *
 * If a message fails, abandon() is called once instead of the remaining calls, with the reason: the
 * server refused it (then begin() may not have been called), or one of these functions returned
 * false. The rest of the message is read and dropped, so that one message that cannot be taken does
 * not end the session. A NULL reason means that the session itself broke: the caller of the fetch
 * gets that error.
 */
#ifndef MAILVERBS_MESSAGE_RECEIVER_H
#define MAILVERBS_MESSAGE_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct message_info {
	size_t index;    /* in the list that the fetch was given */
	uint32_t number; /* of this session, from 1 */
	const char *uid; /* the server's unique id, NULL where it has none; borrowed */
	uint64_t size;   /* octets as the server announced them; servers are wrong about it */
};

struct receiver {
	bool (*begin)(void *ctx, const struct message_info *info, struct err *e);
	bool (*data)(void *ctx, const char *bytes, size_t n, struct err *e);
	/* The message is whole. True: this receiver has taken it over (see it for what that
	 * promises). */
	bool (*end)(void *ctx, struct err *e);
	/*
	 * The message does not become whole: forget what came of it; see above for WHY. True: go on
	 * with the others. False: end the fetch here, with *WHY as its error (a disk is full).
	 */
	bool (*abandon)(void *ctx, const struct message_info *info, const struct err *why);
};

#endif
