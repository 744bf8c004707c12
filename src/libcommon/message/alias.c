/* SPDX-License-Identifier: ISC */
#include "message/alias.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address.h"

enum {
	NESTED_MAX = 100,                /* no file that a person wrote goes deeper */
	FILE_SIZE_MAX = 64 * 1024 * 1024 /* nor is one longer */
};

struct entry {
	char *name;
	struct buf value;
	unsigned line;
	bool is_open;
	bool is_done; /* it was expanded */
};

struct aliases {
	char *path;
	struct entry *entries; /* sorted by name once all are read */
	size_t count;
};

/* Reading the file. */

/* The length of the text before the first C outside quotes. */
static size_t
span_to(const char *text, size_t n, char c)
{
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == c && !quoted)
			return i;
	}
	return n;
}

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && text_is_blank(**text)) {
		++*text;
		--*len;
	}
	while (*len > 0 && text_is_blank((*text)[*len - 1]))
		--*len;
}

static bool
take_line(struct aliases *a, const char *line, size_t len, unsigned number, struct err *e)
{
	const bool goes_on = len > 0 && text_is_blank(line[0]);
	const size_t colon = span_to(line, len, ':');
	const char *name = line;
	size_t name_len = colon;

	trim(&line, &len);
	if (len == 0 || line[0] == '#')
		return true;
	if (goes_on && a->count > 0) {
		buf_add_char(&a->entries[a->count - 1].value, ' ');
		buf_add(&a->entries[a->count - 1].value, line, len);
		return true;
	}
	trim(&name, &name_len);
	if (name_len >= 2 && name[0] == '"' && name[name_len - 1] == '"') {
		name++;
		name_len -= 2;
	}
	if (goes_on || name_len == 0 || colon >= len)
		return err_set(e, ERR_CONFIG, "%s:%u: no 'NAME: ADDRESS, ...'", a->path, number);
	a->entries = mem_room(a->entries, a->count, sizeof *a->entries);
	a->entries[a->count] = (struct entry){.name = mem_strndup(name, name_len), .line = number};
	buf_add(&a->entries[a->count++].value, line + colon + 1, len - colon - 1);
	return true;
}

static bool
take_lines(struct aliases *a, const struct buf *text, struct err *e)
{
	const char *line = text->data, *end = line + text->len;
	unsigned number = 0;
	bool ok = true;

	for (size_t len; ok && line < end; line += len) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		len = (size_t)((newline ? newline + 1 : end) - line);
		ok = take_line(a, line, len, ++number, e);
	}
	return ok;
}

static bool
read_file(const char *path, struct buf *text, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return err_set_errno(e, ERR_CONFIG, "%s", path);
	ok = file_read_all(fd, text, FILE_SIZE_MAX, e) || err_prefix(e, "%s", path);
	if (!ok && e->code == ERR_IO)
		e->code = ERR_CONFIG;
	close(fd);
	return ok;
}

/* Without ASCII case, whatever the locale. */
static int
compare_names(const char *a, const char *b)
{
	while (*a && text_lower(*a) == text_lower(*b)) {
		a++;
		b++;
	}
	return (unsigned char)text_lower(*a) - (unsigned char)text_lower(*b);
}

/* Among entries with one name the first in the file comes first. */
static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const int names = compare_names(x->name, y->name);

	return names != 0 ? names : x->line < y->line ? -1 : x->line > y->line;
}

static void
sort_entries(struct aliases *a)
{
	if (a->count > 0)
		qsort(a->entries, a->count, sizeof *a->entries, compare_entries);
}

struct aliases *
aliases_open(const char *path, struct err *e)
{
	struct aliases *a = mem_alloc(sizeof *a);
	struct buf text = {0};
	bool ok;

	a->path = mem_strdup(path);
	ok = read_file(path, &text, e) && take_lines(a, &text, e);
	buf_free(&text);
	sort_entries(a);
	if (ok)
		return a;
	aliases_free(a);
	return NULL;
}

void
aliases_free(struct aliases *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++) {
		free(a->entries[i].name);
		buf_free(&a->entries[i].value);
	}
	free(a->entries);
	free(a->path);
	free(a);
}

