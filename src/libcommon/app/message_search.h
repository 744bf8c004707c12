/* SPDX-License-Identifier: ISC */
/*
 * message_search - the option --search: a query that the IMAP server answers
 * (proto/imap/imap_query.h).
 */
#ifndef MAILVERBS_APP_MESSAGE_SEARCH_H
#define MAILVERBS_APP_MESSAGE_SEARCH_H

#include <stdbool.h>

#include "config/url.h"

struct account;
struct err;
struct mailbox;
struct message_list;
struct message_set;

/*
 * Checks the account's query, if there is one, before anything is connected. False: *e; ERR_USAGE
 * (malformed, on the command line), ERR_CONFIG (malformed, in the configuration, or the account's
 * server is a POP3 server).
 */
bool message_search_check(const struct account *a, struct err *e);

/* Can a mailbox be searched by this protocol? False: *e is ERR_CONFIG. */
bool message_search_check_protocol(enum protocol protocol, struct err *e);

/*
 * Keeps in SET the messages that the server finds now; without a query, all of them. L is this
 * session's whole list. False: *e.
 */
bool message_search_narrow(const struct account *a, struct mailbox *m, const struct message_list *l,
			   struct message_set *set, struct err *e);

#endif
