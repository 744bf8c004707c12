/* SPDX-License-Identifier: ISC */
#include "config/account_settings.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "config/url.h"
#include "config/values.h"

enum { TIMEOUT_S = 60, MESSAGE_TIMEOUT_S = 600 };

static struct connection_settings
read_connection(const struct values *v)
{
	const bool ipv4 = values_flag(v, SET_IPV4), ipv6 = values_flag(v, SET_IPV6);

	return (struct connection_settings){
	    .tunnel = values_text(v, SET_TUNNEL),
	    .proxy = values_text(v, SET_PROXY),
	    .source_ip = values_text(v, SET_SOURCE_IP),
	    .ipv4_only = ipv4 && !ipv6,
	    .ipv6_only = ipv6 && !ipv4,
	    .timeout_s = values_number(v, SET_TIMEOUT, TIMEOUT_S),
	    .message_timeout_s = values_number(v, SET_TIMEOUT, MESSAGE_TIMEOUT_S),
	    .one_at_a_time = values_is_word(v, SET_PIPELINING, "no"),
	    .domain = values_text(v, SET_DOMAIN)};
}

static struct tls_settings
read_tls(const struct values *v)
{
	return (struct tls_settings){.host = values_text(v, SET_TLS_HOST),
				     .ca_file = values_text(v, SET_TLS_CA_FILE),
				     .pins = values_text(v, SET_TLS_PIN),
				     .cert_file = values_text(v, SET_TLS_CERT_FILE),
				     .key_file = values_text(v, SET_TLS_KEY_FILE),
				     .priority = values_text(v, SET_TLS_PRIORITY)};
}

static bool
is_preset(const struct value *v)
{
	return v->text && text_begins(v->origin, "preset ");
}

static struct login_settings
read_login(const struct values *v)
{
	const char *auth = values_text(v, SET_AUTH), *user = values_text(v, SET_USER);
	const bool is_auto = !auth || text_equal_case(auth, "auto");
	const bool is_none = values_is_word(v, SET_AUTH, "none");

	return (struct login_settings){.user = user ? user : values_text(v, SET_ADDRESS),
				       .is_skipped = is_none,
				       .mechanism = is_auto || is_none ? NULL : auth,
				       .is_preset = is_preset(&v->of[SET_AUTH]),
				       .may_use_token =
					   is_auto || text_has_word("xoauth2 oauthbearer", auth),
				       .password_command = values_text(v, SET_PASSWORD_COMMAND),
				       .password_file = values_text(v, SET_PASSWORD_FILE),
				       .password = values_text(v, SET_PASSWORD),
				       .config = values_text(v, SET_CONFIG),
				       .note = values_text(v, SET_NOTE)};
}

/* mfetch with --keep deletes what a filter rejects, and with --keep=AGE what is old enough. */
static bool
may_delete(const struct values *v, enum tool_id tool)
{
	return tool == TOOL_MDEL ||
	       (tool == TOOL_MFETCH && (!values_flag(v, SET_KEEP) || values_text(v, SET_FILTER)));
}

static struct mailbox_settings
read_mailbox(const struct values *v, enum tool_id tool)
{
	const struct value *search = &v->of[SET_SEARCH];

	return (struct mailbox_settings){
	    .folders = values_text(v, SET_FOLDER),
	    .compress = values_flag(v, SET_COMPRESS),
	    .to_trash = values_flag(v, SET_TRASH),
	    .marks_read = values_flag(v, SET_MARK_READ),
	    .lists_folders = values_flag(v, SET_FOLDERS),
	    .may_delete = may_delete(v, tool),
	    .search = search->text,
	    .search_origin = value_was_given(search) ? NULL : search->origin,
	    .login_delay = values_is_word(v, SET_LOGIN_DELAY, "wait")     ? LOGIN_DELAY_WAIT
			   : values_is_word(v, SET_LOGIN_DELAY, "ignore") ? LOGIN_DELAY_IGNORE
									  : LOGIN_DELAY_REFUSE};
}

bool
account_file_is_token(const char *file)
{
	return file && text_begins(file, "pkcs11:");
}

struct url
account_lmtp(const struct values *v)
{
	const char *text = values_text(v, SET_LMTP);
	struct err unused; /* it was parsed when it was set */
	struct url url = {0};

	if (text)
		url_parse(text, PROTOCOL_SMTP, &url, &unused);
	return url;
}

/* Those that a tool runs while the server may be heard. */
static void
read_commands(const struct values *v, enum tool_id tool, const char *commands[ACCESS_COMMANDS])
{
	static const enum setting_id ids[ACCESS_COMMANDS] = {SET_PASSWORD_COMMAND, SET_TUNNEL,
							     SET_PIPE, SET_FILTER, SET_HOOK};
	const size_t count = tool == TOOL_MFETCH ? ACCESS_COMMANDS : 2;

	for (size_t i = 0; i < count; i++)
		commands[i] = values_text(v, ids[i]);
}

static struct access_settings
read_access(const struct values *v, enum tool_id tool)
{
	const bool delivers = tool == TOOL_MFETCH;
	const struct url lmtp = delivers ? account_lmtp(v) : (struct url){0};
	struct access_settings a = {.is_unlimited =
					values_flag(v, SET_NO_SANDBOX) ||
					values_is_word(v, SET_AUTH, "gssapi") ||
					account_file_is_token(values_text(v, SET_TLS_CERT_FILE)) ||
					account_file_is_token(values_text(v, SET_TLS_KEY_FILE)),
				    .changes_nothing = values_flag(v, SET_DRY_RUN),
				    .is_reported = values_flag(v, SET_PROBE),
				    .maildir = delivers ? values_text(v, SET_MAILDIR) : NULL,
				    .mbox = delivers ? values_text(v, SET_MBOX) : NULL,
				    .lmtp_port = lmtp.port,
				    .keeps_spool = lmtp.is_lmtp};

	read_commands(v, tool, a.commands);
	return a;
}

struct account_settings
account_settings_read(const struct values *v, enum tool_id tool)
{
	return (struct account_settings){.address = values_text(v, SET_ADDRESS),
					 .access = read_access(v, tool),
					 .connection = read_connection(v),
					 .tls = read_tls(v),
					 .login = read_login(v),
					 .mailbox = read_mailbox(v, tool)};
}
