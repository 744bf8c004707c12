/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"

enum {
	FOLDERS_MAX = 20 * 1000, /* more would only fill our memory */
	NAME_MAX_LEN = 4096,
	NAMES_MAX = 16 * 1024 * 1024 /* bytes of all names */
};

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
add_folder(struct imap_folder_listing *x, struct folder *f, const struct buf *wire)
{
	struct folder_list *l = x->list;
	struct buf shown = {0};

	imap_name_show(&shown, wire->data, wire->len, x->c->stage.is_utf8);
	f->name = mem_strdup(shown.data);
	f->wire = mem_strdup(wire->data);
	buf_free(&shown);
	l->items = mem_room(l->items, l->count, sizeof *l->items);
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
read_folder(struct imap_folder_listing *x)
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
	imap_parse_name(&c->reader.parse);
	if (imap_next(c, &t) && read_name(c, &t, &wire) && wire.len > 0)
		add_folder(x, &f, &wire);
	buf_free(&wire);
	return true;
}

/* After the opening parenthesis. */
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

bool
imap_list_read_status_name(struct imap *c, struct buf *wire)
{
	struct imap_token t;

	return imap_next(c, &t) && read_name(c, &t, wire) && read_rest_of_name(c, wire);
}

static bool
read_status(struct imap_folder_listing *x)
{
	struct buf wire = {0};
	struct folder *f = NULL;

	if (imap_list_read_status_name(x->c, &wire))
		f = imap_folder_index_find(&x->index, x->list, wire.data);
	buf_free(&wire);
	return f && read_counts(x->c, f);
}

static void
add_prefix(struct imap_folder_listing *x, const struct buf *prefix)
{
	if (prefix->len > 0 && x->prefix_count < IMAP_NAMESPACES_MAX &&
	    !strpbrk(prefix->data, "\r\n*%"))
		x->prefixes[x->prefix_count++] = mem_strdup(prefix->data);
}

/* (("" "/")) (("~" "/")) NIL: a prefix is the first string two lists deep. */
static bool
read_namespaces(struct imap_folder_listing *x)
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

enum imap_status
imap_await_list(struct imap_folder_listing *x)
{
	return imap_await_data(x->c, take, x);
}

enum imap_status
imap_await_counts(struct imap_folder_listing *x)
{
	return imap_await_data(x->c, take_counts, x);
}

bool
imap_list_has_counts(const struct imap_folder_listing *x)
{
	return x->wants_counts && imap_can(x->c, IMAP_LIST_STATUS);
}

/* RETURN is LIST-EXTENDED's (RFC 5258), which LIST-STATUS builds on. Without it servers that have
 * SPECIAL-USE tell it all the same. */
void
imap_ask_list(const struct imap_folder_listing *x, const char *prefix)
{
	struct imap *c = x->c;
	const bool with_uses =
	    imap_can(c, IMAP_SPECIAL_USE) && imap_can(c, IMAP_LIST_EXTENDED | IMAP_LIST_STATUS);
	const char *counts = imap_list_has_counts(x) ? "STATUS (MESSAGES UNSEEN)" : "";
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

void
imap_list_free(struct imap_folder_listing *x)
{
	imap_folder_index_free(&x->index);
	for (size_t i = 0; i < x->prefix_count; i++)
		free(x->prefixes[i]);
}
