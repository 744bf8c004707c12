/* SPDX-License-Identifier: ISC */
/*
 * mailbox_name - how journals identify the mailbox of an account.
 */
#ifndef MAILVERBS_APP_MAILBOX_NAME_H
#define MAILVERBS_APP_MAILBOX_NAME_H

#include "config/setting.h"

struct account;
struct err;
struct journal;

/* The account's folder, or INBOX, which has one name in all spellings (RFC 9051 section 5.1).
 * Borrowed. */
const char *mailbox_folder(const struct account *a);

/* Protocol, user, host and FOLDER (NULL: the account's). The caller's to free(); NULL: *e. */
char *mailbox_name(const struct account *a, enum tool_id tool, const char *folder, struct err *e);

/*
 * All that was delivered from the account's mailbox to any destination, for the operand "new" in
 * mlist and mdel. NULL: *e. The caller's to close.
 */
struct journal *mailbox_journals(const struct account *a, enum tool_id tool, struct err *e);

#endif
