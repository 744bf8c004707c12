/* SPDX-License-Identifier: ISC */
/*
 * paths - where files are looked for (XDG Base Directory Specification).
 */
#ifndef MAILVERBS_CONFIG_PATHS_H
#define MAILVERBS_CONFIG_PATHS_H

/* HOME, or where that is not set (or no absolute path) what the system's list of users says. NULL:
 * there is none. Borrowed until the next call of getpwuid(3). */
const char *paths_home_directory(void);

/* Each returns a path that is the caller's to free(), or NULL where a home directory is needed and
 * there is none. */
char *paths_config(const char *file);        /* $XDG_CONFIG_HOME/mailverbs/FILE */
char *paths_system_config(const char *file); /* /etc/mailverbs/FILE */
char *paths_data(const char *file);          /* $(pkgdatadir)/FILE, or $MAILVERBS_DATADIR/FILE */
char *paths_state(const char *file);         /* $XDG_STATE_HOME/mailverbs/FILE */
char *paths_token(const char *account);      /* where maccount keeps the account's tokens */
char *paths_home(const char *file);          /* ~/FILE */

#endif
