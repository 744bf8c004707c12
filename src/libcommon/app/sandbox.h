/* SPDX-License-Identifier: ISC */
/*
 * sandbox - how a process gives up rights on this system: Landlock and a seccomp filter on Linux,
 * unveil and pledge on OpenBSD. app/containment.h says which.
 *
 * A part that the kernel lacks is left out: nothing here fails. A rule for a path holds for all
 * that is below it, and the path has to exist; one that does not is passed over.
 */
#ifndef MAILVERBS_APP_SANDBOX_H
#define MAILVERBS_APP_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

/* The rights at a path. */
enum sandbox_access {
	SANDBOX_READ = 1,   /* files are read, directories listed */
	SANDBOX_WRITE = 2,  /* existing files are read and written */
	SANDBOX_CHANGE = 4, /* files and directories are made, renamed and removed too */
	SANDBOX_DEVICE = 8  /* ioctl(2) on a device */
};

struct sandbox {
	int rules;        /* of the system, -1: it has none for files */
	unsigned version; /* of what the kernel offers; 0: nothing */
	bool covers_files;
};

/* Begins. COVERS_FILES: else files stay as they are. */
void sandbox_begin(struct sandbox *s, bool covers_files);

/* PATH may be NULL: then nothing is done. ACCESS: bits of enum sandbox_access. */
void sandbox_allow(const struct sandbox *s, const char *path, unsigned access);

/* The same for the file that a descriptor is open on. */
void sandbox_allow_open_file(const struct sandbox *s, int fd, unsigned access);

/* TCP connections to this port. */
void sandbox_allow_port(const struct sandbox *s, uint16_t port);

/* Sockets may be bound to an address of this machine, for connecting from there. */
void sandbox_allow_source(const struct sandbox *s);

/* Begun, but not put in force. */
void sandbox_cancel(struct sandbox *s);

/* Puts it in force, for good, and for what this thread starts from now on. Adds to OUT, which may
 * be NULL, what is in force, in words ("files, ports, signals, system calls"); nothing if nothing
 * is. */
void sandbox_enforce(struct sandbox *s, struct buf *out);

#endif
