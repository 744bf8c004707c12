/* SPDX-License-Identifier: ISC */
/*
 * command - the sub-commands of maccount.
 */
#ifndef MAILVERBS_MACCOUNT_COMMAND_H
#define MAILVERBS_MACCOUNT_COMMAND_H

#include <stdbool.h>

struct err;
struct run;

/* Each carries out one command; the operands are in RUN, without the command's name. False: *e. */
bool command_add(struct run *run, struct err *e);
bool command_discover(struct run *run, struct err *e);
bool command_import(struct run *run, struct err *e);
bool command_login(struct run *run, struct err *e);
bool command_token(struct run *run, struct err *e);
bool command_status(struct run *run, struct err *e);
bool command_logout(struct run *run, struct err *e);
bool command_providers(struct run *run, struct err *e);

/* Deletes the tokens of an account, without revocation; none is no error. False: *e. */
bool token_forget(struct run *run, const char *account, struct err *e);

#endif