/* Looking up. */

/* An entry that is being opened. */
struct expansion {
	const struct aliases *aliases;
	struct entry *entry; /* NULL: what was asked for */
	unsigned depth;
	address_take take;
	void *ctx;
};

static bool expand(const struct expansion *x, const char *address, struct err *e);

/* The first entry of that name. */
static struct entry *
find_name(const struct aliases *a, const char *name, size_t len)
{
	char *wanted = mem_strndup(name, len);
	size_t from = 0, to = a ? a->count : 0;
	struct entry *found = NULL;

	while (from < to) {
		const size_t middle = from + (to - from) / 2;

		if (compare_names(a->entries[middle].name, wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (a && from < a->count && compare_names(a->entries[from].name, wanted) == 0)
		found = &a->entries[from];
	free(wanted);
	return found;
}

static struct entry *
find_entry(const struct expansion *x, const char *address)
{
	const char *domain = address_domain(address);
	const size_t len = domain ? (size_t)(domain - 1 - address) : strlen(address);
	struct entry *entry;

	if (domain && !text_equal_case(domain, "localhost"))
		return NULL;
	entry = find_name(x->aliases, address, len);
	/* Nobody is meant by what a name of the file leads to, but is not in it: a local user. */
	if (!entry && !x->entry)
		entry = find_name(x->aliases, "default", strlen("default"));
	return entry;
}

static bool
refuse(const struct expansion *x, struct err *e, const char *what, const char *item, size_t len)
{
	return err_set(e, ERR_CONFIG, "%s:%u: %s: %.*s%s", x->aliases->path, x->entry->line,
		       x->entry->name, (int)len, item, what);
}

static bool
take_address(void *ctx, const struct address *a, struct err *e)
{
	return expand(ctx, a->addr, e);
}

/* One of the addresses in an entry. */
static bool
expand_item(const struct expansion *x, const char *item, size_t len, struct err *e)
{
	const char first = item[item[0] == '"'];
	struct expansion inner = *x;

	if (strchr("|/:", first))
		return refuse(x, e, ": commands, files and :include: are not done here", item, len);
	if (item[0] == '\\') {
		char *name = mem_strndup(item + 1, len - 1);
		const bool ok = x->take(x->ctx, &(struct address){name, ""}, e);

		free(name);
		return ok;
	}
	if (address_list(item, len, take_address, &inner, e))
		return true;
	if (e->code == ERR_MALFORMED)
		refuse(x, e, " is not an address", item, len);
	return false;
}

static bool
expand_entry(const struct expansion *x, struct err *e)
{
	const char *rest = x->entry->value.data;
	size_t left = x->entry->value.len;

	while (left > 0) {
		const size_t span = span_to(rest, left, ',');
		const char *item = rest;
		size_t len = span;

		trim(&item, &len);
		if (len > 0 && !expand_item(x, item, len, e))
			return false;
		rest += span + (span < left);
		left -= span + (span < left);
	}
	return true;
}

static bool
expand_nested(const struct expansion *x, struct entry *entry, const char *address, struct err *e)
{
	const struct expansion inner = {x->aliases, entry, x->depth + 1, x->take, x->ctx};
	bool ok;

	if (entry->is_done)
		return true;
	if (entry->is_open)
		return refuse(x, e, " leads back to it", address, strlen(address));
	if (inner.depth > NESTED_MAX)
		return refuse(x, e, ": nested too deep", address, strlen(address));
	entry->is_open = true;
	ok = expand_entry(&inner, e);
	entry->is_open = false;
	entry->is_done = ok;
	return ok;
}

static bool
expand(const struct expansion *x, const char *address, struct err *e)
{
	struct entry *entry = find_entry(x, address);

	if (!entry || entry == x->entry)
		return x->take(x->ctx, &(struct address){address, ""}, e);
	return expand_nested(x, entry, address, e);
}

bool
aliases_expand(const struct aliases *a, const char *address, address_take take, void *ctx,
	       struct err *e)
{
	return expand(&(struct expansion){.aliases = a, .take = take, .ctx = ctx}, address, e);
}
