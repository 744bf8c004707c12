/* SPDX-License-Identifier: ISC */
#include "proto/folder.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { USE_TRASH = 1 };

static const struct {
	const char *attribute;
	unsigned bit;
	const char *shown;
} uses[] = {
    {"\\Trash", USE_TRASH, "trash"}, {"\\All", 2, "all"},
    {"\\Archive", 4, "archive"},     {"\\Drafts", 8, "drafts"},
    {"\\Flagged", 16, "flagged"},    {"\\Junk", 32, "junk"},
    {"\\Sent", 64, "sent"},          {"\\Important", 128, "important"},
};

enum { USES = sizeof uses / sizeof uses[0] };

/* Where none is marked. Clients and servers gave it these names, the most usual first. */
static const char *const usual_trash[] = {
    "Trash",       "Deleted Messages",    "Deleted Items", "[Gmail]/Trash",
    "[Gmail]/Bin", "[Google Mail]/Trash", "Deleted",       "Bin",
    "Papierkorb",
};

static bool
is_word(const char *word, size_t n, const char *other)
{
	return strlen(other) == n && text_starts(word, n, other);
}

void
folder_take_attribute(struct folder *f, const char *word, size_t n)
{
	if (is_word(word, n, "\\Noselect") || is_word(word, n, "\\NonExistent"))
		f->is_absent = true;
	for (size_t i = 0; i < USES; i++)
		if (is_word(word, n, uses[i].attribute))
			f->uses |= uses[i].bit;
}

void
folder_add_uses(struct buf *out, const struct folder *f)
{
	const char *between = "";

	buf_add_str(out, "");
	for (size_t i = 0; i < USES; i++)
		if (f->uses & uses[i].bit) {
			buf_addf(out, "%s%s", between, uses[i].shown);
			between = ",";
		}
}

static int
compare(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;
	const bool x_is_inbox = strcmp(x->name, "INBOX") == 0,
		   y_is_inbox = strcmp(y->name, "INBOX") == 0;

	if (x_is_inbox != y_is_inbox)
		return x_is_inbox ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* It can be opened if any answer said so. */
static void
merge(struct folder *f, struct folder *again)
{
	f->is_absent = f->is_absent && again->is_absent;
	f->uses |= again->uses;
	f->delimiter = f->delimiter ? f->delimiter : again->delimiter;
	if (!f->has_counts && again->has_counts) {
		f->has_counts = true;
		f->messages = again->messages;
		f->unseen = again->unseen;
	}
	free(again->name);
	free(again->wire);
}

void
folder_list_arrange(struct folder_list *l)
{
	size_t kept = 0;

	if (l->count > 0)
		qsort(l->items, l->count, sizeof *l->items, compare);
	for (size_t i = 0; i < l->count; i++)
		if (kept > 0 && strcmp(l->items[kept - 1].name, l->items[i].name) == 0)
			merge(&l->items[kept - 1], &l->items[i]);
		else
			l->items[kept++] = l->items[i];
	l->count = kept;
}

/* Many servers have all folders below INBOX. */
static bool
is_called(const struct folder *f, const char *name)
{
	const char *own = f->name;

	if (strncmp(own, "INBOX", 5) == 0 && f->delimiter && own[5] == f->delimiter)
		own += 6;
	return text_equal_case(own, name);
}

const struct folder *
folder_list_trash(const struct folder_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if ((l->items[i].uses & USE_TRASH) && !l->items[i].is_absent)
			return &l->items[i];
	for (size_t u = 0; u < sizeof usual_trash / sizeof usual_trash[0]; u++)
		for (size_t i = 0; i < l->count; i++)
			if (is_called(&l->items[i], usual_trash[u]) && !l->items[i].is_absent)
				return &l->items[i];
	return NULL;
}

void
folder_list_free(struct folder_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].name);
		free(l->items[i].wire);
	}
	free(l->items);
	*l = (struct folder_list){0};
}
