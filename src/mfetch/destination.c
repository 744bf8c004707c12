/* SPDX-License-Identifier: ISC */
#include "mfetch/destination.h"

#include <string.h>

#include "base/err.h"
#include "deliver/sink.h"
#include "mfetch/fetch_options.h"

/* A user who writes - for a file means standard output, from which nothing is deleted. */
static bool
check_file(const struct sink_spec *spec, bool is_given, struct err *e)
{
	if (!sink_is_path(spec) || strcmp(spec->place, "-") != 0)
		return true;
	err_set(e, is_given ? ERR_USAGE : ERR_CONFIG, "the destination '-' is not a file");
	return err_hint(e,
			"without a destination messages are written to standard output; a file of "
			"that name is ./-");
}

bool
destination_choose(struct sink_spec *spec, const struct fetch_options *o, const char *account,
		   struct err *e)
{
	const bool is_given = o->given.count > 0 || o->headers;
	const struct named_destinations *d = is_given ? &o->given : &o->configured;

	if (d->count > 1)
		return err_set(
		    e, is_given ? ERR_USAGE : ERR_CONFIG,
		    "only one of raw, maildir, mbox, pipe and lmtp can be the destination");
	*spec = (struct sink_spec){
	    .kind = d->kind, .nul = o->nul, .account = account, .place = d->place};
	if (!check_file(spec, is_given, e))
		return false;
	if (spec->nul && spec->kind != SINK_RAW_STDOUT)
		return err_set(e, ERR_USAGE, "--null goes with --raw");
	if (o->gives_recipient && spec->kind != SINK_LMTP)
		return err_set(e, ERR_USAGE, "--recipient goes with --lmtp");
	return true;
}

bool
destination_is_stdout(const struct sink_spec *spec)
{
	return spec->kind == SINK_MBOX_STDOUT || spec->kind == SINK_RAW_STDOUT;
}

bool
destination_only_looks(const struct sink_spec *spec, const struct fetch_options *o)
{
	return destination_is_stdout(spec) && !o->deletes && !o->keeping.keep;
}
