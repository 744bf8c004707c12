/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_refusal.h"

#include "base/text.h"
#include "proto/imap/imap_code.h"
#include "proto/refusal.h"

struct meaning {
	const char *said;
	enum err_code means; /* ERR_NONE: what it would be otherwise */
	const char *hint;    /* NULL where the server's words say it all */
};

static const char web_first[] = "sign in on the provider's web site first: it asks for something";

/* Response codes. */
static const struct meaning codes[] = {
    {"UNAVAILABLE", ERR_TEMPORARY, NULL},
    {"INUSE", ERR_TEMPORARY, "another program has the mailbox open"},
    {"LIMIT", ERR_TEMPORARY, NULL},
    {"SERVERBUG", ERR_TEMPORARY, NULL},
    {"THROTTLED", ERR_TEMPORARY, NULL},
    {"TEMPFAIL", ERR_TEMPORARY, NULL},
    {"EXPUNGEISSUED", ERR_TEMPORARY, NULL},
    {"OVERQUOTA", ERR_UNAVAILABLE, "there is no room left in the mailbox on the server"},
    {"AUTHENTICATIONFAILED", ERR_LOGIN, NULL},
    {"AUTHORIZATIONFAILED", ERR_LOGIN, NULL},
    {"EXPIRED", ERR_LOGIN, NULL},
    {"PRIVACYREQUIRED", ERR_LOGIN, NULL},
    {"CONTACTADMIN", ERR_LOGIN, NULL},
    {"WEBALERT", ERR_LOGIN, web_first},
    {"NONEXISTENT", ERR_NO_INPUT, NULL},
    {"TRYCREATE", ERR_NO_INPUT, NULL},
    {"CLIENTBUG", ERR_BUG, NULL},
};

/*
 * Words (as of 2026-11), which take precedence over a code: Gmail says ALERT or OVERQUOTA for
 * conditions that pass within hours. Microsoft's, listed after them, has no codes; NetEase's
 * refuses folders when it means the client.
 */
static const struct meaning words_known[] = {
    {"too many simultaneous connections", ERR_TEMPORARY,
     "other mail programs have as many connections open as the server allows"},
    {"exceeded command or bandwidth limits", ERR_TEMPORARY,
     "the server gives so much a day: it goes on in some hours, perhaps tomorrow"},
    {"log in via your web browser", ERR_LOGIN, web_first},
    {"authenticated but not connected", ERR_UNAVAILABLE,
     "the login is right, the mailbox not open to it: IMAP may be switched off there, the token be "
     "another user's, or there were too many requests"},
    {"Command Error. 1", ERR_NONE,
     "Microsoft's servers say so where the access token is missing, has expired, or is for "
     "another mailbox"},
    {"Request is throttled", ERR_TEMPORARY, NULL},
    {"Server Unavailable", ERR_TEMPORARY, NULL},
    {"Unsafe Login", ERR_LOGIN,
     "the login works, but over IMAP no folder is opened to this program; POP3 is not concerned "
     "(protocol = pop3)"},
};

enum {
	CODES = sizeof codes / sizeof codes[0],
	WORDS_KNOWN = sizeof words_known / sizeof words_known[0]
};

static const struct meaning *
meaning_of(const char *words)
{
	struct imap_code code;

	for (size_t i = 0; i < WORDS_KNOWN; i++)
		if (text_contains(words, words_known[i].said))
			return &words_known[i];
	imap_code_in(&code, words);
	for (size_t i = 0; i < CODES; i++)
		if (imap_code_is(&code, codes[i].said))
			return &codes[i];
	return NULL;
}

bool
imap_refusal_is_explained(const char *words)
{
	return meaning_of(words) != NULL;
}

/* Without any response code, words may tell that the refusal is only for now. */
static bool
is_temporary(const char *words)
{
	struct imap_code code;

	imap_code_in(&code, words);
	return code.name_len == 0 && refusal_is_temporary(code.words);
}

bool
imap_refusal_set(struct err *e, enum err_code otherwise, const char *place, const char *words)
{
	const struct meaning *m = meaning_of(words);

	if (!m && is_temporary(words))
		otherwise = ERR_TEMPORARY;
	err_set(e, m && m->means != ERR_NONE ? m->means : otherwise, "%s: %s", place, words);
	return m && m->hint ? err_hint(e, "%s", m->hint) : false;
}
