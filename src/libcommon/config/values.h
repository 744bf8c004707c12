/* SPDX-License-Identifier: ISC */
/*
 * values - what was set, as text in its normal form, and where.
 */
#ifndef MAILVERBS_CONFIG_VALUES_H
#define MAILVERBS_CONFIG_VALUES_H

#include <stdbool.h>

#include "config/setting.h"

struct err;

struct value {
	char *text; /* in its normal form; NULL: not set */
	/* "command line", "/home/alice/.config/mailverbs/config.ini:12", "preset qq" */
	char *origin;
	bool is_for_all; /* it was set above the first section of a file */
};

/* One value for each setting. `struct values v = {0};` is an empty set. */
struct values {
	struct value of[SETTING_IDS];
};

/* Sets it (checked by the setting's kind) unless it is set already. False: *e is ERR_USAGE, without
 * the origin. */
bool values_set(struct values *v, const struct setting *s, const char *text, const char *origin,
		struct err *e);
/* Sets it to TEXT, which is in its normal form, in place of what it was. */
void values_replace(struct values *v, enum setting_id id, const char *text, const char *origin);

/*
 * The lookups by name. They are called once, by the files that fill the typed settings
 * (tests/layers has their list); all others read those.
 */

/* NULL: not set; borrowed from V. */
const char *values_text(const struct values *v, enum setting_id id);
/* Is it set, and to this word? ASCII case is folded. */
bool values_is_word(const struct values *v, enum setting_id id, const char *word);
/* Is it set to yes? */
bool values_flag(const struct values *v, enum setting_id id);
/* OTHERWISE: if it is not set. */
unsigned values_number(const struct values *v, enum setting_id id, unsigned otherwise);

/* Was it set on the command line, of this run or of the one that queued the message? */
bool value_was_given(const struct value *v);

/* Into the empty TO. */
void values_copy(struct values *to, const struct values *from);
void values_free(struct values *v); /* wipes the password */

/* Takes a value back: not the password, whose memory is another (base/locked.h). */
void value_clear(struct value *v);

#endif
