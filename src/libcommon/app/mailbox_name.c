/* SPDX-License-Identifier: ISC */
#include "app/mailbox_name.h"

#include <stdlib.h>

#include "app/session.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/paths.h"
#include "journal/journal.h"

/* As journals call it: INBOX has one name in all spellings (RFC 9051 section 5.1). */
static const char *
journal_folder(const char *folder)
{
	return text_equal_case(folder, "INBOX") ? "INBOX" : folder;
}

const char *
mailbox_folder(const struct account *a)
{
	const char *folder = account_text(a, SET_FOLDER);

	return folder ? journal_folder(folder) : "INBOX";
}

char *
mailbox_name(const struct account *a, enum tool_id tool, const char *folder, struct err *e)
{
	const char *user = session_user(a);
	struct url url;

	if (!account_server(a, tool, &url, e))
		return NULL;
	return mem_printf("%s %s %s %s", protocol_name(url.protocol), user ? user : "", url.host,
			  url.protocol == PROTOCOL_IMAP
			      ? (folder ? journal_folder(folder) : mailbox_folder(a))
			      : "INBOX");
}

struct journal *
mailbox_journals(const struct account *a, enum tool_id tool, struct err *e)
{
	char *directory = paths_state("seen");
	char *mailbox = mailbox_name(a, tool, NULL, e);
	struct journal *journal = NULL;

	/* Without a home nothing can have been recorded. */
	if (mailbox)
		journal = journal_open_all(directory ? directory : "/nonexistent", mailbox, e);
	free(directory);
	free(mailbox);
	return journal;
}
