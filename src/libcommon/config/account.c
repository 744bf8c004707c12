/* SPDX-License-Identifier: ISC */
#include "config/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/locked.h"
#include "base/mem.h"
#include "config/account_choice.h"
#include "config/account_url.h"
#include "config/config_check.h"
#include "config/config_files.h"
#include "config/conflict.h"
#include "config/ini.h"
#include "config/provider.h"

const char *
account_text(const struct account *a, enum setting_id id)
{
	return values_text(&a->values, id);
}

static bool
take_section(struct account *a, const struct ini *file, const char *section, unsigned place,
	     unsigned tool, struct err *e)
{
	const uint32_t hash = ini_section_hash(section);

	for (size_t i = 0; i < file->count; i++) {
		const struct ini_entry *entry = &file->entries[i];
		const struct setting *s =
		    ini_is_in(entry, section, hash) ? setting_find(entry->name, tool, place) : NULL;
		char *origin;
		bool ok;

		if (!s || a->values.of[s->id].text)
			continue;
		origin = mem_printf("%s:%u", file->path, entry->line);
		ok = values_set(&a->values, s, entry->value, origin, e);
		free(origin);
		if (!ok)
			return config_entry_error(file, entry, e);
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
take_files(struct account *a, const struct config_files *files, unsigned tool, struct err *e)
{
	if (a->name[0])
		for (size_t f = 0; f < files->count; f++)
			if (!take_section(a, &files->items[f], a->name, IN_ACCOUNT, tool, e))
				return false;
	for (size_t f = 0; f < files->count; f++)
		if (!take_section(a, &files->items[f], "", IN_GLOBAL, tool, e))
			return false;
	return true;
}

static void
move_value(struct value *to, struct value *from)
{
	value_clear(to);
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

void
account_forget_password(struct account *a)
{
	struct value *password = &a->values.of[SET_PASSWORD];

	if (!password->text)
		return; /* without a write, which would give a child a copy of the page */
	locked_free(password->text);
	password->text = NULL;
	a->settings.login.password = NULL;
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

const struct url *
account_server(const struct account *a, struct err *e)
{
	if (a->has_server)
		return &a->server;
	*e = a->no_server;
	return NULL;
}

/* A missing server is an error as soon as one is needed. */
static void
find_server(struct account *a)
{
	a->has_server = account_url_find(&a->server, &a->values, a->name, a->tool, &a->no_server);
	a->no_server.code = ERR_CONFIG;
}

/* Said for all accounts, it is meant for those that can; said for this one, or in this run, it is
 * an error where the session is opened. */
static void
drop_what_pop3_lacks(struct account *a)
{
	for (size_t i = 0; i < setting_count; i++) {
		struct value *v = &a->values.of[settings[i].id];

		if ((settings[i].places & ONLY_IMAP) && v->is_for_all)
			value_clear(v);
	}
}

/* An account of the command line alone; what that says is checked as far as it needs no file. */
static bool
begin(struct account *a, enum tool_id tool, const struct values *given, struct err *e)
{
	*a = (struct account){.tool = tool};
	take_given(a, given);
	if (!given->of[SET_PORT].text || given->of[SET_HOST].text)
		return true;
	err_set(e, ERR_USAGE, "--port goes with --host");
	return err_hint(e, "--server=SCHEME://HOST:PORT says all of it");
}

static bool
take_configuration(struct account *a, const struct values *given, const char *sender,
		   const struct config_files *files, struct err *e)
{
	struct err unused; /* a missing server is an error as soon as one is needed */
	const bool ok = account_choose(&a->name, &a->values, files, given, sender, e) &&
			take_files(a, files, a->tool, e) && take_preset(a, e);

	a->follows_sender = ok && account_follows_sender(files, given);
	if (ok)
		find_server(a);
	if (a->server.protocol == PROTOCOL_POP3)
		drop_what_pop3_lacks(a);
	return ok && conflict_check(&a->values, account_server(a, &unused), a->tool, e);
}

bool
account_resolve_in(struct account *a, enum tool_id tool, const struct values *given,
		   const char *sender, const struct config_files *files, struct err *e)
{
	bool ok;

	if (!begin(a, tool, given, e))
		return false;
	ok = take_configuration(a, given, sender, files, e);
	a->settings = account_settings_read(&a->values, tool);
	return ok;
}

bool
account_resolve(struct account *a, enum tool_id tool, const struct values *given,
		const char *sender, struct err *e)
{
	struct config_files files = {0};
	bool ok;

	if (!begin(a, tool, given, e))
		return false;
	ok = config_load(&files, given, e) && take_configuration(a, given, sender, &files, e);
	a->settings = account_settings_read(&a->values, tool);
	config_files_free(&files);
	return ok;
}
