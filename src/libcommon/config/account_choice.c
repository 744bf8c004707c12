/* SPDX-License-Identifier: ISC */
#include "config/account_choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account_names.h"
#include "config/config_files.h"
#include "config/setting.h"
#include "config/values.h"

/* ADDRESS with the domain as it goes over the wire, the caller's to free(). */
static char *
on_wire(const char *address)
{
	const char *domain = strrchr(address, '@');
	struct buf out = {0};

	domain = domain ? domain + 1 : address;
	buf_add(&out, address, (size_t)(domain - address));
	idna_add(&out, domain);
	return buf_take(&out);
}

/* Two spellings of an international domain are one domain. */
static bool
are_same(const char *one, const char *other)
{
	char *wire_one, *wire_other;
	bool same;

	if (text_equal_case(one, other))
		return true;
	if (!text_has_8bit(one, strlen(one)) && !text_has_8bit(other, strlen(other)))
		return false; /* as in nearly every configuration */
	wire_one = on_wire(one);
	wire_other = on_wire(other);
	same = text_equal_case(wire_one, wire_other);
	free(wire_one);
	free(wire_other);
	return same;
}

/*
 * An alias is an address, or *@DOMAIN for a whole domain. Case does not matter, in the local part
 * either: the user's own addresses are few, and "Alice@Work.Example" must not choose another
 * account than "alice@work.example".
 */
static bool
alias_matches(const char *alias, const char *address)
{
	const char *at = strrchr(address, '@');

	if (strncmp(alias, "*@", 2) == 0)
		return at && are_same(alias + 1, at);
	return are_same(alias, address);
}

static bool
aliases_match(const char *aliases, const char *address)
{
	char *copy = mem_strdup(aliases), *rest = copy;
	bool found = false;

	for (char *word; !found && (word = strtok_r(rest, " \t,", &rest));)
		found = alias_matches(word, address);
	free(copy);
	return found;
}

static bool
has_address(const struct config_files *files, const char *section, const void *address)
{
	const char *own = config_files_key(files, section, "address");

	return own && are_same(own, address);
}

static bool
has_alias(const struct config_files *files, const char *section, const void *address)
{
	const char *aliases = config_files_key(files, section, "aliases");

	return aliases && aliases_match(aliases, address);
}

static bool
is_called(const struct config_files *files, const char *section, const void *name)
{
	(void)files;
	return strcmp(section, name) == 0;
}

static bool
is_other_than(const struct config_files *files, const char *section, const void *name)
{
	return !is_called(files, section, name);
}

/* alice+list@example.org is alice@example.org's too, where nobody has it for himself. */
static char *
without_detail(const char *address)
{
	const size_t plus = strcspn(address, "+@");
	const char *at = strrchr(address, '@');

	return mem_printf("%.*s%s", (int)plus, address, at ? at : "");
}

static const char *
find_by_sender(const struct config_files *files, const char *sender)
{
	char *plain = without_detail(sender);
	const char *section = config_files_find(files, has_address, sender);

	if (!section)
		section = config_files_find(files, has_address, plain);
	if (!section)
		section = config_files_find(files, has_alias, sender);
	if (!section)
		section = config_files_find(files, has_alias, plain);
	free(plain);
	return section;
}

/* The names of all accounts, each once. */
static void
add_names(struct buf *list, const struct config_files *files)
{
	struct account_names names;

	account_names_of(&names, files);
	for (size_t i = 0; i < names.count; i++)
		buf_addf(list, "%s%s", i > 0 ? ", " : "", names.names[i]);
	account_names_free(&names);
}

static bool
fail_with_list(const struct config_files *files, const char *wanted, struct err *e)
{
	struct buf list = {0};

	add_names(&list, files);
	if (wanted)
		err_set(e, ERR_CONFIG, "there is no account '%s'", wanted);
	else
		err_set(e, ERR_CONFIG, list.len ? "which account?" : "no account is configured");
	if (list.len)
		err_hint(e, "accounts: %s", list.data);
	else
		err_hint(e,
			 "maccount add ADDRESS sets one up; or write one into %s, see "
			 "mailverbs.ini(5), or give --server=URL and --user=NAME",
			 files->items[0].path ? files->items[0].path : "config.ini");
	buf_free(&list);
	return false;
}

/* By -a: a section, the address of one, or an address that needs none. */
static bool
choose_named(char **name, struct values *own, const struct config_files *files, const char *wanted,
	     struct err *e)
{
	const char *section = config_files_find(files, is_called, wanted);

	if (!section)
		section = config_files_find(files, has_address, wanted);
	if (!section && !strchr(wanted, '@'))
		return fail_with_list(files, wanted, e);
	*name = mem_strdup(section ? section : wanted);
	if (section)
		return true;
	return values_set(own, setting_row(SET_ADDRESS, TOOL_ALL), wanted, "command line", e);
}

bool
account_choose(char **name, struct values *own, const struct config_files *files,
	       const struct values *given, const char *sender, struct err *e)
{
	const char *wanted = given->of[SET_ACCOUNT].text;
	const char *section = NULL;

	if (wanted)
		return choose_named(name, own, files, wanted, e);
	if (sender)
		section = find_by_sender(files, sender);
	if (!section && (wanted = config_files_key(files, "", "account")))
		return choose_named(name, own, files, wanted, e);
	if (!section) {
		const char *first = config_files_find(files, is_other_than, "");

		if (first && !config_files_find(files, is_other_than, first))
			section = first;
	}
	if (!section && !given->of[SET_SERVER].text && !given->of[SET_HOST].text)
		return fail_with_list(files, NULL, e);
	*name = mem_strdup(section ? section : "");
	return true;
}

bool
account_follows_sender(const struct config_files *files, const struct values *given)
{
	const char *first = config_files_find(files, is_other_than, ""), *usual;

	if (given->of[SET_ACCOUNT].text || !first)
		return false;
	usual = config_files_key(files, "", "account");
	return config_files_find(files, is_other_than, first) ||
	       (usual && strcmp(usual, first) != 0);
}
