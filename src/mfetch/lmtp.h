/* SPDX-License-Identifier: ISC */
/*
 * lmtp - the LMTP server that an account's messages go to, for deliver/sink_lmtp.
 *
 * The conversation is opened for the first message, is kept for all that follow, and is opened anew
 * where it broke. It has nothing of the account's way to its mailbox: no tunnel, no proxy, and no
 * secret is said to it.
 */
#ifndef MAILVERBS_MFETCH_LMTP_H
#define MAILVERBS_MFETCH_LMTP_H

struct account;
struct err;
struct fetch_options;
struct next_hop;
struct lmtp_server;

/* The server of O; of A are only the timeouts and the domain. NULL: *e is ERR_CONFIG (whose mailbox
 * it is can't be told). */
struct lmtp_server *lmtp_server_new(const struct account *a, const struct fetch_options *o,
				    struct err *e);
void lmtp_server_free(struct lmtp_server *l); /* says QUIT; accepts NULL */

/* Both as long as L. The place has the server and the recipient: "lmtp://mail:24 alice". */
const struct next_hop *lmtp_server_next_hop(struct lmtp_server *l);
const char *lmtp_server_place(const struct lmtp_server *l);

#endif
