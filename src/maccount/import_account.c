/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "maccount/import.h"

static char *
replace(char *old, const char *value)
{
	mem_free_secret(old);
	return mem_strdup(value);
}

const struct import_item *
import_item_find(const struct import_items *items, const char *key)
{
	for (size_t i = 0; i < items->count; i++)
		if (strcmp(items->all[i].key, key) == 0)
			return items->all[i].value[0] ? &items->all[i] : NULL;
	return NULL;
}

void
import_item_set(struct import_items *items, const char *key, const char *value, unsigned line)
{
	struct import_item *item = NULL;

	for (size_t i = 0; i < items->count && !item; i++)
		if (strcmp(items->all[i].key, key) == 0)
			item = &items->all[i];
	if (!item) {
		items->all = mem_room(items->all, items->count, sizeof *items->all);
		item = &items->all[items->count++];
		*item = (struct import_item){.key = mem_strdup(key)};
	}
	item->value = replace(item->value, value);
	item->line = line;
}

void
import_items_copy(struct import_items *to, const struct import_items *from)
{
	for (size_t i = 0; i < from->count; i++)
		import_item_set(to, from->all[i].key, from->all[i].value, from->all[i].line);
}

const char *
import_item_value(const struct import_items *items, const char *key, const char *otherwise)
{
	const struct import_item *item = import_item_find(items, key);

	return item ? item->value : otherwise;
}

bool
import_item_is_on(const struct import_items *items, const char *key, bool otherwise)
{
	const struct import_item *item = import_item_find(items, key);

	return item ? strcmp(item->value, "off") != 0 : otherwise;
}

void
import_items_free(struct import_items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		mem_free_secret(items->all[i].value);
		free(items->all[i].key);
	}
	free(items->all);
	*items = (struct import_items){0};
}

struct imported *
import_add(struct import *im, const char *name, unsigned line)
{
	im->accounts = mem_room(im->accounts, im->count, sizeof *im->accounts);
	im->accounts[im->count] =
	    (struct imported){.name = mem_strdup(name), .path = im->path, .line = line};
	return &im->accounts[im->count++];
}

void
imported_free(struct imported *a)
{
	for (size_t i = 0; i < a->key_count; i++)
		free(a->keys[i].value);
	mem_free_secret(a->password);
	free(a->keys);
	free(a->name);
	buf_free(&a->notes);
}

void
import_drop_last(struct import *im)
{
	imported_free(&im->accounts[--im->count]);
}

void
import_free(struct import *im)
{
	for (size_t i = 0; i < im->count; i++)
		imported_free(&im->accounts[i]);
	free(im->accounts);
	free(im->default_name);
	text_set_free(&im->said);
}

void
import_skip(struct import *im, unsigned line, const char *what, const char *why)
{
	struct err e;

	err_set(&e, ERR_CONFIG, "%s:%u: %s: not taken over: %s", im->path, line, what, why);
	if (text_set_add(&im->said, e.text))
		run_complain(im->run, &e);
}

/* The row of a key that an account's section may have: options of that name are other rows. */
static const struct setting *
row_of(enum setting_id id)
{
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].id == id && (settings[i].places & IN_ACCOUNT))
			return &settings[i];
	return NULL;
}

void
import_set(struct import *im, struct imported *a, enum setting_id id, const char *value,
	   unsigned line, const char *what)
{
	const struct setting *s = row_of(id);
	struct err e;
	char *normal = NULL;

	if (!s || !setting_check(s, value, &normal, &e)) {
		import_skip(im, line, what, s ? e.text : "there is no such key");
		return;
	}
	free(normal);
	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].setting == s) {
			a->keys[i].value = replace(a->keys[i].value, value);
			return;
		}
	a->keys = mem_room(a->keys, a->key_count, sizeof *a->keys);
	a->keys[a->key_count++] = (struct imported_key){.setting = s, .value = mem_strdup(value)};
}

void
import_set_word(struct import *im, struct imported *a, enum setting_id id, const char *word,
		unsigned line, const char *what)
{
	char *small = mem_strdup(word);

	text_make_lower(small);
	import_set(im, a, id, small, line, what);
	free(small);
}

bool
imported_has(const struct imported *a, enum setting_id id)
{
	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].setting->id == id)
			return true;
	return false;
}

void
imported_note(struct imported *a, const char *text)
{
	buf_add_str(&a->notes, text);
	buf_add_char(&a->notes, '\n');
}

static void
set_password(struct imported *a, const char *password, unsigned line)
{
	a->password = replace(a->password, password);
	a->password_line = line;
}

void
import_take_password(struct import *im, struct imported *a, const struct import_items *items,
		     const struct import_item *item)
{
	(void)im, (void)items;
	set_password(a, item->value, item->line);
}

static const struct import_rule *
rule_for(const struct import_rule *const *tables, const char *key)
{
	for (; *tables; tables++)
		for (const struct import_rule *r = *tables; r->key; r++)
			if (strcmp(r->key, key) == 0)
				return r;
	return NULL;
}

void
import_apply(struct import *im, struct imported *a, const struct import_items *items,
	     const struct import_rule *const *tables)
{
	for (size_t i = 0; i < items->count; i++) {
		const struct import_item *item = &items->all[i];
		const struct import_rule *r = rule_for(tables, item->key);

		if (item->value[0] == '\0' && r)
			continue; /* it unsets what was inherited */
		if (!r)
			import_skip(im, item->line, item->key, "not understood");
		else if (r->fine &&
			 (strcmp(r->fine, "*") == 0 || text_has_word(r->fine, item->value)))
			continue;
		else if (r->translate)
			r->translate(im, a, items, item);
		else if (r->id != SETTING_IDS)
			import_set(im, a, r->id, item->value, item->line, item->key);
		else
			import_skip(im, item->line, item->key, r->why);
	}
}

static bool
is_this_machine(const char *host)
{
	return text_equal_case(host, "localhost") || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "::1") == 0;
}

void
import_set_server(struct import *im, struct imported *a, const struct import_server *s)
{
	static const enum setting_id ids[] = {
	    [PROTOCOL_SMTP] = SET_SMTP, [PROTOCOL_POP3] = SET_POP3, [PROTOCOL_IMAP] = SET_IMAP};
	const bool is_bare =
	    s->security == SECURITY_NONE && s->has_login && !is_this_machine(s->host);
	char *url =
	    url_compose(s->protocol, is_bare ? SECURITY_STARTTLS : s->security, s->host, s->port);

	if (is_bare)
		import_skip(im, s->cause ? s->cause->line : a->line,
			    s->cause ? s->cause->key : a->name,
			    "a login without encryption; the section requires STARTTLS");
	import_set(im, a, ids[s->protocol], url, a->line, "the server");
	free(url);
}

char *
import_line(const char **text)
{
	const size_t len = strcspn(*text, "\n");
	char *line;

	if (**text == '\0')
		return NULL;
	line = mem_strndup(*text, len);
	*text += len + ((*text)[len] == '\n');
	return line;
}

char *
import_trim(char *s)
{
	size_t len;

	s += strspn(s, " \t\r");
	for (len = strlen(s); len > 0 && strchr(" \t\r", s[len - 1]); len--)
		s[len - 1] = '\0';
	return s;
}
