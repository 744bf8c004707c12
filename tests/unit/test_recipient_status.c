/* SPDX-License-Identifier: ISC */
#include "msend/recipient_status.h"

#include "base/err.h"
#include "msend/letter.h"
#include "msend/outcome.h"
#include "tap.h"

/* What three recipients were told, what the failure was (0: it was sent), and what is to become of
 * them: T taken, R refused, D due. */
static const struct {
	const char *name;
	unsigned replies[3];
	bool taken[3];
	bool partial, maybe_sent, is_unreached;
	enum err_code failure;
	const char *fates;
} cases[] = {
    {"no server: all are due", .is_unreached = true, .failure = ERR_TEMPORARY, .fates = "DDD"},
    {"no login: all are due, a person can mend it", .failure = ERR_LOGIN, .fates = "DDD"},
    {"a configuration that is wrong now: all are due", .is_unreached = true, .failure = ERR_CONFIG,
     .fates = "DDD"},
    {"the sender is refused: nobody gets it", .failure = ERR_UNAVAILABLE, .fates = "RRR"},
    {"the sender is refused for now: all are due", .failure = ERR_TEMPORARY, .fates = "DDD"},
    {"all or none, one is refused: nobody gets it", .replies = {250, 550, 250},
     .failure = ERR_RECIPIENT, .fates = "RRR"},
    {"all or none, one is refused for now: all are due", .replies = {250, 450, 250},
     .failure = ERR_TEMPORARY, .fates = "DDD"},
    {"all or none, one is refused, another for now, which was said first: nobody gets it",
     .replies = {450, 550, 250}, .failure = ERR_TEMPORARY, .fates = "RRR"},
    {"all or none, a recipient wants a login: all are due", .replies = {250, 530, 250},
     .failure = ERR_LOGIN, .fates = "DDD"},
    {"partial, sent to one", .replies = {250, 550, 450}, .taken = {true}, .partial = true,
     .fates = "TRD"},
    {"partial, sent to nobody", .replies = {450, 550, 450}, .partial = true,
     .failure = ERR_TEMPORARY, .fates = "DRD"},
    {"partial, the line breaks behind the recipients", .replies = {250, 550, 450}, .partial = true,
     .failure = ERR_TEMPORARY, .fates = "DRD"},
    {"partial, the message itself is refused: nobody gets it", .replies = {250, 250, 450},
     .partial = true, .failure = ERR_MALFORMED, .fates = "RRR"},
    {"the message is refused: nobody gets it", .replies = {250, 250, 250}, .failure = ERR_MALFORMED,
     .fates = "RRR"},
    {"the reply was not seen: all are due", .replies = {250, 250, 250}, .maybe_sent = true,
     .failure = ERR_TEMPORARY, .fates = "DDD"},
    {"LMTP, the last reply was not seen", .replies = {250, 550, 250}, .taken = {true},
     .maybe_sent = true, .failure = ERR_TEMPORARY, .fates = "TRD"},
};

static void
test_case(size_t n)
{
	struct smtp_recipient recipients[3] = {{0}};
	struct letter l = {
	    .envelope = {.recipients = recipients, .count = 3, .partial = cases[n].partial}};
	struct outcome o = {.server = cases[n].is_unreached ? NULL : (char[]){"here"},
			    .maybe_sent = cases[n].maybe_sent};
	struct err e = {.code = cases[n].failure};
	const struct err *failure = e.code == ERR_NONE ? NULL : &e;
	char fates[4] = "";
	bool is_sealed;

	for (size_t i = 0; i < 3; i++)
		recipients[i] = (struct smtp_recipient){.address = "x@example.org",
							.reply = {.code = cases[n].replies[i]},
							.is_taken = cases[n].taken[i]};
	is_sealed = recipient_status_is_final(&l, &o, failure);
	for (size_t i = 0; i < 3; i++)
		fates[i] = "TRD"[recipient_status_of(&l, i, &o, is_sealed)];
	is_str(fates, cases[n].fates, cases[n].name);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		test_case(i);
	return tap_done();
}
