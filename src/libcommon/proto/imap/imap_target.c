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

bool
imap_provide_folder(struct imap *c, const char *quoted, bool creates, struct err *e)
{
	enum imap_status status;

	imap_ask(c, "STATUS %s (UIDVALIDITY)", quoted);
	status = imap_await(c);
	if (status != IMAP_NO)
		return imap_ok(c, status, ERR_UNAVAILABLE, e);
	if (!creates) {
		imap_refused(c, ERR_NO_INPUT, e);
		return e->code == ERR_NO_INPUT && err_hint(e, "--create makes a missing folder");
	}
	imap_ask(c, "CREATE %s", quoted);
	return imap_ok(c, imap_await(c), ERR_UNAVAILABLE, e);
}
