/* SPDX-License-Identifier: ISC */
#include "maccount/maccount_options.h"

#include <stddef.h>

#include "config/values.h"

enum { OAUTH_TIMEOUT_S = 30 };

struct maccount_options
maccount_options_read(const struct values *given)
{
	return (struct maccount_options){.config = values_text(given, SET_CONFIG),
					 .ca_file = values_text(given, SET_TLS_CA_FILE),
					 .timeout_s = values_number(given, SET_TIMEOUT, 0),
					 .name = values_text(given, SET_NAME),
					 .password_command =
					     values_text(given, SET_PASSWORD_COMMAND),
					 .format = values_text(given, SET_FORMAT),
					 .yes = values_flag(given, SET_YES),
					 .write = values_flag(given, SET_WRITE),
					 .device = values_flag(given, SET_DEVICE),
					 .paste = values_flag(given, SET_PASTE),
					 .force = values_flag(given, SET_FORCE)};
}

static enum oauth_grant
read_grant(const struct values *all)
{
	if (values_is_word(all, SET_OAUTH2_GRANT, "client-credentials"))
		return GRANT_CLIENT;
	return values_is_word(all, SET_OAUTH2_GRANT, "jwt-bearer") ? GRANT_JWT : GRANT_CODE;
}

struct oauth_settings
oauth_settings_read(const struct values *given, const struct values *all)
{
	const char *own = values_text(given, SET_TLS_CA_FILE);

	return (struct oauth_settings){
	    .authorize = values_text(all, SET_OAUTH2_AUTHORIZE),
	    .token = values_text(all, SET_OAUTH2_TOKEN),
	    .device = values_text(all, SET_OAUTH2_DEVICE),
	    .revoke = values_text(all, SET_OAUTH2_REVOKE),
	    .issuer = values_text(all, SET_OAUTH2_ISSUER),
	    .scope = values_text(all, SET_OAUTH2_SCOPE),
	    .client = values_text(all, SET_OAUTH2_CLIENT_ID),
	    .secret_command = values_text(all, SET_OAUTH2_CLIENT_SECRET_COMMAND),
	    .key_file = values_text(all, SET_OAUTH2_KEY_FILE),
	    .store_command = values_text(all, SET_TOKEN_STORE_COMMAND),
	    .ca_file = own ? own : values_text(all, SET_TLS_CA_FILE),
	    .grant = read_grant(all),
	    .timeout_s = values_number(all, SET_TIMEOUT, OAUTH_TIMEOUT_S)};
}
