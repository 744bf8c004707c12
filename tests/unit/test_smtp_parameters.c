/* SPDX-License-Identifier: ISC */
#include "proto/smtp/smtp_parameters.h"

#include "base/buf.h"
#include "base/err.h"
#include "config/setting.h"
#include "proto/smtp/smtp.h"
#include "tap.h"

static void
test_parameters(void)
{
	const struct smtp_parameters all = {.notify = "SUCCESS,DELAY",
					    .ret = "HDRS",
					    .envelope_id = "QQ 3=1+1",
					    .require_tls = "",
					    .deliver_by = "120;N",
					    .hold_for = "60",
					    .hold_until = "2026-12-24T18:00:00Z",
					    .priority = "-3"};
	const struct smtp_parameters none = {0};
	struct buf out = {0};

	buf_add_str(&out, "");
	smtp_parameters_add_mail(&none, &out);
	smtp_parameters_add_rcpt(&none, "a@x", &out);
	is_str(out.data, "", "who wishes nothing adds nothing");
	smtp_parameters_add_mail(&all, &out);
	is_str(out.data,
	       " RET=HDRS ENVID=QQ+203+3D1+2B1 REQUIRETLS BY=120;N HOLDFOR=60 "
	       "HOLDUNTIL=2026-12-24T18:00:00Z MT-PRIORITY=-3",
	       "the parameters of MAIL, the envelope id as xtext");
	buf_clear(&out);
	smtp_parameters_add_rcpt(&all, "a+b=c@x", &out);
	is_str(out.data, " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb+3Dc@x",
	       "of RCPT, with the original recipient");
	buf_clear(&out);
	smtp_parameters_add_rcpt(&all, "ü@x", &out);
	is_str(out.data, " NOTIFY=SUCCESS,DELAY", "which is left out where it is not ASCII");
	buf_free(&out);
}

static void
is_refused(struct smtp_parameters w, struct smtp_features f, const char *want)
{
	struct err e = {0};

	ok(!smtp_parameters_check(&w, &f, &e) && e.code == ERR_UNAVAILABLE, "refused");
	is_str(e.text, want, want);
}

static void
test_check(void)
{
	const struct smtp_features all = {.dsn = true,
					  .requiretls = true,
					  .deliverby = true,
					  .deliver_by_min = 100,
					  .futurerelease = true,
					  .hold_for_max = 1000,
					  .mt_priority = true};
	const struct smtp_features none = {0};
	const struct smtp_parameters some = {.notify = "NEVER",
					     .require_tls = "",
					     .deliver_by = "100;R",
					     .hold_for = "1000",
					     .priority = "1"};
	struct err e;

	ok(smtp_parameters_check(&some, &all, &e), "all is offered");
	ok(smtp_parameters_check(&(struct smtp_parameters){0}, &none, &e), "nothing is wished");
#define LACKS(extension) "this needs " extension ", which the server does not offer"
	is_refused((struct smtp_parameters){.notify = "NEVER"}, none, LACKS("DSN"));
	is_refused((struct smtp_parameters){.ret = "FULL"}, none, LACKS("DSN"));
	is_refused((struct smtp_parameters){.envelope_id = "x"}, none, LACKS("DSN"));
	is_refused((struct smtp_parameters){.require_tls = ""}, none, LACKS("REQUIRETLS"));
	is_refused((struct smtp_parameters){.deliver_by = "9;R"}, none, LACKS("DELIVERBY"));
	is_refused((struct smtp_parameters){.hold_for = "9"}, none, LACKS("FUTURERELEASE"));
	is_refused((struct smtp_parameters){.hold_until = "9"}, none, LACKS("FUTURERELEASE"));
	is_refused((struct smtp_parameters){.priority = "9"}, none, LACKS("MT-PRIORITY"));
	is_refused((struct smtp_parameters){.deliver_by = "99;R"}, all,
		   "the server needs 100 seconds at least to deliver by");
	is_refused((struct smtp_parameters){.hold_for = "1001"}, all,
		   "the server holds a message for 1000 seconds at most");
}

/* WANT NULL: it is no good value. */
static void
is_normal(enum setting_id id, const char *text, const char *want)
{
	struct err e = {0};
	char *normal = NULL;
	char name[100];

	snprintf(name, sizeof name, "--%s=%s", setting_row(id, TOOL_MSEND)->name, text);
	setting_check(setting_row(id, TOOL_MSEND), text, &normal, &e);
	is_str(normal, want, name);
	free(normal);
}

static void
test_values(void)
{
	is_normal(SET_DSN_NOTIFY, "never", "NEVER");
	is_normal(SET_DSN_NOTIFY, "Success,failure", "SUCCESS,FAILURE");
	is_normal(SET_DSN_NOTIFY, "success,,delay", NULL);
	is_normal(SET_DSN_NOTIFY, "never,delay", NULL);
	is_normal(SET_DSN_NOTIFY, "", NULL);
	is_normal(SET_DSN_RETURN, "hdrs", "HDRS");
	is_normal(SET_DSN_RETURN, "all", NULL);
	is_normal(SET_ENVELOPE_ID, "a b", "a b");
	is_normal(SET_ENVELOPE_ID, "a\tb", NULL);
	is_normal(SET_DELIVER_BY, "120", "120;R");
	is_normal(SET_DELIVER_BY, "120,notify", "120;N");
	is_normal(SET_DELIVER_BY, "0", NULL);
	is_normal(SET_DELIVER_BY, "120,trace", NULL);
	is_normal(SET_PRIORITY, "-9", "-9");
	is_normal(SET_PRIORITY, "+3", "3");
	is_normal(SET_PRIORITY, "10", NULL);
	setenv("TZ", "CET-1", 1);
	is_normal(SET_HOLD_UNTIL, "2026-12-24T18:00:01Z", "2026-12-24T18:00:01Z");
	is_normal(SET_HOLD_UNTIL, "2026-12-24T18:00:00+02:00", "2026-12-24T16:00:00Z");
	is_normal(SET_HOLD_UNTIL, "2026-12-24 18:00", "2026-12-24T17:00:00Z");
	is_normal(SET_HOLD_UNTIL, "2026-12-24", NULL);
	is_normal(SET_HOLD_UNTIL, "2026-13-24T18:00", NULL);
	is_normal(SET_HOLD_UNTIL, "2026-12-24T18:00 CET", NULL);
}

int
main(void)
{
	test_parameters();
	test_check();
	test_values();
	return tap_done();
}
