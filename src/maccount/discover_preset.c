/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/ini.h"
#include "config/provider.h"
#include "maccount/discover.h"
#include "maccount/dns.h"

static const enum setting_id keys[] = {SET_IMAP, SET_POP3, SET_SMTP};

enum { KEYS = sizeof keys / sizeof keys[0] };

static void
add_values(const struct values *v, const char *source, enum trust trust, struct candidates *c)
{
	for (size_t i = 0; i < KEYS; i++) {
		const struct value *url = &v->of[keys[i]];
		const size_t prefix = strlen("preset ");
		struct candidate one = {.source = (char *)(uintptr_t)source,
					.user = v->of[SET_USER].text,
					.auth = v->of[SET_AUTH].text,
					.trust = trust};

		if (!url->text || strlen(url->origin) <= prefix ||
		    !url_parse(url->text, PROTOCOL_NONE, &one.url, &(struct err){0}) ||
		    one.url.security == SECURITY_NONE)
			continue;
		one.preset = url->origin + prefix;
		candidates_add(c, &one);
	}
}

static void
add_preset(const char *name, const struct discovery *d, const char *source, enum trust trust,
	   struct candidates *c)
{
	struct values v = {0};

	if (provider_apply(name, d->address, &v, NULL, &(struct err){0}))
		add_values(&v, source, trust, c);
	values_free(&v);
}

void
discover_preset(const struct discovery *d, struct candidates *c)
{
	struct values v = {0};
	const char *origin = NULL;

	if (provider_apply("auto", d->address, &v, NULL, &(struct err){0}))
		for (size_t i = 0; i < KEYS && !origin; i++)
			origin = v.of[keys[i]].origin;
	if (origin)
		add_values(&v, origin, TRUST_STATED, c);
	values_free(&v);
}

/* Is HOST one of the PATTERNS ("*.example.org example.net")? */
static bool
matches(const char *patterns, const char *host)
{
	char *copy = mem_strdup(patterns), *rest = copy;
	bool found = false;

	for (char *p; !found && (p = strtok_r(rest, " \t", &rest));) {
		const bool is_suffix = strncmp(p, "*.", 2) == 0;

		found = is_suffix ? candidate_is_inside(host, p + 2) : text_equal_case(p, host);
	}
	free(copy);
	return found;
}

/* The longest pattern would be the best; the presets' patterns do not overlap. */
static const char *
preset_of_host(const struct ini files[PROVIDER_FILES], const char *host)
{
	for (size_t f = 0; f < PROVIDER_FILES; f++)
		for (size_t i = 0; i < files[f].count; i++)
			if (strcmp(files[f].entries[i].name, "mx") == 0 &&
			    matches(files[f].entries[i].value, host))
				return files[f].entries[i].section;
	return NULL;
}

void
discover_mx(const struct discovery *d, struct candidates *c)
{
	struct dns_question mx = {.name = d->domain, .type = DNS_MX};
	struct ini files[PROVIDER_FILES] = {{0}};
	const char *preset = NULL;

	dns_ask(&mx, 1, d->deadline);
	if (mx.count > 0 && provider_load_all(files, &(struct err){0}))
		preset = preset_of_host(files, mx.records[0].text);
	if (preset) {
		char *source = mem_printf("preset %s by MX %s", preset, mx.records[0].text);

		add_preset(preset, d, source, mx.is_authentic ? TRUST_STATED : TRUST_UNSIGNED, c);
		free(source);
	}
	for (size_t f = 0; f < PROVIDER_FILES; f++)
		ini_free(&files[f]);
	dns_free(&mx, 1);
}
