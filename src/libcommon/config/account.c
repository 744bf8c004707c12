/* SPDX-License-Identifier: ISC */
#include "config/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/conflict.h"
#include "config/ini.h"
#include "config/paths.h"
#include "config/provider.h"
#include "config/suggest.h"

/* The user's configuration and the system's, in the order in which they are asked. */
enum { USERS, SYSTEMS, FILES };

const char *
account_text(const struct account *a, enum setting_id id)
{
	return values_text(&a->values, id);
}

bool
account_flag(const struct account *a, enum setting_id id)
{
	return values_flag(&a->values, id);
}

unsigned
account_number(const struct account *a, enum setting_id id, unsigned otherwise)
{
	return values_number(&a->values, id, otherwise);
}

/* Reading the files: every entry of every section is checked, also of accounts that are not used
 * now. */

static bool
entry_error(const struct ini *file, const struct ini_entry *entry, struct err *e)
{
	e->code = ERR_CONFIG;
	return err_prefix(e, "%s:%u: %s", file->path, entry->line, entry->name);
}

/* In a command or a password " ;" may well be meant: libinih takes it for a comment and would cut
 * the value. */
static bool
check_uncut(const struct ini *file, const struct ini_entry *entry, const struct setting *s,
	    struct err *e)
{
	const bool is_password = s->id == SET_PASSWORD;

	if (s->kind != KIND_ANY || !entry->has_comment)
		return true;
	err_set(e, ERR_CONFIG, "' ;' begins a comment here, so it can't be told from the %s",
		is_password ? "password" : "command");
	if (is_password)
		err_hint(e,
			 "put the password into a file of its own and name it with password-file");
	else
		err_hint(e, "no blank before a semicolon: 'a; b'; a comment has a line of its own");
	return entry_error(file, entry, e);
}

static bool
check_password(const struct ini *file, const struct ini_entry *entry, struct err *e)
{
	if (!file->others_can_read)
		return true;
	err_set(e, ERR_CONFIG, "others can read this file, which has a password in it");
	err_hint(e, "chmod 600 %s", file->path);
	return entry_error(file, entry, e);
}

static bool
check_entry(const struct ini *file, const struct ini_entry *entry, struct err *e)
{
	const unsigned place = entry->section[0] ? IN_ACCOUNT : IN_GLOBAL;
	const struct setting *s = setting_find(entry->name, TOOL_ALL, place);
	char *normal;

	if (!s) {
		err_set(e, ERR_CONFIG, "%s:%u: unknown key '%s'%s", file->path, entry->line,
			entry->name,
			setting_find(entry->name, TOOL_ALL, IN_CONFIG) ? " in this place" : "");
		suggest_key(e, entry->name, place);
		return false;
	}
	if (entry->value[0] == '\0') {
		err_set(e, ERR_CONFIG, "the value is empty");
		return entry_error(file, entry, e);
	}
	if (!check_uncut(file, entry, s, e))
		return false;
	if (setting_is_secret(s, entry->value) && !check_password(file, entry, e))
		return false;
	if (!setting_check(s, entry->value, &normal, e))
		return entry_error(file, entry, e);
	if (s->id == SET_PASSWORD)
		mem_wipe(normal, strlen(normal));
	free(normal);
	return true;
}

static bool
check_file(const struct ini *file, struct err *e)
{
	for (size_t i = 0; i < file->count; i++)
		if (!check_entry(file, &file->entries[i], e))
			return false;
	return true;
}

static bool
load(struct ini files[FILES], const char *config, struct err *e)
{
	char *users = config ? mem_strdup(config) : paths_config("config.ini");
	char *systems = paths_system_config("config.ini");
	const bool ok = (!users || ini_load_own(users, !config, &files[USERS], e)) &&
			ini_load_own(systems, true, &files[SYSTEMS], e) &&
			check_file(&files[USERS], e) && check_file(&files[SYSTEMS], e);

	free(users);
	free(systems);
	return ok;
}

/* Choosing the account. */

static const char *
key_of(const struct ini files[FILES], const char *section, const char *name)
{
	for (size_t f = 0; f < FILES; f++) {
		const struct ini_entry *entry = ini_find(&files[f], section, name);

		if (entry)
			return entry->value;
	}
	return NULL;
}

/*
 * An alias is an address, or *@DOMAIN for a whole domain. Case does not matter, in the local part
 * either: the user's own addresses are few, and "Alice@Work.Example" must not choose another account
 * than "alice@work.example".
 */
