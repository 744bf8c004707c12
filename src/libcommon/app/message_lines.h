/* SPDX-License-Identifier: ISC */
/*
 * message_lines - for --dry-run: which messages a run would change, a line each.
 */
#ifndef MAILVERBS_APP_MESSAGE_LINES_H
#define MAILVERBS_APP_MESSAGE_LINES_H

#include <stdbool.h>

struct err;
struct mailbox_task;

/*
 * Fetches From and Subject of the messages named and prints a line for each on standard output:
 * "would delete 3 (uid:17), from Alice: Hello", where DEED is "delete". False: *e, from the
 * session.
 */
bool message_lines_show(struct mailbox_task *t, const char *deed, struct err *e);

#endif
