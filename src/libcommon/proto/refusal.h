/* SPDX-License-Identifier: ISC */
/*
 * refusal - what a server's free text tells of a refusal that has no response code.
 */
#ifndef MAILVERBS_PROTO_REFUSAL_H
#define MAILVERBS_PROTO_REFUSAL_H

#include <stdbool.h>

/*
 * Do the WORDS of a refusal ("maildrop already locked", "try again later") say that the same may be
 * granted some minutes from now? Case does not matter. Words that speak of the password or of a
 * locked account do not: then trying again only makes it worse.
 */
bool refusal_is_temporary(const char *words);

#endif
