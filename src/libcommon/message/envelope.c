/* SPDX-License-Identifier: ISC */
#include "message/envelope.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/text_set.h"
#include "message/address.h"
#include "message/author.h"
#include "message/header.h"

/* The fields that are read: of the message itself, or of a Resent- block. */
struct names {
	const char *sender;
	const char *from;
	const char *recipients[3];
};

static const struct names own = {"Sender", "From", {"To", "Cc", "Bcc"}};
static const struct names resent = {
    "Resent-Sender", "Resent-From", {"Resent-To", "Resent-Cc", "Resent-Bcc"}};

/* The part of the header that speaks. */
struct speaker {
	const char *header;
	size_t n;
	const struct names *names;
};

static bool
is_resent(const struct header_field *field)
{
	return text_starts(field->name, field->name_len, "Resent-");
}

/* Has the block a field of this name already? Then this one begins an older block. */
static bool
is_again(struct text_set *names, const struct header_field *field)
{
	char *name = mem_strndup(field->name, field->name_len);
	bool is_new;

	text_make_lower(name);
	is_new = text_set_add(names, name);
	free(name);
	return !is_new;
}

static struct speaker
find_speaker(const char *header, size_t n)
{
	struct header_field field;
	struct text_set names = {0};
	const char *block = NULL;
	size_t at = 0, len = 0;

	while (header_next(header, n, &at, &field)) {
		if (!is_resent(&field) && !block)
			continue;
		if (!is_resent(&field) || is_again(&names, &field))
			break;
		block = block ? block : field.start;
		len = (size_t)(field.start - block) + field.len;
	}
	text_set_free(&names);
	if (block)
		return (struct speaker){block, len, &resent};
	return (struct speaker){header, n, &own};
}

/* The mailbox of the field called NAME; of a missing one, as of an empty one, there is none. */
static bool
read_author(const struct speaker *s, const char *name, struct author *a, struct err *e)
{
	struct header_field field;

	*a = (struct author){0};
	return !header_find(s->header, s->n, name, &field) || author_read(a, &field, e);
}

/* RFC 5322 section 3.6.2: Sender has one mailbox. A name alone does not tell whose it is. */
static bool
check_sender(const struct speaker *s, const struct author *a, struct err *e)
{
	if (a->count > 1)
		return err_set(e, ERR_MALFORMED, "%s has several addresses", s->names->sender);
	if (a->count == 0 && a->name && a->name[0] != '\0')
		return err_set(e, ERR_MALFORMED, "%s has no address", s->names->sender);
	return true;
}

/* A Sender without a domain is the local user's name, and says nothing of the account: a From with
 * a domain does. */
static bool
says_more(const struct author *from, const struct author *sender)
{
	return !sender->address || (from->count == 1 && address_domain(from->address) &&
				    !address_domain(sender->address));
}

bool
envelope_sender(const char *header, size_t n, char **sender, bool *is_one_of_many, struct err *e)
{
	const struct speaker s = find_speaker(header, n);
	struct author a, from = {0};
	bool ok = read_author(&s, s.names->sender, &a, e) && check_sender(&s, &a, e);

	*is_one_of_many = false;
	*sender = NULL;
	if (ok && (!a.address || !address_domain(a.address))) {
		ok = read_author(&s, s.names->from, &from, e);
		if (ok && says_more(&from, &a)) {
			*is_one_of_many = from.count > 1;
			*sender = mem_strdup(from.address);
		}
	}
	if (ok && !*sender)
		*sender = mem_strdup(a.address);
	author_free(&from);
	author_free(&a);
	return ok;
}

static bool
is_recipients(const struct names *names, const struct header_field *field)
{
	for (size_t i = 0; i < sizeof names->recipients / sizeof names->recipients[0]; i++)
		if (header_is(field, names->recipients[i]))
			return true;
	return false;
}

bool
envelope_recipients(const char *header, size_t n, address_take take, void *ctx, struct err *e)
{
	const struct speaker s = find_speaker(header, n);
	struct header_field field;
	size_t at = 0;

	while (header_next(s.header, s.n, &at, &field))
		if (is_recipients(s.names, &field) &&
		    !address_list(field.body, field.body_len, take, ctx, e))
			return err_prefix(e, "%.*s", (int)field.name_len, field.name);
	return true;
}
