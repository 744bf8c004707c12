/* SPDX-License-Identifier: ISC */
/*
 * Lists the folders (LIST, RFC 9051 section 6.3.9) and their sizes (in the same answers if the
 * server has LIST-STATUS, RFC 5819, else by STATUS), and finds the Trash.
 *
 * LIST "" "*" shows the personal folders, and on most servers all folders. Other namespaces that
 * NAMESPACE (RFC 2342) names are listed separately if none of their folders were in the list.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"

enum {
	FOLDERS_MAX = 20 * 1000, /* a server that has more is playing with our memory */
	NAME_MAX_LEN = 4096,
	NAMES_MAX = 16 * 1024 * 1024, /* bytes of all names */
	NAMESPACES_MAX = 100,
	STATUS_AHEAD = 200 /* commands on the way */
};

struct folders {
	struct imap *c;
	struct folder_list *list;
	bool wants_counts;
	size_t names_len;
	size_t last; /* the folder that STATUS told of last, or LIST */
	char *prefixes[NAMESPACES_MAX];
	size_t prefix_count;
};

/* The server's answers. */

/* A name without quotes takes the rest of the line, except for blanks and the data that
 * LIST-EXTENDED puts after a name (RFC 5258 section 6). */
static void
add_bare_name(const struct imap *c, struct buf *out, const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == ' ')
		len--;
	for (size_t i = 0; i + 1 < len && imap_can(c, IMAP_LIST_EXTENDED); i++)
		if (text[i] == ' ' && text[i + 1] == '(' && text[len - 1] == ')')
			len = i;
	buf_add(out, text, len);
}

/* A name, of which T is the first token. */
static bool
read_name(struct imap *c, const struct imap_token *t, struct buf *out)
{
	uint64_t left = t->kind == TOKEN_LITERAL ? t->size : 0;
	struct imap_token octets;

	if (left > NAME_MAX_LEN || t->len > NAME_MAX_LEN)
		return imap_breach(c, "a folder with an endless name");
	if (t->kind == TOKEN_TEXT)
		add_bare_name(c, out, t->text, t->len);
	else if (t->kind == TOKEN_ATOM || t->kind == TOKEN_QUOTED)
		buf_add(out, t->text, t->len);
	else if (t->kind != TOKEN_LITERAL)
		return imap_breach(c, "a folder without a name");
	for (; left > 0 && imap_next(c, &octets); left -= octets.len)
		buf_add(out, octets.text, octets.len);
	if (left > 0)
		return false;
	buf_add_str(out, "");
	return !memchr(out->data, '\0', out->len) ||
	       imap_breach(c, "a folder with a NUL in its name");
}

static void
add_folder(struct folders *x, struct folder *f, const struct buf *wire)
{
	struct folder_list *l = x->list;
	struct buf shown = {0};

	imap_name_show(&shown, wire->data, wire->len, x->c->is_utf8);
	f->name = mem_strdup(shown.data);
	f->wire = mem_strdup(wire->data);
	buf_free(&shown);
	l->items = mem_room(l->items, l->count, sizeof *l->items);
	x->last = l->count;
	l->items[l->count++] = *f;
	x->names_len += strlen(f->name) + strlen(f->wire);
}

/* The hierarchy delimiter; NIL is none. */
static void
take_delimiter(struct folder *f, const struct imap_token *t)
{
	if ((t->kind == TOKEN_QUOTED || t->kind == TOKEN_ATOM) && t->len == 1)
		f->delimiter = t->text[0];
}

/* (\HasNoChildren \Trash) "/" "Trash", and the data that an extension puts after it. A line that is
 * not of this form names no folder. */
