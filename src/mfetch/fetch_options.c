/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_options.h"

#include "base/text.h"
#include "config/account_settings.h"
#include "config/values.h"

static const struct {
	enum setting_id setting;
	enum sink_kind kind;
} destinations[] = {{SET_RAW, SINK_RAW_STDOUT},
		    {SET_MAILDIR, SINK_MAILDIR},
		    {SET_MBOX, SINK_MBOX},
		    {SET_PIPE, SINK_COMMAND},
		    {SET_LMTP, SINK_LMTP}};

static struct named_destinations
read_destinations(const struct values *v)
{
	struct named_destinations d = {.kind = SINK_MBOX_STDOUT};

	for (size_t i = 0; i < sizeof destinations / sizeof destinations[0]; i++) {
		const char *text = values_text(v, destinations[i].setting);

		if (!text)
			continue;
		d.count++;
		d.kind = destinations[i].kind;
		d.place = d.kind == SINK_RAW_STDOUT ? NULL : text;
	}
	return d;
}

static struct retention
read_retention(const struct values *v)
{
	const char *text = values_text(v, SET_KEEP);
	struct retention k = {0};

	k.has_age = text && text_age(text, &k.age);
	k.keep = k.has_age || values_flag(v, SET_KEEP);
	return k;
}

/* `no` is no limit. */
static uint64_t
read_size(const char *text)
{
	uint64_t size;

	return text && text_size(text, &size) ? size : UINT64_MAX;
}

static void
read_given(struct fetch_options *o, const struct values *v)
{
	o->all_accounts = values_flag(v, SET_ALL_ACCOUNTS);
	o->watch = values_flag(v, SET_WATCH);
	o->dry_run = values_flag(v, SET_DRY_RUN);
	o->wait = values_flag(v, SET_WAIT);
	o->mark_seen = values_flag(v, SET_ASSUME_DELIVERED);
	o->headers = values_flag(v, SET_HEADERS);
	o->deletes = values_flag(v, SET_DELETE);
	o->raw = values_flag(v, SET_RAW);
	o->nul = values_flag(v, SET_NUL);
	o->gives_trash = values_flag(v, SET_TRASH);
	o->gives_seen = values_flag(v, SET_MARK_READ);
	o->gives_recipient = values_text(v, SET_RECIPIENT) != NULL;
	o->given = read_destinations(v);
}

struct fetch_options
fetch_options_read(const struct values *given, const struct values *all)
{
	struct fetch_options o = {.configured = read_destinations(all),
				  .lmtp = account_lmtp(all),
				  .recipient = values_text(all, SET_RECIPIENT),
				  .keeping = read_retention(all),
				  .keep = values_text(all, SET_KEEP),
				  .max_size = read_size(values_text(all, SET_MAX_SIZE)),
				  .limit = values_number(all, SET_LIMIT, UINT32_MAX),
				  .filter = values_text(all, SET_FILTER),
				  .hook = values_text(all, SET_HOOK),
				  .interval_s = values_number(all, SET_INTERVAL, 0),
				  .full_listing = values_flag(all, SET_FULL_LISTING)};

	read_given(&o, given);
	return o;
}
