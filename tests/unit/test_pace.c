/* SPDX-License-Identifier: ISC */
/* Patience with a peer, by numbers: no clock is asked. */
#include "net/pace.h"
#include "net/wait.h"
#include "tap.h"

/* How many pieces of BYTES, MS apart, come before patience of SECONDS ends; at most MOST. */
static unsigned
pieces(unsigned seconds, size_t bytes, int64_t ms, unsigned most)
{
	struct pace p;
	unsigned n = 0;

	pace_start(&p, seconds);
	for (; n < most && pace_deadline(&p, 0) >= ms; n++) {
		pace_wait(&p, ms);
		pace_move(&p, bytes);
	}
	return n;
}

static void
test_silence(void)
{
	struct pace p;

	pace_start(&p, 60);
	is_number((uint64_t)pace_deadline(&p, 1000), 61000, "a timeout is a deadline");
	pace_wait(&p, 20000);
	is_number((uint64_t)pace_deadline(&p, 30000), 70000, "waiting uses it up");
	pace_wait(&p, 50000);
	is_number((uint64_t)pace_deadline(&p, 90000), 90000, "it is never negative");
	pace_start(&p, 60);
	is_number((uint64_t)pace_deadline(&p, 0), 60000, "a new answer has a new one");
	pace_move(&p, 100 * 1024 * 1024);
	is_number((uint64_t)pace_deadline(&p, 0), 60000, "no patience is saved up");
}

static void
test_rate(void)
{
	is_number(pieces(60, 1, 1000, 1000000), 60, "a byte a second is silence");
	ok(pieces(2, 4096, 1500, 1000000) <= 3, "4 KiB every 1.5 s end within a timeout of 2 s");
	ok(pieces(60, 4096, 59000, 1000000) <= 2, "4 KiB within each minute end too");
	is_number(pieces(60, 300, 1000, 1000000), 1000000,
		  "300 octets a second are slow, not a trap");
	is_number(pieces(60, PACE_BYTES, 59900, 1000), 1000, "one timeout for each 16 KiB");
}

static void
test_no_limit(void)
{
	struct pace p;

	pace_start(&p, 0);
	pace_wait(&p, INT64_MAX / 2);
	pace_move(&p, 1);
	ok(pace_deadline(&p, 5) == WAIT_FOREVER, "timeout 0 has no end");
}

int
main(void)
{
	test_silence();
	test_rate();
	test_no_limit();
	return tap_done();
}
