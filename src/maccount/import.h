/* SPDX-License-Identifier: ISC */
/*
 * import - accounts from the configuration of another program, as sections of ours.
 *
 * A reader for each format (import_msmtp.c, import_fetchmail.c, import_getmail.c) makes a list of
 * items for each account, and a table of rules says what becomes of each item. An item without an
 * equivalent is complained of with its file and line; nothing is dropped in silence.
 */
#ifndef MAILVERBS_MACCOUNT_IMPORT_H
#define MAILVERBS_MACCOUNT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/text_set.h"
#include "config/setting.h"
#include "config/url.h"
#include "maccount/maccount_options.h"

struct err;
struct run;

/* A key of the other program with its value; a flag has "on" or "off". Values may be passwords. */
struct import_item {
	char *key, *value;
	unsigned line;
};

struct import_items {
	struct import_item *all;
	size_t count;
};

struct imported_key {
	const struct setting *setting;
	char *value;
};

/* A section of ours. */
struct imported {
	char *name;
	const char *path; /* of the file that it comes from */
	unsigned line;
	struct imported_key *keys;
	size_t key_count;
	char *password; /* or NULL; wiped */
	unsigned password_line;
	struct buf notes; /* what its user should know, one text per line */
};

struct import {
	struct run *run;
	struct maccount_options options;
	const char *path; /* the file that is being read */
	struct imported *accounts;
	size_t count;
	char *default_name;   /* the value of our key `account`, or NULL */
	struct text_set said; /* complaints: a default is inherited by many */
};

struct import_rule {
	const char *key;
	/* The values, blank-separated, that ask for what is so anyway; "*": all of them. */
	const char *fine;
	/* Our key takes the value as it is; or TRANSLATE does; or neither, and WHY says why not. */
	enum setting_id id;
	void (*translate)(struct import *im, struct imported *a, const struct import_items *items,
			  const struct import_item *item);
	const char *why;
};

/* A rule: these values are fine, and there are no others; for other values, the key ID has the same
 * meaning, or TRANSLATE finds ours, or there is nothing like it. */
#define IMPORT_FINE(KEY, FINE)                                  \
	{                                                       \
		.key = (KEY), .fine = (FINE), .id = SETTING_IDS \
	}
#define IMPORT_AS(KEY, FINE, ID)                         \
	{                                                \
		.key = (KEY), .fine = (FINE), .id = (ID) \
	}
#define IMPORT_BY(KEY, FINE, F)                                                   \
	{                                                                         \
		.key = (KEY), .fine = (FINE), .id = SETTING_IDS, .translate = (F) \
	}
#define IMPORT_NOT(KEY, FINE, WHY)                                            \
	{                                                                     \
		.key = (KEY), .fine = (FINE), .id = SETTING_IDS, .why = (WHY) \
	}

/* Each reads TEXT, a whole file; the accounts are added to IM. */
void import_msmtp(struct import *im, const char *text);
void import_mpop(struct import *im, const char *text);
void import_fetchmail(struct import *im, const char *text);
void import_getmail(struct import *im, const char *text);

/* The items: of one key, the last one counts; an empty value is as none. */
void import_item_set(struct import_items *items, const char *key, const char *value, unsigned line);
void import_items_copy(struct import_items *to, const struct import_items *from);
const struct import_item *import_item_find(const struct import_items *items, const char *key);
/* The value, or OTHERWISE. Borrowed. */
const char *import_item_value(const struct import_items *items, const char *key,
			      const char *otherwise);
bool import_item_is_on(const struct import_items *items, const char *key, bool otherwise);
void import_items_free(struct import_items *items);

/* A new account, the last one in IM; borrowed until the next is added. */
struct imported *import_add(struct import *im, const char *name, unsigned line);
void import_drop_last(struct import *im);
void import_free(struct import *im);

/* Complains that WHAT of this line is not taken over. Never shows a value, which may be a
 * password. */
void import_skip(struct import *im, unsigned line, const char *what, const char *why);

/* Sets our key. A value that is not valid is complained of, under the name WHAT. */
void import_set(struct import *im, struct imported *a, enum setting_id id, const char *value,
		unsigned line, const char *what);
void imported_free(struct imported *a); /* what it holds; not *a itself */
bool imported_has(const struct imported *a, enum setting_id id);
void imported_note(struct imported *a, const char *text);

/* The same for a word that our keys have in small letters. */
void import_set_word(struct import *im, struct imported *a, enum setting_id id, const char *word,
		     unsigned line, const char *what);

/* For a rule: the item is the account's password. */
void import_take_password(struct import *im, struct imported *a, const struct import_items *items,
			  const struct import_item *item);

/* Every item by its rule; a key without one is complained of. TABLES ends with NULL, each table
 * with a row without a key. */
void import_apply(struct import *im, struct imported *a, const struct import_items *items,
		  const struct import_rule *const *tables);

/* A server of the other program. */
struct import_server {
	enum protocol protocol;
	enum security security;
	const char *host;
	unsigned port; /* 0: the usual one */
	bool has_login;
	const struct import_item *cause; /* that says whether it has TLS; NULL: none does */
};

/* The server's key: smtps://HOST:PORT and so on. If TLS is off but there is a login at a host that
 * is not this machine, STARTTLS is required, and that is complained of. */
void import_set_server(struct import *im, struct imported *a, const struct import_server *server);

/* The next line of *TEXT, which is moved on; the caller's to free(). NULL: the end. */
char *import_line(const char **text);

/* S without blanks at both ends, in place. */
char *import_trim(char *s);

#endif
