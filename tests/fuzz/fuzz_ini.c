/* SPDX-License-Identifier: ISC */
/*
 * A configuration, or a file of presets: whatever its lines, it is read or refused with a reason,
 * each entry is found again, and an account is put together of it or refused.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/account.h"
#include "config/config_files.h"
#include "config/ini.h"
#include "fuzz.h"

static void
check_entries(const struct ini *ini)
{
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *entry = &ini->entries[i];

		FUZZ_ASSERT(ini_find(ini, entry->section, entry->name) == entry);
		FUZZ_ASSERT(ini_is_in(entry, entry->section, ini_section_hash(entry->section)));
	}
	FUZZ_ASSERT(!ini_find(ini, "no such section", "x"));
}

static void
resolve(struct ini *ini, enum tool_id tool)
{
	const struct config_files files = {.items = ini, .count = 1};
	const struct values given = {0};
	struct account a;
	struct err e = {0};

	FUZZ_ASSERT(account_resolve_in(&a, tool, &given, "a@example.org", &files, &e) ||
		    e.code != ERR_NONE);
	account_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ini ini;
	struct err e = {0};

	if (ini_parse_part("fuzz", (const char *)data, size, 1, &ini, &e)) {
		check_entries(&ini);
		resolve(&ini, TOOL_MSEND);
		resolve(&ini, TOOL_MFETCH);
	} else {
		FUZZ_ASSERT(e.code != ERR_NONE && e.text[0]);
	}
	ini_free(&ini);
	return 0;
}
