/* SPDX-License-Identifier: ISC */
#include "app/smtp_account.h"

#include <stddef.h>

#include "config/account.h"
#include "config/url.h"

enum { TIMEOUT_S = 60, MESSAGE_TIMEOUT_S = 600 };

struct smtp_params
smtp_account_params(const struct account *a, const struct url *url)
{
	const char *domain = account_text(a, SET_DOMAIN);
	const unsigned timeout = account_number(a, SET_TIMEOUT, TIMEOUT_S);

	return (struct smtp_params){.domain = domain ? domain : "[127.0.0.1]",
				    .is_lmtp = url->is_lmtp,
				    .timeout_s = timeout,
				    .message_timeout_s =
					account_text(a, SET_TIMEOUT) ? timeout : MESSAGE_TIMEOUT_S};
}