static bool
alias_matches(const char *alias, const char *address)
{
	const char *at = strrchr(address, '@');

	if (strncmp(alias, "*@", 2) == 0)
		return at && text_equal_case(alias + 1, at);
	return text_equal_case(alias, address);
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

/* Calls MATCHES on each section, once; the first it takes, or NULL. */
static const char *
section_find(const struct ini files[FILES],
	     bool (*matches)(const struct ini *, const char *, const void *), const void *ctx)
{
	for (size_t f = 0; f < FILES; f++)
		for (size_t i = 0; i < files[f].count; i++) {
			const char *section = files[f].entries[i].section;

			if (section[0] && matches(files, section, ctx))
				return section;
		}
	return NULL;
}

static bool
has_address(const struct ini *files, const char *section, const void *address)
{
	const char *own = key_of(files, section, "address");

	return own && text_equal_case(own, address);
}

static bool
has_alias(const struct ini *files, const char *section, const void *address)
{
	const char *aliases = key_of(files, section, "aliases");

	return aliases && aliases_match(aliases, address);
}

static bool
is_called(const struct ini *files, const char *section, const void *name)
{
	(void)files;
	return strcmp(section, name) == 0;
}

static bool
is_other_than(const struct ini *files, const char *section, const void *name)
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
find_by_sender(const struct ini files[FILES], const char *sender)
{
	char *plain = without_detail(sender);
	const char *section = section_find(files, has_address, sender);

	if (!section)
		section = section_find(files, has_address, plain);
	if (!section)
		section = section_find(files, has_alias, sender);
	if (!section)
		section = section_find(files, has_alias, plain);
	free(plain);
	return section;
}

static bool
fail_with_list(const struct ini files[FILES], const char *wanted, struct err *e)
{
	struct buf list = {0};

	for (size_t f = 0; f < FILES; f++)
		for (size_t i = 0; i < files[f].count; i++) {
			const char *section = files[f].entries[i].section;
			const bool is_first =
			    i == 0 || strcmp(files[f].entries[i - 1].section, section) != 0;

			if (section[0] && is_first)
				buf_addf(&list, "%s%s", list.len ? ", " : "", section);
		}
	if (wanted)
		err_set(e, ERR_CONFIG, "there is no account '%s'", wanted);
	else
		err_set(e, ERR_CONFIG, list.len ? "which account?" : "no account is configured");
	if (list.len)
		err_hint(e, "accounts: %s", list.data);
	else
		err_hint(
		    e,
		    "write one into %s, see mailverbs.ini(5), or give --server=URL and --user=NAME",
		    files[USERS].path ? files[USERS].path : "config.ini");
	buf_free(&list);
	return false;
}

/* By -a: a section, the address of one, or an address that needs none. */
static bool
choose_named(struct account *a, const struct ini files[FILES], const char *wanted, struct err *e)
{
	const char *section = section_find(files, is_called, wanted);

	if (!section)
		section = section_find(files, has_address, wanted);
	if (!section && !strchr(wanted, '@'))
		return fail_with_list(files, wanted, e);
	a->name = mem_strdup(section ? section : wanted);
	if (section)
		return true;
	return values_set(&a->values, setting_row(SET_ADDRESS, TOOL_ALL), wanted, "command line",
			  e);
}

/* Could another sender have another account? */
static bool
follows_sender(const struct ini files[FILES], const struct values *given)
{
	const char *first = section_find(files, is_other_than, ""), *usual;

	if (given->of[SET_ACCOUNT].text || !first)
		return false;
	usual = key_of(files, "", "account");
	return section_find(files, is_other_than, first) || (usual && strcmp(usual, first) != 0);
}

static bool
choose(struct account *a, const struct ini files[FILES], const struct values *given,
       const char *sender, struct err *e)
{
	const char *wanted = given->of[SET_ACCOUNT].text;
	const char *section = NULL;

	a->follows_sender = follows_sender(files, given);
	if (wanted)
		return choose_named(a, files, wanted, e);
	if (sender)
		section = find_by_sender(files, sender);
	if (!section && (wanted = key_of(files, "", "account")))
		return choose_named(a, files, wanted, e);
	if (!section) {
		const char *first = section_find(files, is_other_than, "");

		if (first && !section_find(files, is_other_than, first))
			section = first;
	}
	if (!section && !given->of[SET_SERVER].text && !given->of[SET_HOST].text)
		return fail_with_list(files, NULL, e);
	a->name = mem_strdup(section ? section : "");
	return true;
}

/* Laying the values one over the other. */

static bool
take_section(struct account *a, const struct ini *file, const char *section, unsigned place,
	     unsigned tool, struct err *e)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct ini_entry *entry = &file->entries[i];
		const struct setting *s = setting_find(entry->name, tool, place);
		char *origin;
		bool ok;

		if (!s || a->values.of[s->id].text || strcmp(entry->section, section) != 0)
			continue;
		origin = mem_printf("%s:%u", file->path, entry->line);
		ok = values_set(&a->values, s, entry->value, origin, e);
		free(origin);
		if (!ok)
			return entry_error(file, entry, e);
		a->values.of[s->id].is_for_all = !section[0];
	}
	return true;
}

