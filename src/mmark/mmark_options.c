/* SPDX-License-Identifier: ISC */
#include "mmark/mmark_options.h"

#include "config/values.h"

struct mmark_options
mmark_options_read(const struct values *given)
{
	return (struct mmark_options){.add_seen = values_flag(given, SET_ADD_SEEN),
				      .remove_seen = values_flag(given, SET_REMOVE_SEEN),
				      .add_flags = values_text(given, SET_ADD_FLAG),
				      .remove_flags = values_text(given, SET_REMOVE_FLAG),
				      .copy_to = values_text(given, SET_COPY),
				      .move_to = values_text(given, SET_MOVE),
				      .append_to = values_text(given, SET_APPEND),
				      .creates = values_flag(given, SET_CREATE)};
}
