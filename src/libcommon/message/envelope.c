/* SPDX-License-Identifier: ISC */
#include "message/envelope.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
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

/* Does a field of this name stand in the N bytes of the block already? Then it begins an older
 * one. */
static bool
is_again(const char *block, size_t n, const struct header_field *field)
{
	char *name = mem_strndup(field->name, field->name_len);
	struct header_field other;
	const bool found = header_find(block, n, name, &other);

	free(name);
	return found;
}

static struct speaker
find_speaker(const char *header, size_t n)
{
	struct header_field field;
	const char *block = NULL;
	size_t at = 0, len = 0;

	while (header_next(header, n, &at, &field)) {
		if (!is_resent(&field) && !block)
			continue;
		if (!is_resent(&field) || (block && is_again(block, len, &field)))
			break;
		block = block ? block : field.start;
		len = (size_t)(field.start - block) + field.len;
	}
	if (block)
		return (struct speaker){block, len, &resent};
	return (struct speaker){header, n, &own};
}

struct first {
	char *address;
	size_t count;
};

static bool
keep_first(void *ctx, const struct address *a, struct err *e)
{
	struct first *first = ctx;

	(void)e;
	if (first->count++ == 0)
		first->address = mem_strdup(a->addr);
	return true;
}

static struct first
first_in(const struct speaker *s, const char *name)
{
	struct header_field field;
	struct first first = {0};
	struct err unused;

	if (header_find(s->header, s->n, name, &field))
		address_list(field.body, field.body_len, keep_first, &first, &unused);
	return first;
}

char *
envelope_sender(const char *header, size_t n, bool *is_one_of_many)
{
	const struct speaker s = find_speaker(header, n);
	struct first first = first_in(&s, s.names->sender);

	*is_one_of_many = false;
	if (first.address)
		return first.address;
	first = first_in(&s, s.names->from);
	*is_one_of_many = first.count > 1;
	return first.address;
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
