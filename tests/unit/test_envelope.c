/* SPDX-License-Identifier: ISC */
#include "message/envelope.h"

#include "base/buf.h"
#include "base/err.h"
#include "tap.h"

static void
sends(const char *header, const char *want, bool want_many, const char *name)
{
	bool many;
	char *sender;
	struct err e;

	if (!envelope_sender(header, strlen(header), &sender, &many, &e))
		sender = strdup("!");
	is_str(sender, want, name);
	ok(many == want_many, "%s it is one of many", want_many ? "and that" : "and not that");
	free(sender);
}

static bool
list(void *ctx, const struct address *a, struct err *e)
{
	struct buf *all = ctx;

	(void)e;
	buf_addf(all, "%s%s", all->len ? " " : "", a->addr);
	return true;
}

static void
receive(const char *header, const char *want, const char *name)
{
	struct buf all = {0};
	struct err e = {0};

	buf_add_str(&all, "");
	if (!envelope_recipients(header, strlen(header), list, &all, &e))
		buf_addf(&all, "! %s", e.text);
	is_str(all.data, want, name);
	buf_free(&all);
}

#define OWN "From: a@x\nTo: b@x\nCc: c@x\nBcc: d@x\n\n"
#define OLD "Resent-From: o@x\nResent-To: p@x\n"
#define NEW "Resent-Date: now\nResent-From: m@x\nResent-To: n@x\nresent-bcc: q@x\n"

static void
test_sender(void)
{
	sends("From: A <a@x>\n", "a@x", false, "From sends");
	sends("From: a@x, b@x\nSender: b@x\n", "b@x", false, "Sender goes before it");
	sends("From: a@x, b@x\n", "a@x", true, "of two in From the first, and it is said");
	sends("Subject: x\n", NULL, false, "nobody");
	sends("From: <\n", "!", false, "a From that cannot be read is an error");
	sends("From: Alice alice@x\n", "!", false, "also one in which an address can be seen");
	sends("From: \"alice@x\"\n", "!", false, "or is quoted");
	sends("From: =?utf-8?q?alice=40x?=\n", "!", false, "or encoded");
	sends("From: team:;\n", "!", false, "or a group of nobody");
	sends("From: \n", NULL, false, "an empty one is as good as missing");
	sends("From: <>\n", NULL, false, "so is the null address");
	sends("From: Alice Example\n", NULL, false, "and a name alone");
	sends("From: =?utf-8?q?Alice?=\n", NULL, false, "an encoded one too");
	sends("From: [JIRA] Alice <alice@x>\n", "alice@x", false,
	      "words of any kind come before <");
	sends("From: b@y <a@x>\n", "a@x", false, "an address as well");
	sends("Sender: \nFrom: a@x\n", "a@x", false, "an empty Sender does not decide");
	sends("Sender: <>\nFrom: a@x\n", "a@x", false, "nor does <>");
	sends("Sender: bob\nFrom: a@x\n", "a@x", false, "nor a local name beside a whole address");
	sends("Sender: bob\nFrom: al\n", "bob", false, "of two local names Sender decides");
	sends("Sender: bob\nFrom: a@x, b@x\n", "bob", false, "a local Sender of many From");
	sends("Sender: Bob B\nFrom: a@x\n", "!", false, "a name in Sender does not tell who");
	sends("Sender: b@x, c@x\nFrom: a@x\n", "!", false, "nor do two of them");
	sends("Sender: b@x c@x\nFrom: a@x\n", "!", false, "nor one that cannot be read");
	sends("Resent-From: m@x n@x\n" OWN, "!", false, "a Resent-From likewise");
	sends(NEW OLD OWN, "m@x", false, "who passed it on last");
	sends("Received: x\nResent-Sender: s@x\n" NEW OWN, "s@x", false, "or had it passed on");
	sends("Resent-From: m@x, n@x\nSender: s@x\n" OWN, "m@x", true,
	      "Sender says nothing about a Resent-From");
}

static void
test_recipients(void)
{
	receive(OWN, "b@x c@x d@x", "To, Cc and Bcc");
	receive("To: b@x\nTo: Group: c@x, (d@x) e@x;\nCC : f@x\n", "b@x c@x e@x f@x",
		"each of them, in groups too");
	receive(NEW OWN, "n@x q@x", "the Resent- block alone");
	receive("Received: y\n" NEW "Received: z\n" OLD OWN, "n@x q@x",
		"of two blocks the newest: another field stands between them");
	receive(NEW OLD OWN, "n@x q@x", "or a field comes again");
	receive("Resent-From: m@x\n" OWN, "", "a block that names nobody names nobody");
	receive("Subject: x\n\nTo: b@x\n", "", "the body says nothing");
	receive("To: b@x, <\n", "b@x! To: address list: missing address at its end",
		"what cannot be read is said");
}

int
main(void)
{
	test_sender();
	test_recipients();
	return tap_done();
}
