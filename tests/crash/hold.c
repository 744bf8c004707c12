/* SPDX-License-Identifier: ISC */
/*
 * hold FILE - holds the fcntl(2) lock on FILE, as another mail program does, until its standard
 * input ends. Says `held` when it has it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	const int fd = argc == 2 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
	char byte;

	if (fd < 0 || fcntl(fd, F_SETLKW, &lock) != 0)
		return 1;
	puts("held");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return 0;
}
