/* SPDX-License-Identifier: ISC */
#include "config/values.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/locked.h"
#include "base/mem.h"
#include "base/text.h"

bool
values_set(struct values *v, const struct setting *s, const char *text, const char *origin,
	   struct err *e)
{
	struct value *value = &v->of[s->id];

	if (value->text)
		return true;
	if (!setting_check(s, text, &value->text, e))
		return false;
	if (s->id == SET_PASSWORD)
		value->text = locked_take(value->text);
	value->origin = mem_strdup(origin);
	return true;
}

void
values_replace(struct values *v, enum setting_id id, const char *text, const char *origin)
{
	struct value *value = &v->of[id];

	value_clear(value);
	*value = (struct value){.text = mem_strdup(text), .origin = mem_strdup(origin)};
}

void
value_clear(struct value *v)
{
	free(v->text);
	free(v->origin);
	*v = (struct value){0};
}

const char *
values_text(const struct values *v, enum setting_id id)
{
	return v->of[id].text;
}

bool
values_is_word(const struct values *v, enum setting_id id, const char *word)
{
	const char *text = values_text(v, id);

	return text && text_equal_case(text, word);
}

bool
values_flag(const struct values *v, enum setting_id id)
{
	const char *text = values_text(v, id);

	return text && strcmp(text, "yes") == 0;
}

unsigned
values_number(const struct values *v, enum setting_id id, unsigned otherwise)
{
	const char *text = values_text(v, id);
	uint64_t n;

	return text && text_number(text, UINT32_MAX, &n) ? (unsigned)n : otherwise;
}

bool
value_was_given(const struct value *v)
{
	return v->text &&
	       (strcmp(v->origin, "command line") == 0 || strcmp(v->origin, "queue") == 0);
}

void
values_copy(struct values *to, const struct values *from)
{
	for (size_t i = 0; i < SETTING_IDS; i++)
		to->of[i] = (struct value){.text = mem_strdup(from->of[i].text),
					   .origin = mem_strdup(from->of[i].origin)};
}

void
values_free(struct values *v)
{
	locked_free(v->of[SET_PASSWORD].text);
	v->of[SET_PASSWORD].text = NULL;
	for (size_t i = 0; i < SETTING_IDS; i++)
		value_clear(&v->of[i]);
}
