/* SPDX-License-Identifier: ISC */
/*
 * setting_mail - checks of the kinds of values that only msend's settings have. Each is as
 * setting_check().
 */
#ifndef MAILVERBS_CONFIG_SETTING_MAIL_H
#define MAILVERBS_CONFIG_SETTING_MAIL_H

#include <stdbool.h>

struct err;
struct setting;

bool setting_check_domain(const struct setting *s, const char *text, char **normal, struct err *e);
bool setting_check_notify(const struct setting *s, const char *text, char **normal, struct err *e);
bool setting_check_return(const struct setting *s, const char *text, char **normal, struct err *e);
bool setting_check_envelope_id(const struct setting *s, const char *text, char **normal,
			       struct err *e);
bool setting_check_deliver_by(const struct setting *s, const char *text, char **normal,
			      struct err *e);
bool setting_check_date(const struct setting *s, const char *text, char **normal, struct err *e);
bool setting_check_rate(const struct setting *s, const char *text, char **normal, struct err *e);
bool setting_check_priority(const struct setting *s, const char *text, char **normal,
			    struct err *e);
bool setting_check_sendmail_mode(const struct setting *s, const char *text, char **normal,
				 struct err *e);

#endif
