/* SPDX-License-Identifier: ISC */
#include "config/conflict.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "config/url.h"
#include "config/values.h"

/* Only one of the two can take effect. */
static const struct {
	enum setting_id one, other;
} pairs[] = {
    {SET_TUNNEL, SET_PROXY}, {SET_TUNNEL, SET_SOURCE_IP}, {SET_TUNNEL, SET_IPV4},
    {SET_TUNNEL, SET_IPV6},  {SET_IPV4, SET_IPV6},        {SET_PROBE, SET_DRY_RUN},
};

/* Options of which one run takes only one; the first pair that was given is the error. */
static const struct {
	enum tool_id tool;
	enum setting_id one, other;
} options[] = {
    {TOOL_MFETCH, SET_ASSUME_DELIVERED, SET_LIMIT},
    {TOOL_MFETCH, SET_ASSUME_DELIVERED, SET_MAX_SIZE},
    {TOOL_MFETCH, SET_ASSUME_DELIVERED, SET_HEADERS},
    {TOOL_MFETCH, SET_ASSUME_DELIVERED, SET_FILTER},
    {TOOL_MFETCH, SET_HEADERS, SET_FILTER},
    {TOOL_MFETCH, SET_DELETE, SET_KEEP},
    {TOOL_MFETCH, SET_DELETE, SET_HEADERS},
    {TOOL_MFETCH, SET_DELETE, SET_ASSUME_DELIVERED},
    {TOOL_MFETCH, SET_WATCH, SET_ASSUME_DELIVERED},
    {TOOL_MFETCH, SET_WATCH, SET_HEADERS},
    {TOOL_MFETCH, SET_WATCH, SET_DRY_RUN},
    {TOOL_MFETCH, SET_WATCH, SET_PROBE},
    {TOOL_MFETCH, SET_ALL_ACCOUNTS, SET_ACCOUNT},
    {TOOL_MFETCH, SET_ALL_ACCOUNTS, SET_SERVER},
    {TOOL_MFETCH, SET_ALL_ACCOUNTS, SET_HOST},
    {TOOL_MLIST, SET_COUNT, SET_JSON},
    {TOOL_MLIST, SET_COUNT, SET_COLUMNS},
    {TOOL_MLIST, SET_NUL, SET_JSON},
    {TOOL_MLIST, SET_FOLDERS, SET_COLUMNS},
    {TOOL_MLIST, SET_FOLDERS, SET_COUNT},
    {TOOL_MLIST, SET_FOLDERS, SET_SEARCH},
    {TOOL_MMARK, SET_ADD_SEEN, SET_REMOVE_SEEN},
    {TOOL_MACCOUNT, SET_DEVICE, SET_PASTE},
};

/* These need TLS. */
static const enum setting_id of_tls[] = {SET_TLS_CA_FILE,  SET_TLS_PIN,  SET_TLS_CERT_FILE,
					 SET_TLS_KEY_FILE, SET_TLS_HOST, SET_TLS_PRIORITY,
					 SET_REQUIRE_TLS};

static bool
is_set(const struct values *v, enum setting_id id)
{
	const char *text = values_text(v, id);

	return text && strcmp(text, "no") != 0;
}

static const char *
name_of(enum setting_id id, enum tool_id tool)
{
	const struct setting *s = setting_row(id, tool);

	return s && s->name ? s->name : "?";
}

/* A command line that contradicts itself is a usage error; a key that it contradicts is not. */
static bool
check_pairs(const struct values *v, enum tool_id tool, struct err *e)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		const enum setting_id one = pairs[i].one, other = pairs[i].other;
		const bool given = value_was_given(&v->of[one]) && value_was_given(&v->of[other]);

		if (is_set(v, one) && is_set(v, other))
			return err_set(e, given ? ERR_USAGE : ERR_CONFIG,
				       "--%s and --%s cannot be combined", name_of(one, tool),
				       name_of(other, tool));
	}
	return true;
}

/* A key above all sections is meant for accounts with TLS, and an account's own key for its own
 * server, if the command line names another one. A pin and require-tls are promises: they are never
 * left out silently. */
static bool
may_leave_out(const struct values *v, enum setting_id id)
{
	const struct value *value = &v->of[id];
	const bool is_other_server = value_was_given(&v->of[SET_SERVER]) && !value_was_given(value);

	if (id == SET_REQUIRE_TLS)
		return false;
	return value->is_for_all || (is_other_server && id != SET_TLS_PIN);
}

static bool
check_tls(struct values *v, enum tool_id tool, struct err *e)
{
	for (size_t i = 0; i < sizeof of_tls / sizeof of_tls[0]; i++) {
		struct value *value = &v->of[of_tls[i]];

		if (!is_set(v, of_tls[i]))
			continue;
		if (!may_leave_out(v, of_tls[i]))
			return err_set(e, ERR_CONFIG, "--%s: the connection is not encrypted",
				       name_of(of_tls[i], tool));
		value_clear(value);
	}
	return true;
}

/* The option chooses between an account's servers; --server may have named one. */
static bool
check_protocol(const struct values *v, const struct url *url, struct err *e)
{
	const char *wanted = values_text(v, SET_PROTOCOL);
	const char *has = url->protocol == PROTOCOL_POP3 ? "pop3" : "imap";

	if (!wanted || !value_was_given(&v->of[SET_PROTOCOL]) || text_equal_case(wanted, has))
		return true;
	return err_set(e, ERR_CONFIG, "--protocol=%s: the server is %s://", wanted, has);
}

static bool
check_mailbox(const struct values *v, const struct url *url, struct err *e)
{
	const char *auth = values_text(v, SET_AUTH);

	if (!check_protocol(v, url, e))
		return false;
	if (url->protocol == PROTOCOL_POP3 && is_set(v, SET_COMPRESS))
		return err_set(e, ERR_CONFIG, "--compress: POP3 cannot compress");
	if (url->protocol == PROTOCOL_IMAP && auth && text_has_word("user apop", auth))
		return err_set(e, ERR_CONFIG,
			       "--auth=%s is for POP3, and the server is an IMAP "
			       "server",
			       auth);
	return true;
}

bool
conflict_check_options(const struct values *given, enum tool_id tool, struct err *e)
{
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (options[i].tool == tool && given->of[options[i].one].text &&
		    given->of[options[i].other].text)
			return err_set(e, ERR_USAGE, "--%s and --%s cannot be combined",
				       name_of(options[i].one, tool),
				       name_of(options[i].other, tool));
	return true;
}

bool
conflict_check(struct values *v, const struct url *url, enum tool_id tool, struct err *e)
{
	if (!check_pairs(v, tool, e))
		return false;
	if (!url)
		return true;
	return (url->security != SECURITY_NONE || check_tls(v, tool, e)) &&
	       check_mailbox(v, url, e);
}
