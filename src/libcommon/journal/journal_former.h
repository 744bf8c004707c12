/* SPDX-License-Identifier: ISC */
/*
 * journal_former - messages that are known under another UIDVALIDITY (RFC 9051 section 2.3.1.1)
 * than the mailbox has now.
 */
#ifndef MAILVERBS_JOURNAL_JOURNAL_FORMER_H
#define MAILVERBS_JOURNAL_JOURNAL_FORMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/journal_stale.h"

struct err;
struct journal;

/*
 * From now on each UID belongs to this UIDVALIDITY (RFC 9051 section 2.3.1.1), and messages known
 * under another one count as unknown: the journal has them as `VALIDITY:UID`. 0, the initial value:
 * the ids never change.
 */
void journal_set_validity(struct journal *s, uint64_t validity);

/*
 * Ids of NEXT or more (UIDNEXT) belong to future messages. If one of them is known, and IS_LISTED
 * says that it is not listed, the server reuses ids under the same UIDVALIDITY: the mailbox was
 * restored from a backup. A message with a known id may be another message, so from now on all
 * messages known under this UIDVALIDITY count as known under another one.
 */
void journal_distrust_from(struct journal *s, uint32_t next,
			   bool (*is_listed)(void *ctx, const char *uid), void *ctx);

/* Is something known under another UIDVALIDITY than the one that was set? */
bool journal_has_former(const struct journal *s);

/*
 * Those of COUNT newcomers that were delivered under another UIDVALIDITY, by their fingerprints,
 * are known from here on, as delivered when they were. A fingerprint that several messages have,
 * now or before, identifies none of them. Returns how many were recognised. In memory only, until
 * journal_drop_former().
 */
size_t journal_recognise(struct journal *s, const struct newcomer *newcomers, size_t count);

/*
 * Forgets messages known under another UIDVALIDITY, by rewriting the journal: the old file remains
 * until the new one is complete and in its place. No intent may be open. False: *e is ERR_IO.
 */
bool journal_drop_former(struct journal *s, struct err *e);

#endif