static void
take_given(struct account *a, const struct values *given)
{
	for (size_t i = 0; i < SETTING_IDS; i++)
		if (given->of[i].text)
			a->values.of[i] = (struct value){.text = mem_strdup(given->of[i].text),
							 .origin = mem_strdup(given->of[i].origin)};
}

static bool
take_files(struct account *a, const struct ini files[FILES], unsigned tool, struct err *e)
{
	if (a->name[0])
		for (size_t f = 0; f < FILES; f++)
			if (!take_section(a, &files[f], a->name, IN_ACCOUNT, tool, e))
				return false;
	for (size_t f = 0; f < FILES; f++)
		if (!take_section(a, &files[f], "", IN_GLOBAL, tool, e))
			return false;
	return true;
}

static void
move_value(struct value *to, struct value *from)
{
	free(to->text);
	free(to->origin);
	*to = *from;
	*from = (struct value){0};
}

/* Values for all accounts that are only for those whose preset says nothing. */
static void
hold_back(struct values *from, struct values *held)
{
	for (size_t i = 0; i < setting_count; i++) {
		const enum setting_id id = settings[i].id;

		if ((settings[i].places & PRESET_FIRST) && from->of[id].is_for_all)
			move_value(&held->of[id], &from->of[id]);
	}
}

static void
give_back(struct values *to, struct values *held)
{
	for (size_t i = 0; i < SETTING_IDS; i++)
		if (held->of[i].text && !to->of[i].text)
			move_value(&to->of[i], &held->of[i]);
	values_free(held);
}

static bool
take_preset(struct account *a, struct err *e)
{
	const char *preset = account_text(a, SET_PROVIDER);
	struct values held = {0};
	bool ok;

	hold_back(&a->values, &held);
	ok = provider_apply(preset ? preset : "auto", account_text(a, SET_ADDRESS), &a->values,
			    &a->lacks_presets, e);
	give_back(&a->values, &held);
	return ok;
}

void
account_free(struct account *a)
{
	free(a->name);
	values_free(&a->values);
	*a = (struct account){0};
}

static bool
has_name(const struct account_names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->names[i], name) == 0)
			return true;
	return false;
}

static void
add_sections(struct account_names *n, const struct ini *file)
{
	for (size_t i = 0; i < file->count; i++) {
		const char *section = file->entries[i].section;

		if (!section[0] || has_name(n, section))
			continue;
		n->names = mem_grow(n->names, n->count + 1, sizeof *n->names);
		n->names[n->count++] = mem_strdup(section);
	}
}

bool
account_names(struct account_names *n, const struct values *given, struct err *e)
{
	struct ini files[FILES] = {{0}};
	const bool ok = load(files, given->of[SET_CONFIG].text, e);

	*n = (struct account_names){0};
	for (size_t f = 0; f < FILES; f++) {
		if (ok)
			add_sections(n, &files[f]);
		ini_free(&files[f]);
	}
	return ok;
}

void
account_names_free(struct account_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->names[i]);
	free(n->names);
	*n = (struct account_names){0};
}

bool
account_has_mailbox(const struct account *a)
{
	static const enum setting_id servers[] = {SET_SERVER, SET_HOST, SET_POP3, SET_IMAP};

	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
		if (account_text(a, servers[i]))
			return true;
	return false;
}

/* msmtp's and mpop's way of naming a server. */
static bool
server_from_host(const struct account *a, enum protocol protocol, struct url *url, struct err *e)
{
	if (!url_parse(account_text(a, SET_HOST), protocol, url, e))
		return false;
	url->port = (uint16_t)account_number(a, SET_PORT, url->port);
	return true;
}

static enum setting_id
server_key(const struct account *a, enum tool_id tool)
{
	const char *protocol = account_text(a, SET_PROTOCOL);

	if (tool == TOOL_MSEND)
		return SET_SMTP;
	if (protocol)
		return strcmp(protocol, "imap") == 0 ? SET_IMAP : SET_POP3;
	if (account_text(a, SET_IMAP))
		return SET_IMAP;
	/* --host is mpop's spelling, and mpop fetches by POP3. */
	return account_text(a, SET_POP3) || account_text(a, SET_HOST) ? SET_POP3 : SET_IMAP;
}

