/* SPDX-License-Identifier: ISC */
/*
 * login_delay - not to log in again before the server wants it (RFC 2449 section 6.5).
 *
 * Providers lock out users who log in too often. The delay that a server announces in CAPA, and the
 * time of our last login, are kept beside the mailbox's journals; so it is known without asking the
 * server that a login would be too early. A failure to keep them is not an error: then the server
 * has to refuse the login.
 */
#ifndef MAILVERBS_APP_LOGIN_DELAY_H
#define MAILVERBS_APP_LOGIN_DELAY_H

#include <stdbool.h>

struct account;
struct err;

/*
 * May the account log in now? False: *e is ERR_TEMPORARY and says when. With `login-delay = wait`
 * it waits until it may (true at once unless MAY_WAIT), and false is a signal; with `ignore` it
 * always may, for servers that announce a delay and don't insist on it (Courier).
 */
bool login_delay_check(const struct account *a, bool may_wait, struct err *e);

/* It just did, and the server wants so many seconds until the next time; 0: it wants nothing. */
void login_delay_record(const struct account *a, unsigned seconds);

/* The pause that the server wanted last, in seconds; 0 where it is not known to want any,
 * or it is to be ignored. */
unsigned login_delay_seconds(const struct account *a);

#endif
