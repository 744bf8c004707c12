/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_capabilities.h"

#include <string.h>

#include "tap.h"

static void
take(struct imap_capabilities *x, const char *words)
{
	imap_capabilities_read(x, words, strlen(words));
}

static void
test_words(void)
{
	struct imap_capabilities x = {0};

	take(&x, "IMAP4rev1 idle  AUTH=PLAIN MOVER AUTH=LOGIN");
	ok(x.is_known, "they are known");
	is_number(x.has, IMAP_REV1 | IMAP_IDLE, "whole words, in any case");
	is_str(x.sasl, "PLAIN LOGIN", "the mechanisms");
	is_str(x.described.data, "IMAP4rev1\nidle\nAUTH=PLAIN\nMOVER\nAUTH=LOGIN\n",
	       "the server's words");
	take(&x, "IMAP4rev1 MOVE");
	is_number(x.has, IMAP_REV1 | IMAP_MOVE, "others take their place");
	is_str(x.sasl, "", "with their mechanisms");
	imap_capabilities_forget(&x);
	ok(!x.is_known && x.has == 0, "forgotten");
	imap_capabilities_free(&x);
}

static void
test_revisions(void)
{
	struct imap_capabilities x = {0};

	take(&x, "IMAP4rev2");
	ok(x.has & IMAP_UIDPLUS && x.has & IMAP_MOVE, "IMAP4rev2 alone includes extensions");
	take(&x, "IMAP4rev2 IMAP4rev1");
	ok(!(x.has & IMAP_UIDPLUS), "but not beside IMAP4rev1");
	imap_capabilities_free(&x);
}

static void
test_limit(void)
{
	struct imap_capabilities x = {0};

	is_number(imap_capabilities_messages(&x, 5), 5, "no limit");
	take(&x, "IMAP4rev1 MESSAGELIMIT=3");
	is_number(imap_capabilities_messages(&x, 5), 3, "a limit");
	is_number(imap_capabilities_messages(&x, 2), 2, "a limit that is not reached");
	take(&x, "IMAP4rev1 MESSAGELIMIT=0");
	is_number(imap_capabilities_messages(&x, 5), 3, "0 is not a limit");
	imap_capabilities_free(&x);
}

int
main(void)
{
	test_words();
	test_revisions();
	test_limit();
	return tap_done();
}
