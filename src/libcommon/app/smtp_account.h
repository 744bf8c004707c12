/* SPDX-License-Identifier: ISC */
/*
 * smtp_account - the account's settings for a conversation by SMTP or LMTP.
 */
#ifndef MAILVERBS_APP_SMTP_ACCOUNT_H
#define MAILVERBS_APP_SMTP_ACCOUNT_H

#include "proto/smtp/smtp.h"

struct account;
struct url;

/* The parameters of a conversation with the server at URL; borrows from A. */
struct smtp_params smtp_account_params(const struct account *a, const struct url *url);

#endif
