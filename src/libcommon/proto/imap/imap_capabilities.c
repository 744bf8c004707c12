/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_capabilities.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *word;
	unsigned means;
} known[] = {
    {"IMAP4rev1", IMAP_REV1},
    {"IMAP4rev2", IMAP_REV2},
    {"STARTTLS", IMAP_STARTTLS},
    {"LOGINDISABLED", IMAP_LOGINDISABLED},
    {"SASL-IR", IMAP_SASL_IR},
    {"ID", IMAP_ID},
    {"UIDPLUS", IMAP_UIDPLUS},
    {"UTF8=ONLY", IMAP_UTF8_ONLY},
    {"STATUS=SIZE", IMAP_STATUS_SIZE},
    {"LITERAL+", IMAP_LITERAL_PLUS},
    {"LITERAL-", IMAP_LITERAL_PLUS},
    {"COMPRESS=DEFLATE", IMAP_COMPRESS},
    {"IDLE", IMAP_IDLE},
    {"NOTIFY", IMAP_NOTIFY},
    {"MOVE", IMAP_MOVE},
    {"SPECIAL-USE", IMAP_SPECIAL_USE},
    {"NAMESPACE", IMAP_NAMESPACE},
    {"LIST-EXTENDED", IMAP_LIST_EXTENDED},
    {"LIST-STATUS", IMAP_LIST_STATUS},
};

/* Extensions that are part of IMAP4rev2 (RFC 9051 appendix E). A server that speaks both revisions
 * and was not asked to ENABLE the second names those that it has. */
enum {
	IN_REV2 = IMAP_SASL_IR | IMAP_UIDPLUS | IMAP_STATUS_SIZE | IMAP_LITERAL_PLUS | IMAP_IDLE |
		  IMAP_MOVE | IMAP_LIST_EXTENDED | IMAP_LIST_STATUS | IMAP_NAMESPACE
};

void
imap_capabilities_forget(struct imap_capabilities *x)
{
	x->has = 0;
	x->is_known = false;
	x->sasl[0] = '\0';
	buf_clear(&x->described);
}

static void
add_mechanism(struct imap_capabilities *x, const char *name, size_t len)
{
	const size_t at = strlen(x->sasl);

	if (at + 1 + len < sizeof x->sasl)
		snprintf(x->sasl + at, sizeof x->sasl - at, "%s%.*s", at ? " " : "", (int)len,
			 name);
}

static void
add_limit(struct imap_capabilities *x, const char *number, size_t len)
{
	uint64_t n;

	if (text_number_n(number, len, UINT32_MAX, &n) && n > 0)
		x->message_limit = (uint32_t)n;
}

static void
add_capability(struct imap_capabilities *x, const char *word, size_t len)
{
	static const char limit[] = "MESSAGELIMIT=";

	buf_addf(&x->described, "%.*s\n", (int)len, word);
	if (text_starts(word, len, "AUTH="))
		add_mechanism(x, word + 5, len - 5);
	if (text_starts(word, len, limit))
		add_limit(x, word + strlen(limit), len - strlen(limit));
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (text_equal_n(word, len, known[i].word))
			x->has |= known[i].means;
}

void
imap_capabilities_read(struct imap_capabilities *x, const char *words, size_t len)
{
	const char *end = words + len;

	imap_capabilities_forget(x);
	while (words < end) {
		const char *blank = memchr(words, ' ', (size_t)(end - words));
		const size_t n = (size_t)((blank ? blank : end) - words);

		if (n > 0)
			add_capability(x, words, n);
		words += n + 1;
	}
	if ((x->has & IMAP_REV2) && !(x->has & IMAP_REV1))
		x->has |= IN_REV2;
	x->is_known = true;
}

size_t
imap_capabilities_messages(const struct imap_capabilities *x, size_t count)
{
	return x->message_limit > 0 && x->message_limit < count ? x->message_limit : count;
}

void
imap_capabilities_free(struct imap_capabilities *x)
{
	buf_free(&x->described);
	*x = (struct imap_capabilities){0};
}
