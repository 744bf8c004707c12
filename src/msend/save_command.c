/* SPDX-License-Identifier: ISC */
#include "msend/save_command.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/program.h"
#include "config/account.h"

static void
add_option(struct buf *command, enum setting_id id, const char *value)
{
	char *word = mem_printf("--%s=%s", setting_row(id, TOOL_MMARK)->name, value);

	program_add_word(command, word);
	free(word);
}

static void
add_given(struct buf *command, const struct account *a)
{
	static const enum setting_id ids[] = {SET_CONFIG,           SET_PROVIDER,    SET_USER,
					      SET_PASSWORD_COMMAND, SET_TLS_CA_FILE, SET_PROXY,
					      SET_SOURCE_IP,        SET_TIMEOUT};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		if (value_was_given(&a->values.of[ids[i]]))
			add_option(command, ids[i], values_text(&a->values, ids[i]));
	if (values_flag(&a->values, SET_IPV4))
		program_add_word(command, "--ipv4");
	if (values_flag(&a->values, SET_IPV6))
		program_add_word(command, "--ipv6");
}

/* Its diagnostics come on the pipe; the UID that it prints is not for our output. */
char *
save_command(const struct account *a, const char *folder)
{
	struct buf command = {0}, mmark = {0};

	program_add(&mmark, "mmark");
	buf_addf(&command, "exec %s --protocol=imap --seen", mmark.data);
	buf_free(&mmark);
	if (folder[0] == '\\')
		program_add_word(&command, "--create");
	add_option(&command, SET_APPEND, folder);
	add_option(&command, SET_ACCOUNT, a->name);
	add_given(&command, a);
	buf_add_str(&command, " 2>&1 >/dev/null");
	return buf_take(&command);
}
