/* SPDX-License-Identifier: ISC */
/* A date is understood or unknown, never another moment. */
#include <string.h>

#include "base/buf.h"
#include "message/date.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *means; /* NULL: unknown */
} dates[] = {
    {"Thu, 6 Oct 2022 12:27:13 +0200", "2022-10-06T12:27:13+02:00"},
    {"Thu, 6 Oct 2022 12:27:13 +02:00", "2022-10-06T12:27:13+02:00"},
    {"Thu, 6 Oct 2022 12:27:13 GMT+0200", "2022-10-06T12:27:13+02:00"},
    {"Thu, 6 Oct 2022 12:27:13 UTC-03:30", "2022-10-06T12:27:13-03:30"},
    {"Thu, 6 Oct 2022 12:27:13.123 +0200", "2022-10-06T12:27:13+02:00"},
    {"Thu, 6 Oct 2022 12:27:13 (CEST) +0200", "2022-10-06T12:27:13+02:00"},
    {"Thu, 6 Oct 2022 12:27:13 +0200 (a (nested \\) one))", "2022-10-06T12:27:13+02:00"},
    {"Thu, 6 Oct 2022 12:27:13 +0200 CEST", "2022-10-06T12:27:13+02:00"},
    {"6 Oct 22 12:27 EDT", "2022-10-06T12:27:00-04:00"},
    {"Thu, 06-Oct-99 9:27 Z", "1999-10-06T09:27:00+00:00"},
    {"6 October 122 12 : 27 : 13 -0000", "2022-10-06T12:27:13+00:00"},
    {"29 Feb 2024 00:00:60 +1400", "2024-02-29T00:01:00+14:00"},
    {"Thu, 6 Oct 2022 12:27:13", NULL},
    {"Thu, 6 Oct 2022 12:27:13 +2400", NULL},
    {"Thu, 6 Oct 2022 12:27:13 +0260", NULL},
    {"Thu, 6 Oct 2022 12:27:13 +020", NULL},
    {"Thu, 6 Oct 2022 12:27:13 PM +0200", NULL},
    {"Thu, 6 Oct 2022 12:27:13 +0200 PM", NULL},
    {"Thu, 6 Oct 2022 12:27:13 A", NULL},
    {"Thu, 6 Oct 2022 12:27:13 IST", NULL},
    {"Thu, 6 Oct 2022 12:27:13 CET+1", NULL},
    {"Thu, 6 Oct 2022 12:27:13 +0200 +0300", NULL},
    {"Thu, 6 Oct 2022 24:27:13 +0200", NULL},
    {"Thu, 6 Oct 2022 12:7:13 +0200", NULL},
    {"29 Feb 2023 00:00:00 +0000", NULL},
    {"31 Apr 2023 00:00:00 +0000", NULL},
    {"6 Oct 20222 12:27:13 +0200", NULL},
    {"6 Oct 2 12:27:13 +0200", NULL},
    {"6 Oktober 2022 12:27:13 +0200", NULL},
    {"6 Oct 2022 12:27:13 (+0200", NULL},
    {"2022-10-06T12:27:13Z", NULL},
    {"", NULL},
};

int
main(void)
{
	for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
		struct date date;
		struct buf text = {0};
		const bool known = date_parse(dates[i].text, &date);

		if (known)
			date_format(&text, &date);
		ok(known == (dates[i].means != NULL) &&
		       (!known || strcmp(text.data, dates[i].means) == 0),
		   "%s", dates[i].text);
		buf_free(&text);
	}
	return tap_done();
}
