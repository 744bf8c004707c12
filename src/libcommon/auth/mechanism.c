/* SPDX-License-Identifier: ISC */
#include "auth/mechanism.h"

#include <stddef.h>

#include "auth/token.h"
#include "base/text.h"

enum {
	PASSWORD = NEEDS_USER | NEEDS_SECRET,
	SCRAM = IS_AUTOMATIC | PASSWORD | CLIENT_FIRST | PROVES_LATE | PROVES_SERVER,
	TOKEN = PASSWORD | REVEALS_SECRET | IS_TOKEN | CLIENT_FIRST,
};

/*
 * The order is that of "auto". CRAM-MD5 comes after PLAIN (and after USER and PASS in POP3, LOGIN
 * in IMAP): if TLS hides the exchange, it only adds that the server must store the password itself,
 * and more than one server offers it without being able to. Without TLS, plain passwords are out
 * and CRAM-MD5 is the next best after SCRAM. DIGEST-MD5 is obsolete (RFC 6331), GSSAPI needs a
 * ticket, tokens need somebody who renews them: these are used where the user or the provider's
 * preset names them.
 */
const struct mechanism mechanisms[] = {
    {.name = "SCRAM-SHA-256-PLUS", .traits = SCRAM | NEEDS_BINDING},
    {.name = "SCRAM-SHA-1-PLUS", .traits = SCRAM | NEEDS_BINDING},
    {.name = "SCRAM-SHA-256", .traits = SCRAM},
    {.name = "SCRAM-SHA-1", .traits = SCRAM},
    {.name = "PLAIN", .traits = IS_AUTOMATIC | PASSWORD | REVEALS_SECRET | CLIENT_FIRST},
    {.name = "LOGIN", .traits = IS_AUTOMATIC | PASSWORD | REVEALS_SECRET | PROVES_LATE},
    {.name = "CRAM-MD5", .traits = IS_AUTOMATIC | PASSWORD},
    {.name = "EXTERNAL", .traits = IS_AUTOMATIC | NEEDS_CERTIFICATE | SENDS_AUTHZID | CLIENT_FIRST},
    {.name = "DIGEST-MD5", .traits = PASSWORD | PROVES_SERVER},
    {.name = "GSSAPI", .traits = CLIENT_FIRST | PROVES_SERVER},
    {.name = "OAUTHBEARER",
     .traits = TOKEN,
     .token_message = token_oauthbearer,
     .after_error = "\001"},
    {.name = "XOAUTH2", .traits = TOKEN, .token_message = token_xoauth2, .after_error = ""},
    {.name = NULL},
};

const struct mechanism *
mechanism_find(const char *name)
{
	for (const struct mechanism *m = mechanisms; m->name; m++)
		if (text_equal_case(m->name, name))
			return m;
	return NULL;
}
