/* SPDX-License-Identifier: ISC */
/*
 * paths - where files are looked for (XDG Base Directory Specification).
 */
#ifndef MAILVERBS_CONFIG_PATHS_H
#define MAILVERBS_CONFIG_PATHS_H

/* Each returns a path that is the caller's to free(), or NULL where HOME is needed and not set. */
char *paths_config(const char *file);        /* $XDG_CONFIG_HOME/mailverbs/FILE */
char *paths_system_config(const char *file); /* /etc/mailverbs/FILE */
char *paths_data(const char *file);          /* $(pkgdatadir)/FILE, or $MAILVERBS_DATADIR/FILE */
char *paths_state(const char *file);         /* $XDG_STATE_HOME/mailverbs/FILE */
char *paths_home(const char *file);          /* ~/FILE */

#endif
