/* SPDX-License-Identifier: ISC */
#include "app/message_search.h"

#include <time.h>

#include "base/err.h"
#include "config/account.h"
#include "proto/imap/imap_query.h"
#include "proto/mailbox.h"

static bool
check_query(const char *query, struct err *e)
{
	struct imap_query s;
	const bool ok = imap_query_parse(&s, query, time(NULL), false, e);

	imap_query_free(&s);
	return ok;
}

/* The error names the file and line of a query in the configuration. */
static bool
blame_origin(const char *origin, struct err *e)
{
	const struct err why = *e;

	if (!origin)
		return false;
	*e = (struct err){0};
	err_set(e, ERR_CONFIG, "%s: %s", origin, why.text);
	return why.hint[0] ? err_hint(e, "%s", why.hint) : false;
}

bool
message_search_check_protocol(enum protocol protocol, struct err *e)
{
	if (protocol == PROTOCOL_IMAP)
		return true;
	err_set(e, ERR_CONFIG, "--search: POP3 cannot search");
	return err_hint(e, "--server=imaps://HOST, or `protocol = imap`");
}

bool
message_search_check(const struct account *a, struct err *e)
{
	const struct mailbox_settings *m = &a->settings.mailbox;
	const struct url *url;

	if (!m->search)
		return true;
	if (!check_query(m->search, e))
		return blame_origin(m->search_origin, e);
	url = account_server(a, e);
	return url && message_search_check_protocol(url->protocol, e);
}

/* Both are ascending. */
static void
intersect(struct message_set *set, const struct message_set *found)
{
	size_t kept = 0, k = 0;

	for (size_t i = 0; i < set->count; i++) {
		while (k < found->count && found->index[k] < set->index[i])
			k++;
		if (k < found->count && found->index[k] == set->index[i])
			set->index[kept++] = set->index[i];
	}
	set->count = kept;
}

bool
message_search_narrow(const struct account *a, struct mailbox *m, const struct message_list *l,
		      struct message_set *set, struct err *e)
{
	const char *query = a->settings.mailbox.search;
	struct message_set found = {0};
	bool ok;

	if (!query || set->count == 0)
		return true;
	ok = mailbox_find(m, l, query, &found, e);
	if (ok)
		intersect(set, &found);
	message_set_free(&found);
	return ok;
}
