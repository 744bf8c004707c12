/* SPDX-License-Identifier: ISC */
/*
 * directory - the names in a directory, where an error is not taken for their end.
 */
#ifndef MAILVERBS_BASE_DIRECTORY_H
#define MAILVERBS_BASE_DIRECTORY_H

#include <stdbool.h>

/*
 * Calls VISIT with each name in the directory PATH but "." and "..", in no particular order, until
 * it returns false. False: the directory could not be read to the end, errno says why (ENOENT:
 * there is none); VISIT may have been called before.
 */
bool directory_each(const char *path, bool (*visit)(void *ctx, const char *name), void *ctx);

#endif
