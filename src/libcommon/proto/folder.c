/* SPDX-License-Identifier: ISC */
#include "proto/folder.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static const struct {
	const char *attribute;
	unsigned bit;
	const char *shown;
} uses[] = {
    {"\\Trash", 1, "trash"},      {"\\All", 2, "all"},
    {"\\Archive", 4, "archive"},  {"\\Drafts", 8, "drafts"},
    {"\\Flagged", 16, "flagged"}, {"\\Junk", 32, "junk"},
    {"\\Sent", 64, "sent"},       {"\\Important", 128, "important"},
};

enum { USES = sizeof uses / sizeof uses[0] };

/* The uses for which a folder can be asked, with the names of folders where none is marked: clients
 * and servers gave them these, the most usual first. */
static const struct {
	const char *attribute;
	const char *names[10];
} special[] = {
    {"\\Trash",
     {"Trash", "Deleted Messages", "Deleted Items", "[Gmail]/Trash", "[Gmail]/Bin",
      "[Google Mail]/Trash", "Deleted", "Bin", "Papierkorb"}},
    {"\\Sent",
     {"Sent", "Sent Messages", "Sent Items", "[Gmail]/Sent Mail", "[Google Mail]/Sent Mail",
      "Sent Mail", "Gesendet", "Gesendete Objekte", "Gesendete Elemente"}},
    {"\\Drafts", {"Drafts", "[Gmail]/Drafts", "[Google Mail]/Drafts", "Draft"}},
    {"\\Junk", {"Junk", "Spam", "Junk E-mail", "Bulk Mail", "[Gmail]/Spam"}},
    {"\\Archive", {"Archive", "Archives"}},
};

enum { SPECIAL = sizeof special / sizeof special[0] };

void
folder_take_attribute(struct folder *f, const char *word, size_t n)
{
	if (text_equal_n(word, n, "\\Noselect") || text_equal_n(word, n, "\\NonExistent"))
		f->is_absent = true;
	for (size_t i = 0; i < USES; i++)
		if (text_equal_n(word, n, uses[i].attribute))
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

static size_t
find_special(const char *attribute)
{
	size_t i = 0;

	while (i < SPECIAL && !text_equal_case(special[i].attribute, attribute))
		i++;
	return i;
}

bool
folder_is_special(const char *name)
{
	return find_special(name) < SPECIAL;
}

bool
folder_check_special(const char *name, enum err_code code, struct err *e)
{
	return name[0] != '\\' || folder_is_special(name) ||
	       err_set(e, code,
		       "'%s' is not one of \\Sent, \\Drafts, \\Archive, \\Junk and \\Trash", name);
}

const char *
folder_usual_name(const char *attribute)
{
	return special[find_special(attribute)].names[0];
}

static const struct folder *
find_marked(const struct folder_list *l, const char *attribute, bool is_absent)
{
	struct folder wanted = {0};

	folder_take_attribute(&wanted, attribute, strlen(attribute));
	for (size_t i = 0; i < l->count; i++)
		if ((l->items[i].uses & wanted.uses) && l->items[i].is_absent == is_absent)
			return &l->items[i];
	return NULL;
}

static const struct folder *
find_called(const struct folder_list *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (is_called(&l->items[i], name) && !l->items[i].is_absent)
			return &l->items[i];
	return NULL;
}

const struct folder *
folder_list_special(const struct folder_list *l, const char *attribute, bool may_be_absent)
{
	const struct folder *found = find_marked(l, attribute, false);
	const size_t use = find_special(attribute);

	for (const char *const *name = special[use].names; !found && *name; name++)
		found = find_called(l, *name);
	return found || !may_be_absent ? found : find_marked(l, attribute, true);
}

const struct folder *
folder_list_trash(const struct folder_list *l)
{
	return folder_list_special(l, "\\Trash", false);
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
