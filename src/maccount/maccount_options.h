/* SPDX-License-Identifier: ISC */
/*
 * maccount_options - what the command line asks of maccount, and an account's keys for OAuth 2,
 * each read once by a command.
 */
#ifndef MAILVERBS_MACCOUNT_MACCOUNT_OPTIONS_H
#define MAILVERBS_MACCOUNT_MACCOUNT_OPTIONS_H

#include <stdbool.h>

struct values;

enum oauth_grant { GRANT_CODE, GRANT_CLIENT, GRANT_JWT };

/* Texts are borrowed from the command line; NULL: not given. */
struct maccount_options {
	const char *config;
	const char *ca_file;
	unsigned timeout_s; /* 0: not given */
	/* add, import */
	const char *name;
	const char *password_command;
	const char *format;
	bool yes;
	bool write;
	/* login, token */
	bool device, paste;
	bool force;
};

struct maccount_options maccount_options_read(const struct values *given);

/* Texts are borrowed from GIVEN and ALL; NULL: not set. */
struct oauth_settings {
	const char *authorize, *token, *device, *revoke, *issuer;
	const char *scope;
	const char *client;
	const char *secret_command;
	const char *key_file;
	const char *store_command;
	const char *ca_file;
	enum oauth_grant grant;
	unsigned timeout_s;
};

/* ALL has the values of the account, GIVEN those of the command line. */
struct oauth_settings oauth_settings_read(const struct values *given, const struct values *all);

#endif
