/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_target.h"

#include "base/err.h"
#include "proto/folder.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_special.h"
#include "proto/imap/imap_talk.h"

bool
imap_target_name(struct imap *c, struct buf *out, const char *folder, bool creates, struct err *e)
{
	return folder_is_special(folder) ? imap_find_special(c, folder, creates, out, e)
					 : imap_name_wire(out, folder, c->stage.is_utf8, e);
}

static enum imap_status
look(struct imap *c, const char *quoted)
{
	imap_ask(c, "STATUS %s (UIDVALIDITY)", quoted);
	return imap_await(c);
}

/* *IS_MISSING: the server refuses to tell about it. */
static bool
look_for(struct imap *c, const char *quoted, bool creates, bool *is_missing, struct err *e)
{
	const enum imap_status status = look(c, quoted);

	*is_missing = status == IMAP_NO;
	if (status != IMAP_NO)
		return imap_ok(c, status, ERR_UNAVAILABLE, e);
	if (creates)
		return true;
	imap_refused(c, ERR_NO_INPUT, e);
	return e->code == ERR_NO_INPUT && err_hint(e, "--create makes a missing folder");
}

bool
imap_check_folder(struct imap *c, const char *quoted, bool creates, struct err *e)
{
	bool is_missing;

	return look_for(c, quoted, creates, &is_missing, e);
}

/* If the server refuses, another process may have made the folder since it was looked for. */
static bool
create(struct imap *c, const char *quoted, struct err *e)
{
	enum imap_status status;
	struct err refusal;

	imap_ask(c, "CREATE %s", quoted);
	status = imap_await(c);
	if (imap_ok(c, status, ERR_UNAVAILABLE, &refusal))
		return true;
	if (status == IMAP_NO && look(c, quoted) == IMAP_OK)
		return true;
	*e = refusal;
	return false;
}

bool
imap_provide_folder(struct imap *c, const char *quoted, bool creates, struct err *e)
{
	bool is_missing;

	if (!look_for(c, quoted, creates, &is_missing, e))
		return false;
	return !is_missing || create(c, quoted, e);
}