static bool
read_folder(struct folders *x)
{
	struct imap *c = x->c;
	struct folder f = {0};
	struct buf wire = {0};
	struct imap_token t;

	if (x->list->count == FOLDERS_MAX || x->names_len > NAMES_MAX)
		return imap_breach(c, "more folders than anybody has");
	if (!imap_next(c, &t) || t.kind != TOKEN_OPEN)
		return false;
	while (imap_next(c, &t) && t.kind == TOKEN_ATOM)
		folder_take_attribute(&f, t.text, t.len);
	if (t.kind != TOKEN_CLOSE || !imap_next(c, &t))
		return false;
	take_delimiter(&f, &t);
	imap_parse_name(&c->parse);
	if (imap_next(c, &t) && read_name(c, &t, &wire) && wire.len > 0)
		add_folder(x, &f, &wire);
	buf_free(&wire);
	return true;
}

static bool
is_wire(const struct folder *f, const struct buf *wire)
{
	return strcmp(f->wire, wire->data) == 0 || (imap_name_is_inbox(wire->data, wire->len) &&
						    imap_name_is_inbox(f->wire, strlen(f->wire)));
}

/* Mostly the one that was named last, or the next one. */
static struct folder *
find_wire(struct folders *x, const struct buf *wire)
{
	for (size_t i = 0; i < x->list->count; i++) {
		const size_t at = (x->last + i) % x->list->count;

		if (is_wire(&x->list->items[at], wire)) {
			x->last = at;
			return &x->list->items[at];
		}
	}
	return NULL;
}

/* Behind the opening parenthesis. */
static bool
read_counts(struct imap *c, struct folder *f)
{
	struct imap_token t, value;
	bool has_messages = false, has_unseen = false;

	while (imap_next(c, &t) && t.kind == TOKEN_ATOM) {
		const bool is_messages = imap_is(&t, "MESSAGES"), is_unseen = imap_is(&t, "UNSEEN");

		if (!imap_next(c, &value))
			return false;
		has_messages |= is_messages && imap_number64(&value, &f->messages);
		has_unseen |= is_unseen && imap_number64(&value, &f->unseen);
	}
	f->has_counts = has_messages && has_unseen;
	return true;
}

/* The words of a name without quotes, up to the opening parenthesis. */
static bool
read_rest_of_name(struct imap *c, struct buf *wire)
{
	struct imap_token t;

	while (imap_next(c, &t)) {
		if (t.kind == TOKEN_OPEN)
			return true;
		if (t.kind != TOKEN_ATOM || wire->len + t.len > NAME_MAX_LEN)
			return false;
		buf_addf(wire, " %.*s", (int)t.len, t.text);
	}
	return false;
}

static bool
read_status(struct folders *x)
{
	struct buf wire = {0};
	struct imap_token t;
	struct folder *f = NULL;

	if (imap_next(x->c, &t) && read_name(x->c, &t, &wire) && read_rest_of_name(x->c, &wire))
		f = find_wire(x, &wire);
	buf_free(&wire);
	return f && read_counts(x->c, f);
}

static void
add_prefix(struct folders *x, const struct buf *prefix)
{
	if (prefix->len > 0 && x->prefix_count < NAMESPACES_MAX && !strpbrk(prefix->data, "\r\n*%"))
		x->prefixes[x->prefix_count++] = mem_strdup(prefix->data);
}

/* (("" "/")) (("~" "/")) NIL: a prefix is the first string two lists deep. */
static bool
read_namespaces(struct folders *x)
{
	struct imap_token t;
	unsigned depth = 0;
	bool is_first = false, ok = true;

	while (ok && imap_next(x->c, &t)) {
		struct buf prefix = {0};

		depth += t.kind == TOKEN_OPEN;
		depth -= t.kind == TOKEN_CLOSE && depth > 0;
		if (is_first && t.kind != TOKEN_OPEN && t.kind != TOKEN_CLOSE) {
			ok = read_name(x->c, &t, &prefix);
			if (ok)
				add_prefix(x, &prefix);
		} else if (t.kind == TOKEN_LITERAL) {
			ok = imap_skip_value(x->c, &t);
		}
		is_first = t.kind == TOKEN_OPEN && depth == 2;
		buf_free(&prefix);
	}
	return true;
}

/* A LIST that nobody asked for, while STATUS is awaited, adds no folder. */
static bool
take_counts(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	(void)c;
	return text_equal_case(u->keyword, "STATUS") && read_status(ctx);
}

