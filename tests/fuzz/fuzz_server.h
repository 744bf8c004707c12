/* SPDX-License-Identifier: ISC */
/*
 * fuzz_server - a server that has said all of the input and hung up, for fuzzers of conversations.
 */
#ifndef MAILVERBS_FUZZ_FUZZ_SERVER_H
#define MAILVERBS_FUZZ_FUZZ_SERVER_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "fuzz.h"
#include "net/stream.h"

/* The stream to it, the caller's to stream_close(). It takes whatever it is told. */
static struct stream *
fuzz_server(const uint8_t *bytes, size_t n)
{
	int ends[2];

	FUZZ_ASSERT(pipe(ends) == 0);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	FUZZ_ASSERT(write(ends[1], bytes, n) > 0); /* what is more than a pipe holds was not said */
	close(ends[1]);
	return stream_from_fds(ends[0], open("/dev/null", O_WRONLY), "fuzz", 1);
}

#endif
