/* SPDX-License-Identifier: ISC */
/*
 * probe_json - a probe's report as a JSON object.
 */
#ifndef MAILVERBS_MLIST_PROBE_JSON_H
#define MAILVERBS_MLIST_PROBE_JSON_H

#include "app/probe.h"

/* On standard output; what is not known is null. */
probe_show probe_json_show;

#endif
