/* SPDX-License-Identifier: ISC */
#include "app/folder_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text_set.h"
#include "config/account.h"
#include "proto/folder.h"
#include "proto/imap/imap_name.h"
#include "proto/mailbox.h"

static void
add_name(struct folder_names *n, const char *name, size_t len)
{
	n->names = mem_room(n->names, n->count, sizeof *n->names);
	n->names[n->count++] = mem_strndup(name, len);
}

void
folder_names_of(struct folder_names *n, const struct account *a)
{
	const char *text = a->settings.mailbox.folders;

	*n = (struct folder_names){0};
	for (const char *p = text ? text : "INBOX"; *p;) {
		const size_t len = strcspn(p, "\n");

		add_name(n, p, len);
		p += len + (p[len] == '\n');
	}
}

void
folder_names_free(struct folder_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->names[i]);
	free(n->names);
	*n = (struct folder_names){0};
}

bool
folder_names_have_pattern(const struct folder_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (imap_name_is_pattern(n->names[i]))
			return true;
	return false;
}

bool
folder_names_are_many(const struct folder_names *n)
{
	return n->count > 1 || folder_names_have_pattern(n);
}

/* The folders of all patterns, each once. */
struct expansion {
	struct folder_names names;
	struct text_set known;
};

static void
add_once(struct expansion *x, const char *name)
{
	if (text_set_add(&x->known, imap_name_key(name)))
		add_name(&x->names, name, strlen(name));
}

static bool
add_matching(struct expansion *x, const char *pattern, const struct folder_list *l,
	     const struct folder *left_out, struct err *e)
{
	bool has_any = false;

	for (size_t i = 0; i < l->count; i++) {
		const struct folder *f = &l->items[i];

		if (f->is_absent || !imap_name_matches(pattern, f->name, f->delimiter))
			continue;
		has_any = true;
		if (f != left_out)
			add_once(x, f->name);
	}
	return has_any || err_set(e, ERR_NO_INPUT, "--folder: no folder is like '%s'", pattern);
}

bool
folder_names_expand(struct folder_names *n, struct mailbox *m, bool without_trash, struct err *e)
{
	struct expansion x = {0};
	struct folder_list l = {0};
	bool ok = !folder_names_have_pattern(n) || mailbox_folders(m, false, &l, e);

	for (size_t i = 0; ok && i < n->count; i++)
		if (imap_name_is_pattern(n->names[i]))
			ok = add_matching(&x, n->names[i], &l,
					  without_trash ? folder_list_trash(&l) : NULL, e);
		else
			add_once(&x, n->names[i]);
	folder_list_free(&l);
	folder_names_free(n);
	text_set_free(&x.known);
	*n = x.names;
	return ok;
}

bool
folders_check_one(const struct account *a, struct err *e)
{
	struct folder_names n;
	bool ok;

	folder_names_of(&n, a);
	ok = !folder_names_are_many(&n);
	folder_names_free(&n);
	if (ok)
		return true;
	err_set(e, ERR_USAGE, "--folder: numbers and ids belong to one folder, so name one");
	return err_hint(e, "mlist --folders shows which there are");
}
