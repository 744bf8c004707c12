/* SPDX-License-Identifier: ISC */
/*
 * setting_mail - the kinds of values that only msend's settings have. Each as in setting_check().
 */
#ifndef MAILVERBS_CONFIG_SETTING_MAIL_H
#define MAILVERBS_CONFIG_SETTING_MAIL_H

#include <stdbool.h>

struct err;

bool setting_check_rewrite(const char *text, char **normal, struct err *e);
bool setting_check_notify(const char *text, char **normal, struct err *e);
bool setting_check_return(const char *text, char **normal, struct err *e);
bool setting_check_envelope_id(const char *text, char **normal, struct err *e);
bool setting_check_deliver_by(const char *text, char **normal, struct err *e);
bool setting_check_date(const char *text, char **normal, struct err *e);
bool setting_check_priority(const char *text, char **normal, struct err *e);
bool setting_check_sendmail_mode(const char *text, char **normal, struct err *e);

#endif
