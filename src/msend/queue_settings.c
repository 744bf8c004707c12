/* SPDX-License-Identifier: ISC */
#include "msend/queue_settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "config/account.h"
#include "msend/queue_entry.h"

static const struct {
	enum setting_id id;
	bool is_wish; /* of the message, and recorded wherever it was given */
} recorded[] = {
    {SET_PARTIAL, true},
    {SET_DSN_NOTIFY, true},
    {SET_DSN_RETURN, true},
    {SET_ENVELOPE_ID, true},
    {SET_REQUIRE_TLS, true},
    {SET_DELIVER_BY, true},
    {SET_HOLD_FOR, true},
    {SET_HOLD_UNTIL, true},
    {SET_PRIORITY, true},
    {SET_CONFIG, false},
    {SET_SERVER, false},
    {SET_HOST, false},
    {SET_PORT, false},
    {SET_PROVIDER, false},
    {SET_USER, false},
    {SET_AUTH, false},
    {SET_PASSWORD_COMMAND, false},
    {SET_TLS_CA_FILE, false},
    {SET_TLS_PIN, false},
    {SET_TLS_CERT_FILE, false},
    {SET_TLS_KEY_FILE, false},
    {SET_TLS_HOST, false},
    {SET_TLS_PRIORITY, false},
    {SET_TUNNEL, false},
    {SET_PROXY, false},
    {SET_IPV4, false},
    {SET_IPV6, false},
    {SET_SOURCE_IP, false},
    {SET_TIMEOUT, false},
    {SET_LOG, false},
    {SET_QUEUE_LIFETIME, false},
    {SET_SAVE, false},
    {SET_SEND_FILTER, true},
};

/* The configuration may have been named in the environment, too. The command line has no
 * passwords. */
static bool
is_recorded(const struct account *a, enum setting_id id, bool is_wish)
{
	return account_text(a, id) &&
	       (is_wish || id == SET_CONFIG || value_was_given(&a->values.of[id]));
}

/* It is sent later from another directory, so paths are made absolute. syslog and - are no files,
 * nor is pkcs11:…. */
static char *
from_anywhere(const struct setting *s, const char *text)
{
	char *here = NULL, *path;

	if (s->kind == KIND_PATH && text[0] != '/' && strcmp(text, "syslog") != 0 &&
	    strcmp(text, "-") != 0 && !account_file_is_token(text))
		here = getcwd(NULL, 0);
	path = here ? mem_printf("%s/%s", here, text) : mem_strdup(text);
	free(here);
	return path;
}

void
queue_settings_add(struct queue_entry *q, const struct account *a, bool keeps_copy,
		   bool is_filtered)
{
	if (!keeps_copy)
		queue_entry_add_setting(q, setting_row(SET_SAVE, TOOL_MSEND)->name, "no");
	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
		const enum setting_id id = recorded[i].id;
		const struct setting *s = setting_row(id, TOOL_MSEND);
		char *value;

		if (!is_recorded(a, id, recorded[i].is_wish) || (id == SET_SAVE && !keeps_copy) ||
		    (id == SET_SEND_FILTER && is_filtered))
			continue;
		value = from_anywhere(s, account_text(a, id));
		queue_entry_add_setting(q, s->name, value);
		free(value);
	}
}

/* In its normal form, which was checked when it was given. */
static void
take(struct values *values, enum setting_id id, const char *text)
{
	struct value *v = &values->of[id];

	if (v->text)
		return;
	*v = (struct value){.text = mem_strdup(text), .origin = mem_strdup("queue")};
}

/* Is NAME a setting of this kind? Another version may have recorded others. */
static bool
find(const char *name, bool is_wish, enum setting_id *id)
{
	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
		*id = recorded[i].id;
		if (recorded[i].is_wish == is_wish &&
		    strcmp(setting_row(*id, TOOL_MSEND)->name, name) == 0)
			return true;
	}
	return false;
}

static void
take_all(const struct queue_entry *q, bool is_wish, struct values *values)
{
	enum setting_id id;

	for (size_t i = 0; i < q->setting_count; i++)
		if (find(q->settings[i].name, is_wish, &id))
			take(values, id, q->settings[i].value);
}

void
queue_settings_read_route(const struct queue_entry *q, struct values *given)
{
	take_all(q, false, given);
	if (q->account[0] != '\0')
		take(given, SET_ACCOUNT, q->account);
}

void
queue_settings_read_parameters(const struct queue_entry *q, struct values *wishes)
{
	take_all(q, true, wishes);
}

char *
queue_settings_route_key(const struct queue_entry *q)
{
	struct buf key = {0};
	enum setting_id id;

	/* without an account the sender may choose one */
	buf_addf(&key, "%s\n%s\n", q->account, q->account[0] == '\0' ? q->from : "");
	for (size_t i = 0; i < q->setting_count; i++)
		if (find(q->settings[i].name, false, &id))
			buf_addf(&key, "%s\n%s\n", q->settings[i].name, q->settings[i].value);
	return buf_take(&key);
}
