/* SPDX-License-Identifier: ISC */
/*
 * containment - a process that reads what a server sends gives up what it does not need for that.
 *
 * A stranger who takes over its parser by a bug then reads no file but those of the system, the
 * account's own certificates and password file, and the records of what was delivered; writes
 * nowhere but there and to the delivery target; starts no program; sends no other process a signal;
 * connects to no other TCP port than the server's and those of names. Parts that the kernel lacks
 * are left out (app/sandbox.h).
 *
 * The user's commands go on working: a spawner (base/spawner.h), forked before, starts them.
 */
#ifndef MAILVERBS_APP_CONTAINMENT_H
#define MAILVERBS_APP_CONTAINMENT_H

#include <stdbool.h>
#include <stddef.h>

struct account;
struct secret;
struct url;

/* The needs of a session. Borrowed. */
struct containment {
	const struct account *account;
	const struct url *url;
	const struct secret *secret;
};

/*
 * Before a connection: forks the spawner, the first time, if the accounts have commands. ALL are
 * those that this process will have sessions for, the current one first. True: this process is
 * contained, or will be.
 */
bool containment_prepare(const struct containment all[], size_t count);

/*
 * Before the first byte of the server is read: for good, for the whole process. Later calls do
 * nothing. Without effect with --no-sandbox; for GSSAPI and PKCS#11, whose libraries need files
 * that nobody can name; and if there is no spawner. With --probe, -v tells what is in force.
 */
void containment_enter(const struct containment all[], size_t count);

/*
 * Where the files could not be given up, because the Maildir was missing: now it is made, and the
 * others are. Does nothing otherwise.
 */
void containment_complete(void);

/* Has containment_enter() been called with effect? */
bool containment_is_in_force(void);

#endif
