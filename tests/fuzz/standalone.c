/* SPDX-License-Identifier: ISC */
/*
 * A main() for the fuzzers where there is no libFuzzer:
 *
 *	fuzz_x [-n MUTATIONS] [-s SEED] FILE-OR-DIRECTORY...
 *
 * Runs the entry point over each file, and over that many mutations of it (default 1000), which are
 * the same each time for the same seed. The input that runs stands in the file fuzz-input, which is
 * left when it crashes.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

enum { INPUT_MAX = 64 * 1024 };

static const char input_path[] = "fuzz-input";

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t len;
};

struct fuzzer {
	uint64_t random;
	unsigned long mutations;
	unsigned long runs;
	int input_fd;
};

static size_t
random_below(struct fuzzer *f, size_t below)
{
	f->random ^= f->random >> 12;
	f->random ^= f->random << 25;
	f->random ^= f->random >> 27;
	return (size_t)(f->random * UINT64_C(2685821657736338717) >> 33) % below;
}

/* On memory that ends where the input does: a sanitizer sees the first byte too far. */
static void
run(struct fuzzer *f, const struct input *in)
{
	uint8_t *const exact = malloc(in->len ? in->len : 1);

	if (!exact || ftruncate(f->input_fd, 0) != 0 ||
	    pwrite(f->input_fd, in->bytes, in->len, 0) != (ssize_t)in->len) {
		perror(input_path);
		exit(EXIT_FAILURE);
	}
	memcpy(exact, in->bytes, in->len);
	LLVMFuzzerTestOneInput(exact, in->len);
	free(exact);
	f->runs++;
}

static void
set_byte(struct fuzzer *f, struct input *in)
{
	if (in->len > 0)
		in->bytes[random_below(f, in->len)] = (uint8_t)random_below(f, 256);
}

/* A byte of the input itself: its alphabet is what the parser cares about. */
static void
copy_byte(struct fuzzer *f, struct input *in)
{
	if (in->len > 0)
		in->bytes[random_below(f, in->len)] = in->bytes[random_below(f, in->len)];
}

static void
remove_some(struct fuzzer *f, struct input *in)
{
	const size_t at = random_below(f, in->len + 1);
	const size_t n = random_below(f, in->len - at + 1);

	memmove(in->bytes + at, in->bytes + at + n, in->len - at - n);
	in->len -= n;
}

static void
repeat_some(struct fuzzer *f, struct input *in)
{
	const size_t from = random_below(f, in->len + 1);
	const size_t n = random_below(f, in->len - from + 1);
	const size_t to = random_below(f, in->len + 1);
	uint8_t some[INPUT_MAX];

	if (n > sizeof in->bytes - in->len)
		return;
	memcpy(some, in->bytes + from, n);
	memmove(in->bytes + to + n, in->bytes + to, in->len - to);
	memcpy(in->bytes + to, some, n);
	in->len += n;
}

static void (*const mutations[])(struct fuzzer *, struct input *) = {set_byte, copy_byte, copy_byte,
								     remove_some, repeat_some};

static void
run_mutated(struct fuzzer *f, const struct input *original)
{
	struct input *const in = malloc(sizeof *in);

	if (!in)
		abort();
	for (unsigned long i = 0; i < f->mutations; i++) {
		*in = *original;
		for (size_t steps = 1 + random_below(f, 8); steps > 0; steps--)
			mutations[random_below(f, sizeof mutations / sizeof *mutations)](f, in);
		run(f, in);
	}
	free(in);
}

static bool
read_input(const char *path, struct input *in)
{
	FILE *const file = fopen(path, "rb");

	if (!file)
		return false;
	in->len = fread(in->bytes, 1, sizeof in->bytes, file);
	return fclose(file) == 0;
}

static void
run_file(struct fuzzer *f, const char *path)
{
	struct input *const in = malloc(sizeof *in);

	if (!in || !read_input(path, in)) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	run(f, in);
	run_mutated(f, in);
	free(in);
}

static void
run_operand(struct fuzzer *f, const char *path)
{
	struct dirent **entries;
	const int n = scandir(path, &entries, NULL, alphasort);

	if (n < 0) {
		run_file(f, path);
		return;
	}
	for (int i = 0; i < n; i++) {
		char inner[4096];

		snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			run_file(f, inner);
		free(entries[i]);
	}
	free(entries);
}

int
main(int argc, char **argv)
{
	struct fuzzer f = {.random = 1, .mutations = 1000};
	int option;

	while ((option = getopt(argc, argv, "n:s:")) != -1) {
		if (option == 'n')
			f.mutations = strtoul(optarg, NULL, 10);
		else if (option == 's')
			f.random = strtoull(optarg, NULL, 10) | 1;
		else
			return EXIT_FAILURE;
	}
	f.input_fd = open(input_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (int i = optind; i < argc; i++)
		run_operand(&f, argv[i]);
	unlink(input_path);
	printf("%lu inputs, nothing found\n", f.runs);
	return EXIT_SUCCESS;
}
