/* SPDX-License-Identifier: ISC */
/*
 * homeless - a library for LD_PRELOAD: the user's entry in the system's list of users names the
 * home directory in ACCOUNT_HOME; where that is empty, none.
 */
#include <dlfcn.h>
#include <pwd.h>
#include <stdlib.h>

struct passwd *
getpwuid(uid_t uid)
{
	struct passwd *(*real)(uid_t) = (struct passwd * (*)(uid_t)) dlsym(RTLD_NEXT, "getpwuid");
	struct passwd *entry = real(uid);

	if (entry)
		entry->pw_dir = getenv("ACCOUNT_HOME");
	return entry;
}
