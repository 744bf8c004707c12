/* SPDX-License-Identifier: ISC */
/*
 * The presets: each installed one can be used, each of its domains leads to it, and user names are
 * filled in.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/account.h"
#include "config/ini.h"
#include "config/provider.h"
#include "tap.h"

static bool
has_preset(const struct values *v, const char *preset)
{
	char *origin = mem_printf("preset %s", preset);
	const char *found = v->of[SET_SMTP].origin;
	const bool is = found && strcmp(found, origin) == 0;

	free(origin);
	return is;
}

/* By its name: all keys are known and have good values, and there is a server for sending. */
static void
check_named(const char *preset)
{
	struct values v = {0};
	struct err e = {0};
	const bool done = provider_apply(preset, "alice@example.org", &v, NULL, &e);

	ok(done && has_preset(&v, preset), "%s is a good preset, and has smtp%s%s", preset,
	   done ? "" : ": ", e.text);
	values_free(&v);
}

static void
check_domains(const struct ini_entry *entry)
{
	char *copy = mem_strdup(entry->value), *rest = copy;
	unsigned wrong = 0;

	for (char *domain; (domain = strtok_r(rest, " \t", &rest));) {
		char *address = mem_printf("alice@%s", domain);
		struct values v = {0};

		if (!provider_apply("auto", address, &v, NULL, &(struct err){0}) ||
		    !has_preset(&v, entry->section)) {
			diag("%s does not lead to %s", domain, entry->section);
			wrong++;
		}
		values_free(&v);
		free(address);
	}
	ok(wrong == 0, "the domains of %s lead to it", entry->section);
	free(copy);
}

static void
check_all(void)
{
	struct ini files[PROVIDER_FILES] = {{0}};
	struct err e = {0};
	size_t presets = 0;

	ok(provider_load_all(files, &e), "all presets can be read%s%s", e.text[0] ? ": " : "",
	   e.text);
	for (size_t i = 0; i < files[1].count; i++) {
		const struct ini_entry *entry = &files[1].entries[i];

		if (strcmp(entry->name, "name") == 0) {
			check_named(entry->section);
			presets++;
		} else if (strcmp(entry->name, "domains") == 0) {
			check_domains(entry);
		}
	}
	ok(presets >= 277, "there are at least 277 presets");
	for (size_t f = 0; f < PROVIDER_FILES; f++)
		ini_free(&files[f]);
}

static void
check_user(const char *address, const char *preset, const char *user)
{
	struct values v = {0};

	provider_apply(preset, address, &v, NULL, &(struct err){0});
	is_str(v.of[SET_USER].text, user, preset);
	values_free(&v);
}

/* Words that only look like a domain of the file. */
static void
check_none(const char *address)
{
	struct values v = {0};

	ok(provider_apply("auto", address, &v, NULL, &(struct err){0}) && !v.of[SET_SMTP].text,
	   "%s has no preset", address);
	values_free(&v);
}

int
main(void)
{
	static const char *const unknown[] = {
	    "a@domains", "a@com", "a@smtp.gmail.com", "a@mail", "a@", "a", "a@imaps://imap.qq.com"};

	setenv("MAILVERBS_DATADIR", getenv("abs_top_srcdir") ? getenv("abs_top_srcdir") : ".", 1);
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	check_all();
	check_user("alice@wp.pl", "auto", "alice");
	check_user("alice@WP.pl", "auto", "alice");
	check_user("alice@gmail.com", "auto", NULL);
	check_user(NULL, "wp", NULL);
	check_user(NULL, "sparkpost", "SMTP_Injection");
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		check_none(unknown[i]);
	return tap_done();
}
