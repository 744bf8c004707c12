/* SPDX-License-Identifier: ISC */
#include "message/from_field.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "message/address.h"
#include "message/address_list.h"
#include "message/author.h"
#include "message/encoded_word.h"
#include "message/header.h"

enum { LINE_WANTED = 78 /* RFC 5322 section 2.1.1 */ };

static bool
is_plain_phrase(const char *name)
{
	for (const char *p = name; *p; p++)
		if (strchr("()<>[]:;@\\,.\"", *p))
			return false;
	return true;
}

/* No name breaks out of its line. */
static bool
is_text(const char *name)
{
	return text_is_clean(name, strlen(name));
}

static size_t
last_line_len(const struct buf *b)
{
	size_t len = 0;

	while (len < b->len && b->data[b->len - 1 - len] != '\n')
		len++;
	return len;
}

/* "From: NAME <ADDRESS>", the name so that it needs no more than the oldest server can do. */
static void
add_named_from(struct buf *to, const char *name, const char *address)
{
	buf_add_str(to, "From: ");
	if (text_has_8bit(name, strlen(name)))
		encoded_word_encode(to, name);
	else if (is_plain_phrase(name))
		buf_add_str(to, name);
	else
		text_quote(to, name, strlen(name));
	if (last_line_len(to) + strlen(address) + 3 > LINE_WANTED)
		buf_add_char(to, '\n');
	buf_addf(to, " <%s>\n", address);
}

bool
from_field_add(struct buf *to, const struct from_defaults *d, struct err *e)
{
	if (!d->address)
		return err_set(e, ERR_MALFORMED,
			       "the message has no From, and the account no address to put there");
	if (d->full_name && d->full_name[0] && !is_text(d->full_name))
		return err_set(e, ERR_CONFIG,
			       "the full name is not UTF-8 or has control characters in it");
	if (d->full_name && d->full_name[0])
		add_named_from(to, d->full_name, d->address);
	else
		buf_addf(to, "From: %s\n", d->address);
	return true;
}

/* Does the field get the account's address? */
static bool
is_rewritten(const struct author *author, bool is_readable, const struct from_defaults *d)
{
	if (!d->address || (author->address && address_equal(author->address, d->address)))
		return false;
	return d->rewrite == REWRITE_ALWAYS ||
	       (d->rewrite == REWRITE_LOCAL && is_readable && author->count == 1 &&
		!address_domain(author->address));
}

/* The name for a field with the account's address: the field's own, else all that it says, "root
 * (Cron Daemon)". */
static void
add_rewritten_from(struct buf *to, const struct header_field *field, const struct author *author,
		   const char *from)
{
	struct buf text = {0};
	char *words = NULL;
	const char *name = author->name;

	header_unfold(&text, field);
	if (!name || !name[0])
		name = text.data[0] == '"' && address_words(field->body, field->body_len, &words)
			   ? words
			   : text.data;
	if (name[0] && is_text(name))
		add_named_from(to, name, from);
	else
		buf_addf(to, "From: %s\n", from);
	free(words);
	buf_free(&text);
}

bool
from_field_copy(struct buf *to, const struct header_field *field, const struct from_defaults *d,
		struct err *e)
{
	struct author author = {0};
	struct err unused; /* told when the sender was chosen */
	const bool is_readable = author_read(&author, field, &unused);
	const bool is_missing = is_readable && author.count == 0;
	bool ok = true;

	if (is_missing && author.name && author.name[0] && d->address && is_text(author.name))
		add_named_from(to, author.name, d->address);
	else if (is_missing)
		ok = from_field_add(to, d, e);
	else if (is_rewritten(&author, is_readable, d))
		add_rewritten_from(to, field, &author, d->address);
	else
		buf_add(to, field->start, field->len);
	author_free(&author);
	return ok;
}