static bool
take(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	if (text_equal_case(u->keyword, "LIST"))
		return read_folder(ctx);
	if (text_equal_case(u->keyword, "NAMESPACE"))
		return read_namespaces(ctx);
	return take_counts(ctx, c, u);
}

static enum imap_status
await(struct folders *x)
{
	return imap_await_data(x->c, take, x);
}

/* The requests. */

static bool
has_counts_in_list(const struct folders *x)
{
	return x->wants_counts && imap_can(x->c, IMAP_LIST_STATUS);
}

/* RETURN is LIST-EXTENDED's (RFC 5258), which LIST-STATUS builds on. Without it servers that have
 * SPECIAL-USE tell it all the same. */
static void
ask_list(const struct folders *x, const char *prefix)
{
	struct imap *c = x->c;
	const bool with_uses =
	    imap_can(c, IMAP_SPECIAL_USE) && imap_can(c, IMAP_LIST_EXTENDED | IMAP_LIST_STATUS);
	const char *counts = has_counts_in_list(x) ? "STATUS (MESSAGES UNSEEN)" : "";
	char *pattern = mem_printf("%s*", prefix);
	struct buf quoted = {0};

	imap_quote(&quoted, pattern);
	if (with_uses || counts[0])
		imap_ask(c, "LIST \"\" %s RETURN (%s%s%s)", quoted.data,
			 with_uses ? "SPECIAL-USE" : "", with_uses && counts[0] ? " " : "", counts);
	else
		imap_ask(c, "LIST \"\" %s", quoted.data);
	buf_free(&quoted);
	free(pattern);
}

static bool
await_list(struct folders *x, struct err *e)
{
	return imap_ok(x->c, await(x), ERR_UNAVAILABLE, e);
}

