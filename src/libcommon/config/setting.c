/* SPDX-License-Identifier: ISC */
#include "config/setting.h"

#include <string.h>

#include "base/text.h"

const struct setting *
setting_find(const char *name, unsigned tools, unsigned places)
{
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = &settings[i];

		if (!s->name || !(s->tools & tools) || !(s->places & places))
			continue;
		if (strcmp(s->name, name) == 0 || (s->aliases && text_has_word(s->aliases, name)))
			return s;
	}
	return NULL;
}

const struct setting *
setting_row(enum setting_id id, unsigned tools)
{
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].id == id && (settings[i].tools & tools))
			return &settings[i];
	return NULL;
}

bool
setting_takes_value(const struct setting *s)
{
	return s->arg != NULL;
}

bool
setting_value_is_optional(const struct setting *s)
{
	return s->arg && s->arg[0] == '[';
}

bool
setting_is_secret(const struct setting *s, const char *text)
{
	const char *scheme_end = strstr(text, "://"), *at = strrchr(text, '@');
	const char *login = scheme_end ? scheme_end + 3 : text;

	if (s->id != SET_PROXY)
		return s->id == SET_PASSWORD;
	return at && at > login && memchr(login, ':', (size_t)(at - login));
}
