/* SPDX-License-Identifier: ISC */
#include "mfetch/destination.h"

#include <stddef.h>

#include "app/tool.h"
#include "base/err.h"
#include "config/account.h"
#include "deliver/sink.h"
#include "mfetch/retention.h"

static const struct {
	enum setting_id setting;
	enum sink_kind kind;
} destinations[] = {{SET_RAW, SINK_RAW_STDOUT},
		    {SET_MAILDIR, SINK_MAILDIR},
		    {SET_MBOX, SINK_MBOX},
		    {SET_PIPE, SINK_COMMAND},
		    {SET_LMTP, SINK_LMTP}};

enum { DESTINATIONS = sizeof destinations / sizeof destinations[0] };

/* How many of the settings have a value in VALUES; *FOUND is the last. */
static size_t
find(const struct values *values, size_t *found)
{
	size_t count = 0;

	for (size_t i = 0; i < DESTINATIONS; i++)
		if (values->of[destinations[i].setting].text) {
			*found = i;
			count++;
		}
	return count;
}

bool
destination_choose(struct sink_spec *spec, const struct run *run, const struct account *a,
		   struct err *e)
{
	size_t i = 0, count = find(&run->given, &i);
	const enum err_code code = count > 0 ? ERR_USAGE : ERR_CONFIG;

	if (count == 0 && !run_flag(run, SET_HEADERS))
		count = find(&a->values, &i);
	if (count > 1)
		return err_set(
		    e, code,
		    "only one of raw, maildir, mbox, pipe and lmtp can be the destination");
	*spec = (struct sink_spec){.kind = count == 0 ? SINK_MBOX_STDOUT : destinations[i].kind,
				   .nul = run_flag(run, SET_NUL),
				   .account = a->name};
	if (count > 0 && spec->kind != SINK_RAW_STDOUT)
		spec->place = account_text(a, destinations[i].setting);
	if (spec->nul && spec->kind != SINK_RAW_STDOUT)
		return err_set(e, ERR_USAGE, "--null goes with --raw");
	if (run->given.of[SET_RECIPIENT].text && spec->kind != SINK_LMTP)
		return err_set(e, ERR_USAGE, "--recipient goes with --lmtp");
	return true;
}

bool
destination_is_stdout(const struct sink_spec *spec)
{
	return spec->kind == SINK_MBOX_STDOUT || spec->kind == SINK_RAW_STDOUT;
}

bool
destination_only_looks(const struct sink_spec *spec, const struct run *run, const struct account *a)
{
	return destination_is_stdout(spec) && !run_flag(run, SET_DELETE) && !retention_keeps(a);
}