/* Folders below INBOX have been listed already, if there are any. */
static bool
is_listed(const struct folders *x, const char *prefix)
{
	if (strlen(prefix) >= 5 && imap_name_is_inbox(prefix, 5))
		return true;
	for (size_t i = 0; i < x->list->count; i++)
		if (strncmp(x->list->items[i].wire, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static bool
list_namespaces(struct folders *x, struct err *e)
{
	size_t asked = 0;
	bool ok = true;

	for (size_t i = 0; i < x->prefix_count; i++)
		if (!is_listed(x, x->prefixes[i])) {
			ask_list(x, x->prefixes[i]);
			asked++;
		}
	for (; asked > 0; asked--) {
		const enum imap_status status = await(x);

		/* A user who may not see other users' folders has none of them. */
		ok = ok && (status == IMAP_NO || imap_ok(x->c, status, ERR_UNAVAILABLE, e));
	}
	return ok;
}

static bool
ask_status(struct imap *c, const struct folder *f)
{
	struct buf name = {0};

	if (f->is_absent || strpbrk(f->wire, "\r\n"))
		return false;
	imap_quote(&name, f->wire);
	imap_ask(c, "STATUS %s (MESSAGES UNSEEN)", name.data);
	buf_free(&name);
	return true;
}

/* A folder that may be seen and not opened, or about which the server has no answer, has no counts.
 */
static bool
count_each(struct folders *x, struct err *e)
{
	size_t on_the_way = 0;

	x->last = 0;
	for (size_t next = 0; next < x->list->count || on_the_way > 0;) {
		enum imap_status status;

		while (next < x->list->count && on_the_way < STATUS_AHEAD)
			on_the_way += ask_status(x->c, &x->list->items[next++]);
		if (on_the_way == 0)
			continue;
		on_the_way--;
		status = imap_await_data(x->c, take_counts, x);
		if (status != IMAP_NO && status != IMAP_BAD &&
		    !imap_ok(x->c, status, ERR_UNAVAILABLE, e))
			return false;
	}
	return true;
}

static bool
count_unordered(struct folders *x, struct err *e)
{
	bool ok;

	imap_begin_unordered(x->c);
	ok = count_each(x, e);
	imap_end_unordered(x->c);
	return ok;
}

static bool
list_all(struct folders *x, struct err *e)
{
	struct imap *c = x->c;
	const bool has_namespaces = imap_can(c, IMAP_NAMESPACE), has_counts = has_counts_in_list(x);

	ask_list(x, "");
	if (has_namespaces)
		imap_ask(c, "NAMESPACE");
	if (!imap_await_introduction(c, e) || !await_list(x, e))
		return false;
	if (has_namespaces && await(x) == IMAP_FAILED)
		return imap_stream_ok(c, e);
	if (!list_namespaces(x, e))
		return false;
	folder_list_arrange(x->list);
	return !x->wants_counts || has_counts || count_unordered(x, e);
}

static void
free_prefixes(struct folders *x)
{
	for (size_t i = 0; i < x->prefix_count; i++)
		free(x->prefixes[i]);
}

bool
imap_folders(void *conversation, bool with_counts, struct folder_list *l, struct err *e)
{
	struct folders x = {.c = conversation, .list = l, .wants_counts = with_counts};
	const bool ok = imap_ask_introduction(x.c, e) && list_all(&x, e);

	free_prefixes(&x);
	return ok;
}

/* The Trash. */

void
imap_ask_trash(struct imap *c)
{
	const struct folders x = {.c = c};

	ask_list(&x, "");
}

static bool
check_trash(struct imap *c, struct err *e)
{
	if (!c->trash) {
		imap_complain(c, ERR_UNAVAILABLE,
			      "there is no Trash folder to move messages to, so nothing is deleted",
			      e);
		return err_hint(e, "create a folder named Trash there, or leave --trash out");
	}
	if (strpbrk(c->trash, "\r\n"))
		return imap_complain(c, ERR_UNAVAILABLE, "the Trash has a line end in its name", e);
	return true;
}

bool
imap_await_trash(struct imap *c, struct err *e)
{
	struct folder_list l = {0};
	struct folders x = {.c = c, .list = &l};
	const bool ok = await_list(&x, e);
	const struct folder *trash;

	folder_list_arrange(&l); /* where several are marked, it is the same one always */
	trash = folder_list_trash(&l);
	free(c->trash);
	c->trash = ok && trash ? mem_strdup(trash->wire) : NULL;
	folder_list_free(&l);
	free_prefixes(&x); /* of a NAMESPACE that nobody asked for */
	return ok && check_trash(c, e);
}

/* Folders by their special use. */

/* The name for a new one. Some servers have all folders below INBOX. */
static bool
name_new(struct folders *x, const char *attribute, struct buf *wire, struct err *e)
{
	struct imap *c = x->c;

	if (imap_can(c, IMAP_NAMESPACE)) {
		imap_ask(c, "NAMESPACE");
		if (!imap_ok(c, await(x), ERR_UNAVAILABLE, e))
			return false;
	}
	if (x->prefix_count > 0 && strlen(x->prefixes[0]) > 5 &&
	    imap_name_is_inbox(x->prefixes[0], 5))
		buf_add_str(wire, x->prefixes[0]);
	return imap_wire_name(c, wire, folder_usual_name(attribute), e);
}

static bool
take_special(struct folders *x, const char *attribute, bool creates, struct buf *wire,
	     struct err *e)
{
	const struct folder *found = folder_list_special(x->list, attribute, true);

	if (found && !strpbrk(found->wire, "\r\n")) {
		buf_add_str(wire, found->wire);
		return true;
	}
	if (!found && creates)
		return name_new(x, attribute, wire, e);
	err_set(e, ERR_NO_INPUT, "%s: no folder is marked as %s, and none has a usual name for it",
		stream_name(x->c->stream), attribute);
	return err_hint(e, "give the folder's name, or --create");
}

bool
imap_find_special(struct imap *c, const char *attribute, bool creates, struct buf *wire,
		  struct err *e)
{
	struct folder_list l = {0};
	struct folders x = {.c = c, .list = &l};
	bool ok;

	ask_list(&x, "");
	ok = await_list(&x, e);
	folder_list_arrange(&l);
	ok = ok && take_special(&x, attribute, creates, wire, e);
	folder_list_free(&l);
	free_prefixes(&x);
	return ok;
}
