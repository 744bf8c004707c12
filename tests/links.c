/* SPDX-License-Identifier: ISC */
/*
 * links - many names for one file: tests/links FILE N SUFFIX makes 1700000001.SUFFIX … in the
 * current directory, hard links to FILE, faster than a shell could.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char name[1000];

	for (long i = 1; argc == 4 && i <= atol(argv[2]); i++) {
		snprintf(name, sizeof name, "%ld.%s", 1700000000 + i, argv[3]);
		if (link(argv[1], name) != 0) {
			perror(name);
			return 1;
		}
	}
	return argc == 4 ? 0 : 64;
}
