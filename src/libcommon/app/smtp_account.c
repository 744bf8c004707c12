/* SPDX-License-Identifier: ISC */
#include "app/smtp_account.h"

#include "config/account.h"
#include "config/url.h"

struct smtp_params
smtp_account_params(const struct account *a, const struct url *url)
{
	const struct connection_settings *c = &a->settings.connection;

	return (struct smtp_params){.domain = c->domain ? c->domain : "[127.0.0.1]",
				    .is_lmtp = url->is_lmtp,
				    .timeout_s = c->timeout_s,
				    .message_timeout_s = c->message_timeout_s};
}
