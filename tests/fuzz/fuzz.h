/* SPDX-License-Identifier: ISC */
/*
 * fuzz - what the fuzzers share. Each fuzz_*.c defines libFuzzer's entry point, and is linked
 * either with -fsanitize=fuzzer or with standalone.c.
 */
#ifndef MAILVERBS_FUZZ_FUZZ_H
#define MAILVERBS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An assertion that NDEBUG does not take away: the fuzzer keeps the input that breaks it. */
#define FUZZ_ASSERT(cond)                                                                  \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                           \
		}                                                                          \
	} while (0)

#endif
