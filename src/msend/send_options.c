/* SPDX-License-Identifier: ISC */
#include "msend/send_options.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/text.h"
#include "msend/save_command.h"

/* Commands of msend alone, in access_settings. */
enum { SEND_FILTER = 2, SAVE };

enum { QUEUE_LIFETIME_S = 5 * 24 * 60 * 60 };

static bool
ignores_dots(const struct values *given)
{
	const char *options = values_text(given, SET_SENDMAIL_OPTIONS);

	return values_flag(given, SET_IGNORE_DOTS) || (options && text_has_word(options, "i"));
}

static const char *
find_sending_option(const struct values *given)
{
	static const enum setting_id ids[] = {
	    SET_BATCH,      SET_MBOX,        SET_JOURNAL,         SET_EACH,        SET_VERP,
	    SET_SAVE,       SET_SEND_FILTER, SET_READ_RECIPIENTS, SET_FULL_NAME,   SET_QUEUE,
	    SET_PARTIAL,    SET_DSN_NOTIFY,  SET_DSN_RETURN,      SET_ENVELOPE_ID, SET_REQUIRE_TLS,
	    SET_DELIVER_BY, SET_HOLD_FOR,    SET_HOLD_UNTIL,      SET_PRIORITY};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		if (values_text(given, ids[i]))
			return setting_row(ids[i], TOOL_MSEND)->name;
	return NULL;
}

struct send_options
send_options_read(const struct values *given)
{
	return (struct send_options){.account = values_text(given, SET_ACCOUNT),
				     .from = values_text(given, SET_FROM),
				     .log = values_text(given, SET_LOG),
				     .read_recipients = values_flag(given, SET_READ_RECIPIENTS),
				     .ignores_dots = ignores_dots(given),
				     .lists_queue = values_flag(given, SET_LIST_QUEUE) ||
						    values_is_word(given, SET_SENDMAIL_MODE, "p"),
				     .flushes = values_flag(given, SET_FLUSH),
				     .batch = values_flag(given, SET_BATCH),
				     .mbox = values_flag(given, SET_MBOX),
				     .connections = values_number(given, SET_CONNECTIONS, 0),
				     .each = values_flag(given, SET_EACH),
				     .verp = values_flag(given, SET_VERP),
				     .rate = values_text(given, SET_RATE),
				     .journal = values_text(given, SET_JOURNAL),
				     .sending_option = find_sending_option(given)};
}

struct wishes
wishes_read(const struct values *v)
{
	const struct smtp_parameters parameters = {.notify = values_text(v, SET_DSN_NOTIFY),
						   .ret = values_text(v, SET_DSN_RETURN),
						   .envelope_id = values_text(v, SET_ENVELOPE_ID),
						   .require_tls =
						       values_flag(v, SET_REQUIRE_TLS) ? "" : NULL,
						   .deliver_by = values_text(v, SET_DELIVER_BY),
						   .hold_for = values_text(v, SET_HOLD_FOR),
						   .hold_until = values_text(v, SET_HOLD_UNTIL),
						   .priority = values_text(v, SET_PRIORITY)};

	return (struct wishes){.parameters = parameters,
			       .partial = values_flag(v, SET_PARTIAL),
			       .send_filter = values_text(v, SET_SEND_FILTER)};
}

static struct save_settings
read_save(const struct values *v)
{
	const struct value *save = &v->of[SET_SAVE];
	const bool has_server = values_text(v, SET_IMAP) != NULL;

	return (struct save_settings){
	    .is_wanted = save->text && !values_is_word(v, SET_SAVE, "no") &&
			 (has_server || !save->is_for_all),
	    .is_asked = value_was_given(save),
	    .folder = save->text && !values_is_word(v, SET_SAVE, "yes") ? save->text : "\\Sent"};
}

static int64_t
read_lifetime(const char *text)
{
	uint64_t lifetime;

	if (!text || !text_age(text, &lifetime))
		return QUEUE_LIFETIME_S;
	return lifetime < INT64_MAX / 2 ? (int64_t)lifetime : INT64_MAX / 2;
}

static enum from_rewrite
read_rewrite(const struct values *v)
{
	return values_is_word(v, SET_REWRITE_FROM, "always")  ? REWRITE_ALWAYS
	       : values_is_word(v, SET_REWRITE_FROM, "never") ? REWRITE_NEVER
							      : REWRITE_LOCAL;
}

static struct send_settings
read_settings(const struct values *v)
{
	return (struct send_settings){.from = values_text(v, SET_FROM),
				      .full_name = values_text(v, SET_FULL_NAME),
				      .alias_file = values_text(v, SET_ALIAS_FILE),
				      .log = values_text(v, SET_LOG),
				      .rewrite = read_rewrite(v),
				      .wishes = wishes_read(v),
				      .save = read_save(v),
				      .queue = values_flag(v, SET_QUEUE),
				      .queue_lifetime_s =
					  read_lifetime(values_text(v, SET_QUEUE_LIFETIME)),
				      .max_recipients = values_number(v, SET_MAX_RECIPIENTS, 0),
				      .has_imap = values_text(v, SET_IMAP) != NULL};
}

/*
 * The rights that its process keeps (app/containment.h). A batch whose letters may go by several
 * accounts keeps them all: the next account is known only when its letter is read.
 */
static void
fill_access(struct send_account *a)
{
	struct access_settings *x = &a->base.settings.access;
	const struct values *v = &a->base.values;
	const struct send_settings *s = &a->settings;
	const bool is_batch = values_flag(v, SET_BATCH) || values_flag(v, SET_MBOX);
	const bool flushes = values_flag(v, SET_FLUSH);

	if (s->save.is_wanted)
		a->save_command = save_command(&a->base, s->save.folder);
	x->commands[SEND_FILTER] = s->wishes.send_filter;
	x->commands[SAVE] = a->save_command;
	x->log = s->log;
	x->alias_file = is_batch ? s->alias_file : NULL;
	x->uses_queue = s->queue || flushes;
	x->keeps_spool = (is_batch || flushes) && (s->save.is_wanted || s->wishes.send_filter);
	x->is_unlimited |= is_batch && a->base.follows_sender;
}

static void
read_account(struct send_account *a, bool is_resolved)
{
	a->save_command = NULL;
	a->settings = read_settings(&a->base.values);
	if (is_resolved)
		fill_access(a);
}

bool
send_account_resolve(struct send_account *a, const struct values *given, const char *sender,
		     struct err *e)
{
	const bool ok = account_resolve(&a->base, TOOL_MSEND, given, sender, e);

	read_account(a, ok);
	return ok;
}

bool
send_account_of_run(struct send_account *a, struct run *run, const char *sender, struct err *e)
{
	const bool ok = run_account(run, &a->base, TOOL_MSEND, sender, e);

	read_account(a, ok);
	return ok;
}

void
send_account_free(struct send_account *a)
{
	free(a->save_command);
	account_free(&a->base);
	*a = (struct send_account){0};
}
