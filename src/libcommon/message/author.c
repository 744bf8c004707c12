/* SPDX-License-Identifier: ISC */
#include "message/author.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "message/address_list.h"
#include "message/header.h"

static bool
take(void *ctx, const struct address *a, struct err *e)
{
	struct author *author = ctx;

	(void)e;
	if (author->count++ > 0)
		return true;
	author->address = mem_strdup(a->addr);
	author->name = mem_strdup(a->name);
	return true;
}

bool
author_read(struct author *a, const struct header_field *field, struct err *e)
{
	const bool ok = address_list(field->body, field->body_len, take, a, e);

	if (ok && a->count > 0)
		return true;
	author_free(a);
	if (address_words(field->body, field->body_len, &a->name))
		return true;
	if (ok)
		err_set(e, ERR_MALFORMED, "no address");
	return err_prefix(e, "%.*s", (int)field->name_len, field->name);
}

void
author_free(struct author *a)
{
	free(a->address);
	free(a->name);
	*a = (struct author){0};
}
