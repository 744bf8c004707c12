/* SPDX-License-Identifier: ISC */
#include "proto/refusal.h"

#include <stddef.h>

#include "base/text.h"

/* A refusal that may be about the password is about it: trying again could lock the account,
 * however "busy" the server says that it may be besides. */
static const char *const wrong_password[] = {
    "password is incorrect", "password incorrect", "incorrect password",
    "wrong password",        "password is wrong",  "invalid password",
};

/* These mean "not now", whatever else is said. */
static const char *const not_now[] = {
    "temporar",
    "unavailable. ",
    "server unavailable",
    "service unavailable",
    "in use",
    "being used",
    "already open",
    "already logged in",
    "busy",
    "too many connect",
    "too many simultan",
    "too many sessions",
    "too many logins",
    "overload",
    "maintenance",
    "shutting down",
};

/* These mean it only where the refusal is not about who the user is. */
static const char *const perhaps[] = {"lock", "try again", "try later", "later", "retry"};

static const char *const about_the_user[] = {
    "password",        "credential", "authenticat", "authoriz", "account",
    "login incorrect", "login fail", "bad login",   "invalid",  "user",
};

static bool
has_any(const char *words, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_contains(words, list[i]))
			return true;
	return false;
}

#define HAS_ANY(words, list) has_any(words, list, sizeof list / sizeof list[0])

bool
refusal_is_temporary(const char *words)
{
	if (HAS_ANY(words, wrong_password))
		return false;
	return HAS_ANY(words, not_now) ||
	       (HAS_ANY(words, perhaps) && !HAS_ANY(words, about_the_user));
}