/* The scheme of a server's URL decides; without one the key does. */
static enum protocol
protocol_of(const char *text, enum setting_id key)
{
	if (key == SET_SMTP)
		return PROTOCOL_SMTP;
	if (text && strstr(text, "://"))
		return text_same(text, "imap", 4) ? PROTOCOL_IMAP : PROTOCOL_POP3;
	return key == SET_IMAP ? PROTOCOL_IMAP : PROTOCOL_POP3;
}

/* Was the account named by a mail address that no section has? */
static bool
is_bare_address(const struct account *a)
{
	const struct value *address = &a->values.of[SET_ADDRESS];

	return address->text && a->name && strcmp(address->text, a->name) == 0 &&
	       strcmp(address->origin, "command line") == 0;
}

static bool
fail_for_address(const struct account *a, struct err *e)
{
	char *config = account_text(a, SET_CONFIG) ? mem_strdup(account_text(a, SET_CONFIG))
						   : paths_config("config.ini");
	char *presets = paths_data("providers.ini");

	err_set(e, ERR_CONFIG, "no mail server is known for %s (looked in: %s, %s)", a->name,
		config ? config : "config.ini", presets);
	free(config);
	free(presets);
	return err_hint(e, "maccount add %s", a->name);
}

static bool
parse_server(const struct account *a, enum tool_id tool, struct url *url, struct err *e)
{
	const enum setting_id key = server_key(a, tool);
	const enum protocol protocol = protocol_of(NULL, key);
	const char *server = account_text(a, SET_SERVER);

	if (server)
		return url_parse(server, protocol_of(server, key), url, e);
	if (account_text(a, SET_HOST))
		return server_from_host(a, protocol, url, e);
	if (account_text(a, key))
		return url_parse(account_text(a, key), protocol, url, e);
	if (is_bare_address(a))
		return fail_for_address(a, e);
	err_set(e, ERR_CONFIG, "no %s server is known for the account '%s'",
		protocol_name(protocol), a->name);
	return err_hint(
	    e, "give --server=URL, or `%s = URL`%s in the configuration", protocol_name(protocol),
	    protocol == PROTOCOL_IMAP && !account_text(a, SET_PROTOCOL) ? " or `pop3 = URL`" : "");
}

const struct url *
account_server(const struct account *a, struct err *e)
{
	if (a->has_server)
		return &a->server;
	*e = a->no_server;
	return NULL;
}

static bool
check_host(const struct account *a, struct err *e)
{
	if (a->server.host[0] || a->server.path[0] || account_text(a, SET_TUNNEL))
		return true;
	err_set(e, ERR_CONFIG, "the server's URL names no host");
	return err_hint(e, "only a tunnel does without");
}

/* A missing server is an error as soon as one is needed. */
static void
find_server(struct account *a)
{
	if (!parse_server(a, a->tool, &a->server, &a->no_server))
		a->server.protocol = PROTOCOL_NONE;
	else
		a->has_server = check_host(a, &a->no_server);
	a->no_server.code = ERR_CONFIG;
}

/* All of it. */

/* Said for all accounts, it is meant for those that can; said for this one, or in this run, it is
 * an error where the session is opened. */
static void
drop_what_pop3_lacks(struct account *a)
{
	for (size_t i = 0; i < setting_count; i++) {
		struct value *v = &a->values.of[settings[i].id];

		if (!(settings[i].places & ONLY_IMAP) || !v->is_for_all)
			continue;
		free(v->text);
		free(v->origin);
		*v = (struct value){0};
	}
}

bool
account_resolve(struct account *a, enum tool_id tool, const struct values *given,
		const char *sender, struct err *e)
{
	struct ini files[FILES] = {{0}};
	struct err unused; /* a missing server is an error as soon as one is needed */
	bool ok;

	*a = (struct account){.tool = tool};
	take_given(a, given);
	if (given->of[SET_PORT].text && !given->of[SET_HOST].text) {
		err_set(e, ERR_USAGE, "--port goes with --host");
		return err_hint(e, "--server=SCHEME://HOST:PORT says all of it");
	}
	ok = load(files, given->of[SET_CONFIG].text, e) && choose(a, files, given, sender, e) &&
	     take_files(a, files, tool, e) && take_preset(a, e);
	if (ok)
		find_server(a);
	if (a->server.protocol == PROTOCOL_POP3)
		drop_what_pop3_lacks(a);
	ok = ok && conflict_check(&a->values, account_server(a, &unused), tool, e);
	a->settings = account_settings_read(&a->values, tool);
	for (size_t f = 0; f < FILES; f++)
		ini_free(&files[f]);
	return ok;
}
