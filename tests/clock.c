/* SPDX-License-Identifier: ISC */
/*
 * clock - a library for LD_PRELOAD: the system's clock shows another time. CLOCK is @SECONDS, the
 * time since 1970 from which it goes on, or +SECONDS, by which it is ahead.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

typedef int clock_function(clockid_t clock, struct timespec *now);

static clock_function *real_clock;
static time_t ahead;

__attribute__((constructor)) static void
begin(void)
{
	const char *text = getenv("CLOCK");
	struct timespec now;

	real_clock = (clock_function *)dlsym(RTLD_NEXT, "clock_gettime");
	if (!text || !*text || real_clock(CLOCK_REALTIME, &now) < 0)
		return;
	ahead = strtol(text + 1, NULL, 10);
	if (*text == '@')
		ahead -= now.tv_sec;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!real_clock)
		begin();
	if (real_clock(clock, now) < 0)
		return -1;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		now->tv_sec += ahead;
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now = {0};

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
	return 0;
}
