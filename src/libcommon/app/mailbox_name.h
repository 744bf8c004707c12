/* SPDX-License-Identifier: ISC */
/*
 * mailbox_name - how journals identify the mailbox of an account.
 *
 *	PROTOCOL USER SERVER FOLDER
 *
 * Each is one word (text_escape()). SERVER is the host in lower case with A-labels, or a literal
 * address in its shortest form, and then
 *
 *	:PORT            unless it is one of the protocol's two standard ports
 *	;tunnel=COMMAND  instead of a port
 *	;proxy=HOST:PORT if the host has a meaning only in the proxy's network
 *
 * USER and FOLDER are compared exactly, but INBOX has one name in all spellings.
 */
#ifndef MAILVERBS_APP_MAILBOX_NAME_H
#define MAILVERBS_APP_MAILBOX_NAME_H

#include "config/setting.h"
#include "journal/journal_migrate.h"

struct account;
struct err;
struct journal;
struct values;

/* The directory of the journals. The caller's to free(); NULL: no home directory. */
char *mailbox_journal_directory(void);

/* The account's folder, or INBOX, which has one name in all spellings (RFC 9051 section 5.1).
 * Borrowed. */
const char *mailbox_folder(const struct account *a);

/* The name of FOLDER (NULL: the account's). The caller's to free(); NULL: *e. */
char *mailbox_name(const struct account *a, const char *folder, struct err *e);

/*
 * The same as version 0.1 named it, where there is a record of that version; else F has no
 * mailboxes. GIVEN is the command line: if its configuration has another account whose mailbox had
 * the same name, the record is doubtful. DESTINATION is borrowed. Freed by mailbox_former_free() in
 * any case. False: *e.
 */
bool mailbox_former(struct journal_former *f, const struct account *a, const char *folder,
		    const char *destination, const struct values *given, struct err *e);
void mailbox_former_free(struct journal_former *f);

/*
 * All that was delivered from the account's mailbox to any destination, for the operand "new" in
 * mlist and mdel. NULL: *e. The caller's to close.
 */
struct journal *mailbox_journals(const struct account *a, const struct values *given,
				 struct err *e);

#endif
